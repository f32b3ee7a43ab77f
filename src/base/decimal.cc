#include "base/decimal.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>

namespace al {
namespace {

int bits_of(std::uint64_t value) { return 64 - std::countl_zero(value); }

/// A whole number of up to 3200 bits. The largest one here, 5^1131, has 2627.
class Natural {
 public:
  explicit Natural(std::uint64_t value) {
    multiply_add(0, static_cast<std::uint32_t>(value >> 32));
    shift_left(32);
    multiply_add(1, static_cast<std::uint32_t>(value));
  }

  [[nodiscard]] int bits() const {
    return size_ == 0 ? 0 : static_cast<int>(size_) * 32 - std::countl_zero(limbs_[size_ - 1]);
  }
  [[nodiscard]] std::uint64_t low_bits() const { return std::uint64_t{limb(1)} << 32 | limb(0); }

  void multiply_add(std::uint32_t factor, std::uint32_t summand) {
    std::uint64_t carry = summand;
    for (std::size_t i = 0; i < size_ || carry != 0; ++i) {
      carry += std::uint64_t{limb(i)} * factor;
      put(i, carry);
      carry >>= 32;
    }
  }
  /// By nothing where the exponent is negative.
  void multiply_by_power_of_five(int exponent) {
    for (; exponent >= 13; exponent -= 13) multiply_add(1'220'703'125, 0);
    for (; exponent > 0; --exponent) multiply_add(5, 0);
  }
  void shift_left(int count) {
    multiply_add(1U << (count % 32), 0);
    const auto words = static_cast<std::size_t>(count / 32);
    if (size_ == 0 || words == 0) return;
    assert(size_ + words <= limbs_.size());
    for (std::size_t i = size_; i-- > 0;) limbs_[i + words] = limbs_[i];
    std::fill_n(limbs_.begin(), words, 0U);
    size_ += words;
  }
  void add(const Natural& other) {
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < std::max(size_, other.size_) || carry != 0; ++i) {
      carry += std::uint64_t{limb(i)} + other.limb(i);
      put(i, carry);
      carry >>= 32;
    }
  }
  /// `other` is not greater.
  void subtract(const Natural& other) {
    std::int64_t carry = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      carry += std::int64_t{limbs_[i]} - other.limb(i);
      limbs_[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    while (size_ > 0 && limbs_[size_ - 1] == 0) --size_;
  }
  std::strong_ordering operator<=>(const Natural& other) const {
    for (std::size_t i = std::max(size_, other.size_); i-- > 0;) {
      if (limb(i) != other.limb(i)) return limb(i) <=> other.limb(i);
    }
    return std::strong_ordering::equal;
  }

 private:
  [[nodiscard]] std::uint32_t limb(std::size_t i) const { return i < size_ ? limbs_[i] : 0; }
  void put(std::size_t i, std::uint64_t low_half) {
    assert(i < limbs_.size());
    limbs_[i] = static_cast<std::uint32_t>(low_half);
    size_ = std::max(size_, i + 1);
  }

  std::array<std::uint32_t, 100> limbs_;  // the least significant first
  std::size_t size_ = 0;                  // INVARIANT: the last limb is not 0.
};

// IEEE 754, binary64: a double is significand × 2^exponent.
constexpr int significand_bits = 53;
constexpr int exponent_min = -1074;

/// The double next to quotient × 2^exponent, where `more` says that the number is a little greater than that.
/// The quotient has more bits than a double.
double rounded(std::uint64_t quotient, int exponent, bool more) {
  const int excess = std::max(bits_of(quotient) - significand_bits, exponent_min - exponent);
  if (excess >= 64) return 0;
  std::uint64_t significand = quotient >> excess;
  const std::uint64_t rest = quotient - (significand << excess);
  const std::uint64_t half = std::uint64_t{1} << (excess - 1);
  if (rest > half || (rest == half && (more || significand % 2 == 1))) ++significand;
  // The significand's first bit, where there is one, counts the exponent up by one; so does a carry of the
  // rounding.
  const auto raised = static_cast<std::uint64_t>(exponent + excess - exponent_min);
  constexpr auto infinity = std::numeric_limits<double>::infinity();
  return std::bit_cast<double>(
      std::min((raised << (significand_bits - 1)) + significand, std::bit_cast<std::uint64_t>(infinity)));
}

/// The double next to numerator × 10^exponent.
double scaled(Natural numerator, int exponent) {
  // 10^exponent is 5^exponent × 2^exponent, and the latter only moves the result.
  Natural denominator(1);
  numerator.multiply_by_power_of_five(exponent);
  denominator.multiply_by_power_of_five(-exponent);
  const int shift = numerator.bits() - denominator.bits();
  (shift < 0 ? numerator : denominator).shift_left(std::abs(shift));
  // Now their ratio lies between 1/2 and 2; a long division yields it bit by bit.
  constexpr int quotient_bits = 63;
  std::uint64_t quotient = 0;
  for (int i = 0; i < quotient_bits; ++i) {
    quotient *= 2;
    if (numerator >= denominator) {
      numerator.subtract(denominator);
      ++quotient;
    }
    numerator.shift_left(1);
  }
  return rounded(quotient, exponent + shift - (quotient_bits - 1), numerator.bits() > 0);
}

/// A number's digits as a whole number, and the power of ten that it is to be multiplied with.
struct Scanned {
  Natural digits{0};
  int count = 0;  // of digits, without leading zeros
  int exponent = 0;
};

Scanned scan(std::string_view number) {
  // What lies halfway between two doubles has at most 767 digits; of those beyond, it only matters whether
  // all are 0.
  constexpr int count_max = 800;
  constexpr int exponent_max = 1'000'000'000;  // Beyond, no text's digits would make up for it.
  Scanned out;
  bool fraction = false;
  bool more = false;
  std::size_t at = 0;
  for (; at < number.size() && (number[at] | 0x20) != 'e'; ++at) {
    const char c = number[at];
    if (c < '0' || c > '9') {
      fraction = c != '-';
    } else if (out.count < count_max) {
      out.digits.multiply_add(10, static_cast<std::uint32_t>(c - '0'));
      if (out.digits.bits() > 0) ++out.count;
      if (fraction) --out.exponent;
    } else {
      more = more || c != '0';
      if (!fraction) ++out.exponent;
    }
  }
  if (more) {
    out.digits.multiply_add(10, 1);
    ++out.count;
    --out.exponent;
  }
  int exponent = 0;
  bool negative = false;
  for (++at; at < number.size(); ++at) {
    const char c = number[at];
    if (c < '0' || c > '9') {
      negative = c == '-';
    } else if (exponent < exponent_max / 10) {
      exponent = exponent * 10 + (c - '0');
    }
  }
  out.exponent += negative ? -exponent : exponent;
  return out;
}

double read_magnitude(std::string_view number) {
  const Scanned scanned = scan(number);
  if (scanned.count == 0) return 0;
  // The number lies between 10^(magnitude - 1) and 10^magnitude.
  const int magnitude = scanned.count + scanned.exponent;
  if (magnitude > 310) return std::numeric_limits<double>::infinity();
  if (magnitude < -330) return 0;
  // Both whole numbers and powers of ten up to 10^22 are exact doubles, so one operation rounds once.
  if (scanned.digits.bits() <= significand_bits && std::abs(scanned.exponent) <= 22) {
    double power = 1;
    for (int i = std::abs(scanned.exponent); i > 0; --i) power *= 10;
    const auto digits = static_cast<double>(scanned.digits.low_bits());
    return scanned.exponent < 0 ? digits / power : digits * power;
  }
  return scaled(scanned.digits, scanned.exponent);
}

}  // namespace

double read_double(std::string_view number) {
  const double magnitude = read_magnitude(number);
  return number.starts_with('-') ? -magnitude : magnitude;
}

// Robert G. Burger, R. Kent Dybvig: Printing Floating-Point Numbers Quickly and Accurately (PLDI 1996), the
// free-format algorithm.
Decimal shortest_decimal(double value) {
  const auto raw = std::bit_cast<std::uint64_t>(value);
  constexpr std::uint64_t implicit_bit = std::uint64_t{1} << (significand_bits - 1);
  const std::uint64_t fraction = raw % implicit_bit;
  const int field = static_cast<int>(raw / implicit_bit);
  const std::uint64_t significand = field == 0 ? fraction : fraction + implicit_bit;
  const int exponent = std::max(field, 1) - 1 + exponent_min;

  // value = numerator / denominator. What is less than below / denominator less, or above / denominator more,
  // reads back as it; so does what is as much less or more where the significand is even. Those are halves of
  // the distances to the next doubles; where the value is a power of two, the one below it is closer.
  const bool even = significand % 2 == 0;
  const int doublings = fraction == 0 && field > 1 ? 2 : 1;
  Natural numerator(significand);
  Natural denominator(1);
  Natural below(1);
  Natural above(1);
  // The value is at least 2^(bits - 1) × 2^exponent, so its first digit stands here or one place higher.
  Decimal out;
  constexpr double log10_of_2 = 0.30102999566398119521;
  out.exponent = static_cast<int>(std::floor((bits_of(significand) - 1 + exponent) * log10_of_2));
  // All are divided by 10^out.exponent, that is by 5^out.exponent × 2^out.exponent.
  const int shift = exponent - out.exponent;
  numerator.shift_left(std::max(shift, 0) + doublings);
  denominator.shift_left(std::max(-shift, 0) + doublings);
  below.shift_left(std::max(shift, 0));
  above.shift_left(std::max(shift, 0) + doublings - 1);
  denominator.multiply_by_power_of_five(out.exponent);
  for (Natural* part : {&numerator, &below, &above}) part->multiply_by_power_of_five(-out.exponent);

  const auto reaches = [&](const Natural& limit) {
    Natural sum = numerator;
    sum.add(above);
    return sum > limit || (even && sum >= limit);
  };
  Natural tenfold = denominator;
  tenfold.multiply_add(10, 0);
  if (reaches(tenfold)) {
    denominator = tenfold;
    ++out.exponent;
  }
  for (;;) {
    int digit = 0;
    for (; numerator >= denominator; ++digit) numerator.subtract(denominator);
    const bool down = numerator < below || (even && numerator <= below);
    const bool up = reaches(denominator);
    if (down || up) {
      Natural twice = numerator;
      twice.shift_left(1);
      const bool nearer_up = twice > denominator || (twice >= denominator && digit % 2 == 1);
      if (!down || (up && nearer_up)) ++digit;
    }
    out.digits += static_cast<char>('0' + digit);
    if (down || up) return out;
    for (Natural* part : {&numerator, &below, &above}) part->multiply_add(10, 0);
  }
}

}  // namespace al
