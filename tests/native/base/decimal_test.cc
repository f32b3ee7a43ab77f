#include "base/decimal.h"

#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <string_view>

// Against the standard library of the compiler's machine, which has other algorithms: strtod and to_chars.

namespace al {
namespace {

std::string text(const Decimal& decimal) {
  std::string out = decimal.digits.substr(0, 1);
  if (decimal.digits.size() > 1) out.append(".").append(decimal.digits, 1);
  return out + (decimal.exponent < 0 ? "e-" : "e+") + (std::abs(decimal.exponent) < 10 ? "0" : "") +
         std::to_string(std::abs(decimal.exponent));
}

std::string expected_text(double value) {
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  return {buffer, end};
}

void check_reading(const std::string& number) {
  const double read = read_double(number);
  const double expected = std::strtod(number.c_str(), nullptr);
  if (std::bit_cast<std::uint64_t>(read) == std::bit_cast<std::uint64_t>(expected)) return;
  CAPTURE(number);
  CHECK(read == expected);
  CHECK(std::signbit(read) == std::signbit(expected));
}

void check_both_ways(double value) {
  const std::string shortest = text(shortest_decimal(value));
  if (shortest != expected_text(value)) CHECK(shortest == expected_text(value));
  if (read_double(shortest) != value) CHECK(read_double(shortest) == value);
}

/// What lies halfway between a double and the next one, to the last digit. A long double holds it.
std::string halfway_above(double value) {
  static_assert(std::numeric_limits<long double>::digits > std::numeric_limits<double>::digits);
  const double next = std::nextafter(value, std::numeric_limits<double>::infinity());
  char buffer[1200];
  std::snprintf(buffer, sizeof buffer, "%.780Le",
                (static_cast<long double>(value) + static_cast<long double>(next)) / 2);
  return buffer;
}

std::string with_more_digits(const std::string& number, std::string_view digits) {
  return std::string(number).insert(number.find('e'), digits);
}

bool is_positive_finite(double value) { return std::isfinite(value) && value > 0; }

}  // namespace

TEST_CASE("Doubles are written as short as can be, and read back", "[base][decimal]") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 50'000; ++i) {
    const auto any = std::bit_cast<double>(random() >> 1);
    if (is_positive_finite(any)) check_both_ways(any);
    check_both_ways(std::bit_cast<double>((random() >> 12) | 1));            // subnormal
    check_both_ways(static_cast<double>(random() % 100'000'000 + 1) / 100);  // an amount of money
  }
  for (int exponent = -1074; exponent < 1024; ++exponent) {
    const double power = std::ldexp(1.0, exponent);
    check_both_ways(power);
    check_both_ways(std::nextafter(power, 0.0) > 0 ? std::nextafter(power, 0.0) : power);
    check_both_ways(std::nextafter(power, 2 * power));
  }
}

TEST_CASE("Numbers of any length are read as the closest double", "[base][decimal]") {
  std::mt19937_64 random(2);
  for (int i = 0; i < 50'000; ++i) {
    const std::string digits = std::to_string(random()) + "." + std::to_string(random());
    check_reading(digits);
    check_reading("-" + digits + "e" + std::to_string(static_cast<int>(random() % 700) - 350));
    check_reading("0." + digits.substr(0, digits.find('.')));
  }
}

TEST_CASE("What lies halfway between two doubles is read as the even one", "[base][decimal]") {
  std::mt19937_64 random(3);
  for (int i = 0; i < 2'000; ++i) {
    for (const double value : {std::bit_cast<double>(random() >> 1), std::bit_cast<double>(random() >> 12),
                               std::ldexp(1.0, static_cast<int>(random() % 2090) - 1070)}) {
      if (!is_positive_finite(value) || value == std::numeric_limits<double>::max()) continue;
      const std::string halfway = halfway_above(value);
      check_reading(halfway);
      check_reading(with_more_digits(halfway, "00000000000000000000000000000000000001"));
    }
  }
}

TEST_CASE("The ends of what a double can hold", "[base][decimal]") {
  for (const char* number : {"0",
                             "-0",
                             "0.000",
                             "0e5",
                             "-0e-5",
                             "1E+2",
                             "1.5E-3",
                             "1e400",
                             "-1e400",
                             "1e-400",
                             "4.9e-324",
                             "2.4703282292062327e-324",
                             "2.4703282292062328e-324",
                             "2.2250738585072011e-308",
                             "1.7976931348623157e308",
                             "1.7976931348623158e308",
                             "1.7976931348623159e308",
                             "9007199254740993",
                             "9007199254740992.5",
                             "123456789012345678901234567890",
                             "1e999999999999999999",
                             "1e-999999999999999999",
                             "0e999999999999999999"}) {
    check_reading(number);
  }
  const std::string zeros(1'000'000, '0');
  CHECK(read_double("0." + zeros + "1e1000001") == 1.0);
  CHECK(read_double("1" + zeros + "e-1000000") == 1.0);
  CHECK(read_double("0." + zeros + "e1000001") == 0.0);
}

}  // namespace al
