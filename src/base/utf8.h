// UTF-8 (RFC 3629).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace al {

/// Bytes of the UTF-8 sequence that `rest` starts with; 0 when it starts with none (RFC 3629, section 4).
[[nodiscard]] std::size_t utf8_sequence_bytes(std::string_view rest);

[[nodiscard]] bool is_utf8(std::string_view text);

/// `character` must be a Unicode scalar value: at most U+10FFFF, and no surrogate.
void append_utf8(std::string& out, std::uint32_t character);

}  // namespace al
