#include "base/utf8.h"

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <string>

namespace al {

TEST_CASE("Every character has one form, which is recognised, and no part of which is", "[base][utf8]") {
  for (std::uint32_t character = 0; character <= 0x10FFFF; ++character) {
    const bool surrogate = character >= 0xD800 && character < 0xE000;
    std::string text;
    append_utf8(text, character);
    const std::size_t bytes = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    bool sound = text.size() == bytes && utf8_sequence_bytes(text) == (surrogate ? 0 : bytes) &&
                 is_utf8(text + "a" + text) == !surrogate;
    text.pop_back();
    sound = sound && is_utf8(text) == text.empty();
    if (!sound) FAIL("U+" << std::hex << character);  // One assertion for each would take a minute.
  }
}

TEST_CASE("RFC 3629, section 3: the examples have the published bytes", "[base][utf8]") {
  std::string text;
  for (const std::uint32_t character : {0x41U, 0x2262U, 0x391U, 0x2EU, 0x233B4U})
    append_utf8(text, character);
  CHECK(text == "\x41\xE2\x89\xA2\xCE\x91\x2E\xF0\xA3\x8E\xB4");
}

TEST_CASE("Overlong forms, and what lies beyond U+10FFFF, are none", "[base][utf8]") {
  for (const char* text : {"\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                           "\xF5\x80\x80\x80", "\xFF", "\x80", "\xE2\x82\x41"})
    CHECK(utf8_sequence_bytes(text) == 0);
}

}  // namespace al
