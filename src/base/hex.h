// Hexadecimal digits into memory that is there already: bytes.h's from_hex, without an allocation.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace al {

/// Lower-case digits into `out`, which they must fill. When false, what `out` holds means nothing.
[[nodiscard]] bool read_hex(std::string_view digits, std::span<std::uint8_t> out);

}  // namespace al
