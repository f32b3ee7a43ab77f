#include "base/hex.h"

#include <array>
#include <cstddef>

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

}  // namespace

bool read_hex(std::string_view digits, std::span<std::uint8_t> out) {
  if (digits.size() != 2 * out.size()) return false;
  int seen = 0;  // Negative once one was no digit.
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = values[static_cast<std::uint8_t>(digits[2 * i])];
    const int low = values[static_cast<std::uint8_t>(digits[2 * i + 1])];
    seen |= high | low;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return seen >= 0;
}

}  // namespace al
