#include "base/hex.h"

#include <array>
#include <cstddef>
#include <cstring>

#include "base/simd.h"

namespace al {
namespace {

constexpr std::array<std::int8_t, 256> digit_values() {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (std::int8_t i = 0; i < 10; ++i) table[static_cast<std::size_t>('0' + i)] = i;
  for (std::int8_t i = 0; i < 6; ++i)
    table[static_cast<std::size_t>('a' + i)] = static_cast<std::int8_t>(10 + i);
  return table;
}
constexpr std::array<std::int8_t, 256> values = digit_values();

#if AL_SIMD

using Eight = std::uint8_t __attribute__((vector_size(8)));

/// Sixteen digits, or false where one is none.
bool read_sixteen(const char* digits, std::uint8_t* out) {
  const Octets c = load_octets(digits);
  const auto decimal = (c >= '0') & (c <= '9');
  const auto letter = (c >= 'a') & (c <= 'f');
  if (any(~(decimal | letter))) return false;
  const auto value = (c & 15) + (reinterpret_cast<const Octets&>(letter) & 9);
  const Eight high = __builtin_shufflevector(value, value, 0, 2, 4, 6, 8, 10, 12, 14);
  const Eight low = __builtin_shufflevector(value, value, 1, 3, 5, 7, 9, 11, 13, 15);
  const Eight bytes = (high << 4) | low;
  std::memcpy(out, &bytes, sizeof bytes);
  return true;
}

void write_sixteen(const std::uint8_t* bytes, char* out) {
  Eight eight;
  std::memcpy(&eight, bytes, sizeof eight);
  const Eight high = eight >> 4;
  const Eight low = eight & 15;
  const Octets value =
      __builtin_shufflevector(high, low, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
  const auto letter = value > 9;
  const Octets digits = value + '0' + (reinterpret_cast<const Octets&>(letter) & ('a' - '0' - 10));
  std::memcpy(out, &digits, sizeof digits);
}

#endif

}  // namespace

bool read_hex(std::string_view digits, std::span<std::uint8_t> out) {
  if (digits.size() != 2 * out.size()) return false;
  std::size_t done = 0;
#if AL_SIMD
  for (; out.size() - done >= 8; done += 8) {
    if (!read_sixteen(digits.data() + 2 * done, out.data() + done)) return false;
  }
#endif
  int seen = 0;  // Negative once one was no digit.
  for (std::size_t i = done; i < out.size(); ++i) {
    const int high = values[static_cast<std::uint8_t>(digits[2 * i])];
    const int low = values[static_cast<std::uint8_t>(digits[2 * i + 1])];
    seen |= high | low;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return seen >= 0;
}

void write_hex(std::span<const std::uint8_t> bytes, char* out) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::size_t done = 0;
#if AL_SIMD
  for (; bytes.size() - done >= 8; done += 8) write_sixteen(bytes.data() + done, out + 2 * done);
#endif
  for (std::size_t i = done; i < bytes.size(); ++i) {
    out[2 * i] = digits[bytes[i] >> 4];
    out[2 * i + 1] = digits[bytes[i] & 15];
  }
}

}  // namespace al
