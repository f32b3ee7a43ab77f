// The inside of JSON strings (RFC 8259, section 7).
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/simd.h"

namespace al::json {

/// Whether a character stands for itself in a string, however it is read or written: ASCII from space on, but
/// for the quote and the backslash.
inline constexpr std::array<bool, 256> plain_characters = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();
[[nodiscard]] constexpr bool is_plain(char character) {
  return plain_characters[static_cast<unsigned char>(character)];
}

/// How many characters of `text` are plain, from the first on.
[[nodiscard]] inline std::size_t plain_prefix(std::string_view text) {
  std::size_t at = 0;
#if AL_SIMD
  for (; text.size() - at >= sizeof(Octets); at += sizeof(Octets)) {
    const Octets c = load_octets(text.data() + at);
    const std::size_t plain = first_of((c < 0x20) | (c >= 0x80) | (c == '"') | (c == '\\'));
    if (plain < sizeof(Octets)) return at + plain;
  }
#endif
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

/// Takes a string off the front of `text`, from behind its first quote to its last one, and appends what it
/// means to `out`. Strict: well-formed UTF-8 only, and no half of a surrogate pair. When false, `text` begins
/// with the character that cannot stand there, or has ended.
[[nodiscard]] bool take_string(std::string_view& text, std::string& out);

}  // namespace al::json
