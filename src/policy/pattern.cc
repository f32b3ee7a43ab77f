#include "policy/pattern.h"

#include <limits>

namespace al::policy {

namespace {

constexpr std::size_t pattern_bytes_max = 128;

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':' ||
         c == '-';
}

/// Dot-separated, none of them empty.
bool is_words(std::string_view text) {
  bool word_begun = false;
  for (const char c : text) {
    if (c == '.') {
      if (!word_begun) return false;
      word_begun = false;
    } else if (is_word_byte(c)) {
      word_begun = true;
    } else {
      return false;
    }
  }
  return word_begun;
}

}  // namespace

std::optional<Pattern> Pattern::parse(std::string_view text) {
  if (text.size() > pattern_bytes_max) return {};
  const bool open_ended = text == "*" || text.ends_with(".*");
  if (text != "*" && !is_words(open_ended ? text.substr(0, text.size() - 2) : text)) return {};
  Pattern pattern;
  pattern.text_ = text;
  pattern.open_ended_ = open_ended;
  return pattern;
}

bool Pattern::matches(std::string_view action_type) const {
  if (!open_ended_) return !text_.empty() && action_type == text_;
  return action_type.size() > prefix().size() && action_type.starts_with(prefix());
}

bool Pattern::covers(const Pattern& other) const {
  if (!other.open_ended_) return matches(other.text_);
  return open_ended_ && other.prefix().starts_with(prefix());
}

std::size_t Pattern::specificity() const {
  return open_ended_ ? prefix().size() : std::numeric_limits<std::size_t>::max();
}

std::string_view Pattern::prefix() const {
  const std::string_view text = text_;
  return open_ended_ ? text.substr(0, text.size() - 1) : text;
}

bool is_action_type(std::string_view text) { return text.size() <= pattern_bytes_max && is_words(text); }

}  // namespace al::policy
