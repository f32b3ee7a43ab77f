// Hexadecimal digits from and into memory that is there already; bytes.h has the forms with an allocation.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace al {

/// Lower-case digits into `out`, which they must fill. When false, what `out` holds means nothing.
[[nodiscard]] bool read_hex(std::string_view digits, std::span<std::uint8_t> out);

/// Lower-case digits; `out` must have room for two a byte.
void write_hex(std::span<const std::uint8_t> bytes, char* out);

}  // namespace al
