#include "base/json_writer.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "base/decimal.h"
#include "base/json_string.h"

namespace al::json {

namespace {

void append_escape(std::string& out, char character) {
  constexpr std::string_view hex_digits = "0123456789abcdef";
  constexpr std::string_view named = "\"\\\b\t\n\f\r";
  constexpr std::string_view names = "\"\\btnfr";
  out += '\\';
  if (const std::size_t at = named.find(character); at != std::string_view::npos) {
    out += names[at];
    return;
  }
  const auto c = static_cast<unsigned char>(character);
  out += "u00";
  out += hex_digits[c >> 4];
  out += hex_digits[c & 15];
}

void append_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t unescaped = unescaped_prefix(text);
    out += text.substr(0, unescaped);
    text.remove_prefix(unescaped);
    if (text.empty()) return;
    append_escape(out, text.front());
    text.remove_prefix(1);
  }
}

/// A string, with a comma before it and a colon behind where these are due.
void append_quoted(std::string& out, bool comma, std::string_view text, bool colon) {
#if AL_SIMD
  // Most are short, and have nothing to escape: looked at and copied in one go, and put down in another.
  constexpr std::size_t short_max = 124;
  if (text.size() <= short_max) {
    std::array<char, short_max + 4> quoted;
    char* end = quoted.data();
    if (comma) *end++ = ',';
    *end++ = '"';
    if (copy_unescaped(text, end)) {
      end += text.size();
      *end++ = '"';
      if (colon) *end++ = ':';
      out.append(quoted.data(), end);
      return;
    }
  }
#endif
  if (comma) out += ',';
  out += '"';
  append_escaped(out, text);
  out += '"';
  if (colon) out += ':';
}

}  // namespace

void append_string(std::string& out, std::string_view text) { append_quoted(out, false, text, false); }

namespace {

template <typename Integer>
void append_integer(std::string& out, Integer value) {
  std::array<char, 24> buffer;
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  out.append(buffer.data(), result.ptr);
}

}  // namespace

void append_number(std::string& out, std::int64_t value) { append_integer(out, value); }
void append_number(std::string& out, std::uint64_t value) { append_integer(out, value); }

void append_number(std::string& out, double value) {
  if (value == 0) {  // Also for -0.
    out += '0';
    return;
  }
  if (value < 0) {
    out += '-';
    value = -value;
  }
  // ECMAScript's k is digits.size(), its n is point.
  const auto [digits, exponent] = shortest_decimal(value);
  const int point = exponent + 1;
  const int count = static_cast<int>(digits.size());
  if (point > 21 || point < -5) {
    out += digits.front();
    if (count > 1) out.append(".").append(digits, 1);
    out += exponent < 0 ? "e-" : "e+";
    append_number(out, static_cast<std::int64_t>(std::abs(exponent)));
  } else if (point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else if (count <= point) {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0');
  } else {
    out.append(digits, 0, static_cast<std::size_t>(point))
        .append(".")
        .append(digits, static_cast<std::size_t>(point));
  }
}

void Writer::separate() {
  if (std::exchange(comma_due_, true)) out_ += ',';
}

Writer& Writer::open(char bracket) {
  separate();
  out_ += bracket;
  comma_due_ = false;
  return *this;
}

Writer& Writer::close(char bracket) {
  out_ += bracket;
  comma_due_ = true;
  return *this;
}

Writer& Writer::key(std::string_view name) {
  append_quoted(out_, std::exchange(comma_due_, false), name, true);
  return *this;
}

Writer& Writer::value(std::string_view text) {
  append_quoted(out_, std::exchange(comma_due_, true), text, false);
  return *this;
}

Writer& Writer::value(double number) {
  separate();
  append_number(out_, number);
  return *this;
}

Writer& Writer::value(Value value) {
  separate();
  append_canonical(out_, value);
  return *this;
}

Writer& Writer::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

Writer& Writer::strings(std::string_view name, const std::vector<std::string>& list) {
  key(name).begin_array();
  for (const std::string& item : list) value(std::string_view(item));
  return end_array();
}

}  // namespace al::json
