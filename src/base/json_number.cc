#include "base/json_number.h"

#include <algorithm>
#include <string>

namespace al::json {

namespace {

constexpr std::size_t digits_max = 20;  // 2^64 - 1 has so many.
/// Beyond every text's length: what is shifted so far is no whole number of 64 bits any more.
constexpr std::int64_t exponent_max = 1'000'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::int64_t exponent_of(std::string_view text) {
  const bool negative = text.starts_with('-');
  std::int64_t out = 0;
  for (const char c : text) {
    if (is_digit(c)) out = std::min(out * 10 + (c - '0'), exponent_max);
  }
  return negative ? -out : out;
}

}  // namespace

std::optional<WholeNumber> exact_whole(std::string_view text) {
  WholeNumber out;
  out.negative = text.starts_with('-');
  const std::size_t mark = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, mark);
  const std::size_t point = mantissa.find('.');

  // The value is `digits` times ten to the power of `exponent`; `digits` neither begins nor ends with a zero.
  std::int64_t exponent = mark == std::string_view::npos ? 0 : exponent_of(text.substr(mark + 1));
  if (point != std::string_view::npos) exponent -= static_cast<std::int64_t>(mantissa.size() - point - 1);
  const std::size_t first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) return WholeNumber{};
  const std::size_t last = mantissa.find_last_of("123456789");
  std::string digits;
  for (std::size_t at = first; at < mantissa.size(); ++at) {
    if (mantissa[at] == '.') continue;
    if (at > last) {
      ++exponent;
    } else if (digits.size() == digits_max) {
      return {};
    } else {
      digits += mantissa[at];
    }
  }
  if (exponent < 0 || exponent > static_cast<std::int64_t>(digits_max - digits.size())) return {};
  digits.append(static_cast<std::size_t>(exponent), '0');
  for (const char c : digits) {
    if (__builtin_mul_overflow(out.magnitude, 10U, &out.magnitude) ||
        __builtin_add_overflow(out.magnitude, static_cast<unsigned>(c - '0'), &out.magnitude)) {
      return {};
    }
  }
  return out;
}

}  // namespace al::json
