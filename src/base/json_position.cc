#include "base/json_position.h"

#include <algorithm>
#include <string>

#include "base/json.h"

namespace al::json {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) { skip_space(); }

  [[nodiscard]] std::size_t at() const { return at_; }

  /// Stands at a value. Steps into the member or item that the pointer's next token names: where its name, or
  /// it itself, begins, and on to its value. False when there is none.
  bool enter(const std::string& token, std::size_t& place) {
    const char open = peek();
    if (open != '{' && open != '[') return false;
    advance();
    for (std::size_t index = 0; at_ < text_.size() && peek() != '}' && peek() != ']'; ++index) {
      const std::size_t begin = at_;
      std::string name = std::to_string(index);
      if (open == '{') {
        name = read_name();
        advance();  // the colon
      }
      if (name == token) {
        place = begin;
        return true;
      }
      skip_value();
      if (peek() == ',') advance();
    }
    return false;
  }

 private:
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void advance() {
    at_ = std::min(at_ + 1, text_.size());
    skip_space();
  }
  void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }
  void skip_string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    at_ = std::min(at_, text_.size());
    advance();
  }
  std::string read_name() {
    const std::size_t begin = at_;
    skip_string();
    const std::size_t end = text_.find_last_of('"', at_ - 1) + 1;
    // With its escapes resolved, as the parser resolves them.
    const Result<Document> name = parse(text_.substr(begin, end - begin));
    return name ? std::string(name->root().string()) : std::string();
  }
  void skip_value() {
    std::size_t depth = 0;
    do {
      const char c = peek();
      if (c == '"') {
        skip_string();
      } else if (c == '{' || c == '[') {
        ++depth;
        advance();
      } else if (c == '}' || c == ']') {
        --depth;
        advance();
      } else if (c == ',' || c == ':') {
        advance();
      } else {
        at_ = std::min(text_.find_first_of(",:]} \t\r\n", at_), text_.size());
        skip_space();
      }
    } while (depth > 0 && at_ < text_.size());
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string unescape(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const bool escape = token[i] == '~' && i + 1 < token.size();
    out += escape ? (token[++i] == '1' ? '/' : '~') : token[i];
  }
  return out;
}

}  // namespace

Position locate(std::string_view text, std::string_view pointer) {
  Scanner scanner(text);
  std::size_t place = scanner.at();
  while (pointer.starts_with('/')) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    if (!scanner.enter(unescape(pointer.substr(0, end)), place)) break;
    pointer.remove_prefix(end);
  }
  const std::string_view before = text.substr(0, place);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  const std::string_view line = before.substr(line_start);
  const auto characters =
      std::count_if(line.begin(), line.end(), [](char c) { return (c & '\xC0') != '\x80'; });
  return {static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<std::size_t>(characters) + 1};
}

}  // namespace al::json
