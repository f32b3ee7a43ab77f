// Action-type patterns: exact ("pr.merge"), prefix ("pr.*") or everything ("*"). They form a small algebra,
// because a delegation may only narrow what its parent holds.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace al::policy {

class Pattern {
 public:
  /// Matches nothing.
  Pattern() = default;
  /// Nothing unless `text` is "*", or dot-separated words of [A-Za-z0-9_:-], the last of which may be "*"; at
  /// most 128 bytes.
  [[nodiscard]] static std::optional<Pattern> parse(std::string_view text);

  [[nodiscard]] bool matches(std::string_view action_type) const;
  /// True when everything that `other` matches is matched by this one.
  [[nodiscard]] bool covers(const Pattern& other) const;
  [[nodiscard]] bool is_exact() const { return !open_ended_; }
  /// Higher is more specific: exact above every prefix, a longer prefix above a shorter one, "*" lowest.
  [[nodiscard]] std::size_t specificity() const;
  [[nodiscard]] const std::string& text() const { return text_; }
  /// What every match starts with: the whole text when exact, "pr." for "pr.*", "" for "*".
  [[nodiscard]] std::string_view prefix() const;

  template <typename Archive>
  void archive(Archive& fields) {
    fields(text_);
    if constexpr (Archive::reads) {
      std::optional<Pattern> pattern = parse(text_);
      if (pattern)
        *this = std::move(*pattern);
      else
        fields.fail();
    }
  }

 private:
  std::string text_;
  bool open_ended_ = false;
};

/// True for a concrete action type: a pattern without "*".
[[nodiscard]] bool is_action_type(std::string_view text);

}  // namespace al::policy
