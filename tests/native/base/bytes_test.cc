#include "base/bytes.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace al {

TEST_CASE("Hexadecimal goes both ways, in lower case", "[base][bytes]") {
  const Bytes bytes{0x00, 0x0f, 0xf0, 0xff, 0x1a};
  CHECK(to_hex(bytes) == "000ff0ff1a");
  CHECK(from_hex("000ff0ff1a") == bytes);
  CHECK(to_hex({}).empty());
  CHECK(from_hex("") == Bytes{});
  std::string out = "x";
  append_hex(out, bytes);
  CHECK(out == "x000ff0ff1a");
}

TEST_CASE("Hexadecimal is strict", "[base][bytes]") {
  for (const std::string_view text : {"0", "0g", "FF", "0x00", " 00", "00 ", "0\xff"}) {
    CAPTURE(text);
    CHECK_FALSE(from_hex(text));
  }
  CHECK_FALSE(from_hex(std::string_view("0\0", 2)));
}

TEST_CASE("Base64 has the test vectors of RFC 4648, section 10", "[base][bytes]") {
  const std::vector<std::pair<std::string_view, std::string_view>> table{{"", ""},
                                                                         {"f", "Zg=="},
                                                                         {"fo", "Zm8="},
                                                                         {"foo", "Zm9v"},
                                                                         {"foob", "Zm9vYg=="},
                                                                         {"fooba", "Zm9vYmE="},
                                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : table) {
    CAPTURE(plain);
    CHECK(to_base64(bytes_of(plain)) == encoded);
    const auto back = from_base64(encoded);
    REQUIRE(back);
    CHECK(std::string(back->begin(), back->end()) == plain);
  }
  CHECK(to_base64(Bytes{0xfb, 0xff, 0xbf}) == "+/+/");
}

TEST_CASE("Base64 is strict", "[base][bytes]") {
  // RFC 4648, 3.5: unused bits must be zero ("Zh==", "Zm9="); 3.3: nothing outside the alphabet; 3.2:
  // padding.
  for (const std::string_view text : {"Zg", "Zg=", "Zg===", "Z===", "====", "=", "Zh==", "Zm9=", "Zm9v\n",
                                      "Zm 9", "-_-_", "Zg==Zg==", "Zm=v", "=m9v", "\xc3\xa4zz"}) {
    CAPTURE(text);
    CHECK_FALSE(from_base64(text));
  }
}

TEST_CASE("Each byte survives base64 at each place of a group", "[base][bytes]") {
  for (std::size_t length = 1; length <= 6; ++length) {
    for (int value = 0; value < 256; ++value) {
      for (std::size_t at = 0; at < length; ++at) {
        Bytes bytes(length, 0);
        bytes[at] = static_cast<std::uint8_t>(value);
        if (from_base64(to_base64(bytes)) != bytes)
          FAIL("length " << length << ", byte " << value << " at " << at);
      }
    }
  }
}

}  // namespace al
