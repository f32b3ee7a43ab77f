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

#if AL_SIMD
/// Which of them cannot stand in a string as they are.
[[nodiscard]] inline auto escaped(Octets c) { return (c < 0x20) | (c == '"') | (c == '\\'); }
#endif

/// How many characters of `text` are plain, or else not ASCII where these count as well, from the first on.
template <bool beyond_ascii>
[[nodiscard]] inline std::size_t prefix_of(std::string_view text) {
  std::size_t at = 0;
#if AL_SIMD
  for (; text.size() - at >= sizeof(Octets); at += sizeof(Octets)) {
    const Octets c = load_octets(text.data() + at);
    auto other = escaped(c);
    if constexpr (!beyond_ascii) other |= c >= 0x80;
    const std::size_t first = first_of(other);
    if (first < sizeof(Octets)) return at + first;
  }
#endif
  const auto counts = [](char c) {
    return is_plain(c) || (beyond_ascii && static_cast<unsigned char>(c) >= 0x80);
  };
  while (at < text.size() && counts(text[at])) ++at;
  return at;
}

/// How many characters of `text` are plain, from the first on.
[[nodiscard]] inline std::size_t plain_prefix(std::string_view text) { return prefix_of<false>(text); }
/// How many bytes of well-formed UTF-8 are written as they stand, from the first on.
[[nodiscard]] inline std::size_t unescaped_prefix(std::string_view text) { return prefix_of<true>(text); }

#if AL_SIMD
/// Copies the first and the last word of so many octets, which may overlap, and returns them.
template <typename Word>
[[nodiscard]] inline std::array<Word, 2> copy_ends(const char* from, std::size_t size, char* to) {
  const std::size_t last = size - sizeof(Word);
  std::array<Word, 2> ends;
  std::memcpy(&ends[0], from, sizeof(Word));
  std::memcpy(&ends[1], from + last, sizeof(Word));
  std::memcpy(to, &ends[0], sizeof(Word));
  std::memcpy(to + last, &ends[1], sizeof(Word));
  return ends;
}

/// Copies `text`, of well-formed UTF-8, to `to`. False where not all of it is written as it stands.
[[nodiscard]] inline bool copy_unescaped(std::string_view text, char* to) {
  const char* from = text.data();
  const std::size_t size = text.size();
  if (size >= sizeof(Octets)) {
    const auto [first, last] = copy_ends<Octets>(from, size, to);
    auto found = escaped(first) | escaped(last);
    for (std::size_t at = sizeof(Octets); at + sizeof(Octets) < size; at += sizeof(Octets)) {
      const Octets octets = load_octets(from + at);
      std::memcpy(to + at, &octets, sizeof octets);
      found |= escaped(octets);
    }
    return !any(found);
  }
  if (size >= sizeof(std::uint64_t)) {
    const auto ends = copy_ends<std::uint64_t>(from, size, to);
    return !any(escaped(load_octets(ends.data())));
  }
  if (size >= sizeof(std::uint32_t)) {
    const auto [first, last] = copy_ends<std::uint32_t>(from, size, to);
    const std::array ends{first, last, first, last};
    return !any(escaped(load_octets(ends.data())));
  }
  text.copy(to, size);
  return unescaped_prefix(text) == size;
}
#endif

/// Takes a string off the front of `text`, from behind its first quote to its last one, and appends what it
/// means to `out`. Strict: well-formed UTF-8 only, and no half of a surrogate pair. When false, `text` begins
/// with the character that cannot stand there, or has ended.
[[nodiscard]] bool take_string(std::string_view& text, std::string& out);

}  // namespace al::json
