#include "base/json_writer.h"

#include <array>
#include <charconv>
#include <cstdlib>

#include "base/decimal.h"

namespace al::json {

void append_string(std::string& out, std::string_view text) {
  constexpr std::string_view hex_digits = "0123456789abcdef";
  out += '"';
  std::size_t plain_from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out += text.substr(plain_from, i - plain_from);
    plain_from = i + 1;
    out += '\\';
    switch (c) {
      case '"':
      case '\\':
        out += static_cast<char>(c);
        break;
      case '\b':
        out += 'b';
        break;
      case '\t':
        out += 't';
        break;
      case '\n':
        out += 'n';
        break;
      case '\f':
        out += 'f';
        break;
      case '\r':
        out += 'r';
        break;
      default:
        out += "u00";
        out += hex_digits[c >> 4];
        out += hex_digits[c & 15];
    }
  }
  out += text.substr(plain_from);
  out += '"';
}

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
  if (comma_due_) out_ += ',';
  comma_due_ = true;
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
  separate();
  append_string(out_, name);
  out_ += ':';
  comma_due_ = false;
  return *this;
}

Writer& Writer::value(std::string_view text) {
  separate();
  append_string(out_, text);
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
