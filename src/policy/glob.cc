#include "policy/glob.h"

namespace al::policy {

namespace {

template <typename States>
void set(States& states, std::size_t state) {
  states[state / 64] |= std::uint64_t{1} << (state % 64);
}

/// Of a byte of well-formed UTF-8: whether it continues a character.
bool continues_character(std::uint8_t byte) { return (byte & 0xC0) == 0x80; }

}  // namespace

std::optional<Glob> Glob::parse(std::string_view pattern) {
  if (pattern.size() > pattern_bytes_max) return {};
  Glob glob;
  for (const char c : pattern) {
    if (c == '*') {
      glob.add_star();
    } else if (c == '?') {
      glob.add_any_character();
    } else {
      glob.add_literal(c);
    }
  }
  return glob;
}

std::optional<Glob> Glob::containing(std::string_view literal) {
  if (literal.size() > pattern_bytes_max) return {};
  Glob glob;
  glob.add_star();
  for (const char c : literal) glob.add_literal(c);
  glob.add_star();
  return glob;
}

void Glob::add_literal(char c) {
  // INVARIANT: at most pattern_bytes_max (255) literals, so a row number fits its byte.
  std::uint8_t& row = row_of_byte_[static_cast<std::uint8_t>(c)];
  if (row == 0) {
    row = static_cast<std::uint8_t>(accepting_.size());
    accepting_.emplace_back();
  }
  set(accepting_[row], ++tokens_);
}

void Glob::add_any_character() { set(character_, ++tokens_); }

void Glob::add_star() { set(star_, tokens_); }

bool Glob::matches(std::string_view text) const {
  const std::size_t words = tokens_ / 64 + 1;
  States active{1};
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    const bool continues = continues_character(byte);
    const States& accepting = accepting_[row_of_byte_[byte]];
    std::uint64_t carry = 0;
    std::uint64_t any = 0;
    for (std::size_t i = 0; i < words; ++i) {
      const std::uint64_t shifted = (active[i] << 1) | carry;
      carry = active[i] >> 63;
      const std::uint64_t reached = accepting[i] | (continues ? 0 : character_[i]);
      const std::uint64_t kept = star_[i] | (continues ? character_[i] : 0);
      active[i] = (shifted & reached) | (active[i] & kept);
      any |= active[i];
    }
    if (any == 0) return false;
  }
  return (active[tokens_ / 64] >> (tokens_ % 64) & 1) != 0;
}

}  // namespace al::policy
