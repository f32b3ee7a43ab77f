// Decimal numbers and the doubles that they stand for, both ways and exact: by whole numbers, as long as they
// have to be. No tables, and nothing of libc, whose strtod and printf calculate in 128-bit floats that
// WebAssembly only has in software.
#pragma once

#include <string>
#include <string_view>

namespace al {

/// A positive decimal number, d.ddd × 10^exponent, without zeros at either end of its digits.
struct Decimal {
  std::string digits;
  int exponent = 0;
};

/// The double closest to a number of JSON's grammar (RFC 8259, section 6), which the caller has checked; of
/// two as close, the even one. Infinity where the number is beyond all doubles, 0 where it is closer to 0
/// than to the smallest one.
[[nodiscard]] double read_double(std::string_view number);

/// The shortest decimal that reads back as `value`, and of those the closest (ECMAScript, Number::toString).
/// `value` is positive and finite.
[[nodiscard]] Decimal shortest_decimal(double value);

}  // namespace al
