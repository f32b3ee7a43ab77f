#include "base/hex.h"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace al {

TEST_CASE("Digits become the bytes that they stand for, however many there are", "[base][hex]") {
  std::array<std::uint8_t, 40> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 151 + 7);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const std::span<const std::uint8_t> some = std::span(bytes).first(size);
    std::array<std::uint8_t, 40> read{};
    REQUIRE(read_hex(to_hex(some), std::span(read).first(size)));
    REQUIRE(std::equal(some.begin(), some.end(), read.begin()));
    REQUIRE_FALSE(read_hex(to_hex(some) + "0", std::span(read).first(size)));
  }
}

TEST_CASE("Every byte has its two digits, wherever it stands", "[base][hex]") {
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const std::array<std::uint8_t, 11> bytes{
        static_cast<std::uint8_t>(byte), 0, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(byte), 0, 0,
        static_cast<std::uint8_t>(byte)};
    const std::string two{digits[byte / 16], digits[byte % 16]};
    REQUIRE(to_hex(bytes) == two + "000000000000" + two + "0000" + two);
  }
}

TEST_CASE("Anything but a lower-case digit is refused, wherever it stands", "[base][hex]") {
  const std::string digits(46, 'a');
  std::array<std::uint8_t, 23> read{};
  for (std::size_t at = 0; at < digits.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string changed = digits;
      changed[at] = static_cast<char>(c);
      const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
      REQUIRE(read_hex(changed, read) == digit);
    }
  }
}

}  // namespace al
