#include "audit/canonical.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "base/json_string.h"
#include "base/utf8.h"

namespace al::audit {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t at) { return static_cast<std::uint8_t>(text[at]); }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string unescaped(std::string_view contents) {
  const std::size_t first = contents.find('\\');
  std::string out(contents.substr(0, first));  // Of most, all.
  for (std::size_t i = out.size(); i < contents.size(); ++i) {
    if (contents[i] != '\\') {
      out += contents[i];
      continue;
    }
    switch (contents[++i]) {
      case 'b':
        out += '\b';
        break;
      case 't':
        out += '\t';
        break;
      case 'n':
        out += '\n';
        break;
      case 'f':
        out += '\f';
        break;
      case 'r':
        out += '\r';
        break;
      case 'u': {
        const char low = contents[i + 4];
        const int high = contents[i + 3] - '0';
        out += static_cast<char>(high * 16 + (is_digit(low) ? low - '0' : low - 'a' + 10));
        i += 4;
        break;
      }
      default:
        out += contents[i];
    }
  }
  return out;
}

bool CanonicalReader::in_order(std::string_view before, std::string_view after) {
  // Up to where they differ, nearly all names are plain, and these are in the order of their bytes.
  const std::size_t shorter = std::min(before.size(), after.size());
  for (std::size_t i = 0; i < shorter; ++i) {
    const std::uint8_t a = byte_at(before, i);
    const std::uint8_t b = byte_at(after, i);
    if (!json::is_plain(before[i]) || !json::is_plain(after[i]))
      return json::less_utf16(unescaped(before), unescaped(after));
    if (a != b) return a < b;
  }
  return before.size() < after.size();
}

bool CanonicalReader::string(std::string_view& contents) {
  if (!take("\"")) return false;
  const std::size_t start = at_;
  while (true) {
    at_ += json::plain_prefix(text_.substr(at_));
    if (at_ == text_.size()) return false;
    const std::uint8_t c = byte_at(text_, at_);
    if (c == '"') {
      contents = since(start);
      ++at_;
      return true;
    }
    if (c == '\\') {
      if (!escape()) return false;
      continue;
    }
    const std::size_t sequence = c < 0x80 ? 0 : utf8_sequence_bytes(text_.substr(at_));
    if (sequence == 0) return false;
    at_ += sequence;
  }
}

// RFC 8785, 3.2.2.2: control characters have their two-character form where there is one, else \u00 and two
// lower-case digits; quote and backslash are escaped; nothing else is.
bool CanonicalReader::escape() {
  const std::string_view rest = text_.substr(at_);
  if (rest.size() < 2) return false;
  if (rest[1] != 'u') {
    if (std::string_view("\"\\btnfr").find(rest[1]) == std::string_view::npos) return false;
    at_ += 2;
    return true;
  }
  if (rest.size() < 6 || !rest.starts_with("\\u00") || (rest[4] != '0' && rest[4] != '1')) return false;
  if (std::string_view("0123456789abcdef").find(rest[5]) == std::string_view::npos) return false;
  if (rest[4] == '0' && std::string_view("89acd").find(rest[5]) != std::string_view::npos) return false;
  at_ += 6;
  return true;
}

bool CanonicalReader::number(std::uint64_t& value) {
  constexpr std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
  const std::size_t start = at_;
  value = 0;
  for (; at_ < text_.size() && is_digit(text_[at_]); ++at_) {
    const auto digit = static_cast<std::uint64_t>(text_[at_] - '0');
    if (value > (max - digit) / 10) return false;
    value = value * 10 + digit;
  }
  const std::size_t digits = at_ - start;
  return digits == 1 || (digits > 1 && text_[start] != '0');
}

bool CanonicalReader::any_number() {
  // Whole numbers below 10^18 are told at sight; a sign stands only before a number that is not 0.
  constexpr std::size_t digits_at_sight = 18;
  const std::size_t start = at_;
  const std::size_t first_digit = start + (text_[start] == '-' ? 1 : 0);
  at_ = first_digit;
  while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  const std::size_t digits = at_ - first_digit;
  const bool whole = at_ == text_.size() || (text_[at_] != '.' && text_[at_] != 'e');
  if (whole && digits <= digits_at_sight) {
    if (digits == 0) return false;
    return text_[first_digit] != '0' || (digits == 1 && first_digit == start);
  }
  // The others are rare: read, and written again (RFC 8785, 3.2.2.3).
  while (at_ < text_.size() &&
         (is_digit(text_[at_]) || std::string_view(".e+-").find(text_[at_]) != std::string_view::npos))
    ++at_;
  const std::string_view shown = since(start);
  const Result<json::Document> parsed = json::parse(shown);
  if (parsed.ok() && json::canonical(parsed->root()) == shown) return true;
  at_ = start;
  return false;
}

bool CanonicalReader::array() {
  if (levels_left_ == 0 || !take("[")) return false;
  --levels_left_;
  for (bool first = true; !take("]"); first = false) {
    if ((!first && !take(",")) || !value()) return false;
  }
  ++levels_left_;
  return true;
}

bool CanonicalReader::value() {
  if (at_end()) return false;
  std::string_view contents;
  switch (text_[at_]) {
    case '"':
      return string(contents);
    case '{':
      return members([this](std::string_view) { return value(); });
    case '[':
      return array();
    case 't':
      return take("true");
    case 'f':
      return take("false");
    case 'n':
      return take("null");
    default:
      return (is_digit(text_[at_]) || text_[at_] == '-') && any_number();
  }
}

}  // namespace al::audit
