#include "base/json_string.h"

#include <cstdint>

#include "base/utf8.h"

namespace al::json {
namespace {

/// Four hexadecimal digits, in either case.
bool take_code_unit(std::string_view& text, std::uint32_t& unit) {
  constexpr std::string_view digits = "0123456789abcdefABCDEF";
  unit = 0;
  for (int i = 0; i < 4; ++i) {
    const std::size_t digit = text.empty() ? std::string_view::npos : digits.find(text.front());
    if (digit == std::string_view::npos) return false;
    text.remove_prefix(1);
    unit = unit << 4 | static_cast<std::uint32_t>(digit < 16 ? digit : digit - 6);
  }
  return true;
}

/// A character as one code unit of UTF-16 or as two, behind its first "\u".
bool take_character(std::string_view& text, std::string& out) {
  std::uint32_t character = 0;
  if (!take_code_unit(text, character)) return false;
  if (character >= 0xDC00 && character < 0xE000) return false;
  if (character >= 0xD800 && character < 0xDC00) {
    std::uint32_t low = 0;
    for (const char expected : {'\\', 'u'}) {
      if (text.empty() || text.front() != expected) return false;
      text.remove_prefix(1);
    }
    if (!take_code_unit(text, low) || low < 0xDC00 || low >= 0xE000) return false;
    character = 0x10000 + ((character - 0xD800) << 10) + (low - 0xDC00);
  }
  append_utf8(out, character);
  return true;
}

/// What stands behind a backslash.
bool take_escape(std::string_view& text, std::string& out) {
  constexpr std::string_view names = "\"\\/bfnrtu";
  constexpr std::string_view named = "\"\\/\b\f\n\r\t";
  const std::size_t name = text.empty() ? std::string_view::npos : names.find(text.front());
  if (name == std::string_view::npos) return false;
  text.remove_prefix(1);
  if (name == named.size()) return take_character(text, out);
  out += named[name];
  return true;
}

}  // namespace

bool take_string(std::string_view& text, std::string& out) {
  while (true) {
    const std::size_t plain = plain_prefix(text);
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) return false;
    const char next = text.front();
    if (next == '"' || next == '\\') {
      text.remove_prefix(1);
      if (next == '"') return true;
      if (!take_escape(text, out)) return false;
      continue;
    }
    const bool control = static_cast<unsigned char>(next) < 0x20;
    const std::size_t bytes = control ? 0 : utf8_sequence_bytes(text);
    if (bytes == 0) return false;
    out += text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
}

}  // namespace al::json
