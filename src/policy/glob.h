// Globs: * stands for any bytes, none included, ? for exactly one character (code point); every other byte
// for itself. There is no escape. Matching takes one pass over the text whatever the pattern: no
// backtracking.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace al::policy {

/// A compiled glob: a non-deterministic automaton whose states are the bits of a few words (shift-and). State
/// n is "the first n tokens of the pattern are matched"; a * makes the state that it follows keep itself on
/// every byte.
class Glob {
 public:
  static constexpr std::size_t pattern_bytes_max = 255;

  /// Nothing when the pattern is longer than `pattern_bytes_max`.
  [[nodiscard]] static std::optional<Glob> parse(std::string_view pattern);
  /// Matches every text in which `literal` occurs; its bytes, * and ? too, stand for themselves.
  [[nodiscard]] static std::optional<Glob> containing(std::string_view literal);

  [[nodiscard]] bool matches(std::string_view text) const;

 private:
  static constexpr std::size_t words_max = (pattern_bytes_max + 1 + 63) / 64;
  using States = std::array<std::uint64_t, words_max>;

  Glob() = default;
  void add_literal(char c);
  void add_any_character();
  void add_star();

  std::size_t tokens_ = 0;
  /// Which row of `accepting_` a byte has; row 0 is for bytes that the pattern does not name.
  std::array<std::uint8_t, 256> row_of_byte_{};
  /// States that are reached by taking the byte.
  std::vector<States> accepting_{States{}};
  /// States after a ?, which take any first byte of a character and keep themselves on the bytes that follow.
  States character_{};
  /// States followed by a *.
  States star_{};
};

}  // namespace al::policy
