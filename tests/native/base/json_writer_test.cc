#include "base/json_writer.h"

#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/vectors.h"

namespace al::json {
namespace {

double from_bits(std::string_view hex) {
  std::uint64_t bits = 0;
  const Bytes bytes = from_hex(hex).value();
  for (const std::uint8_t byte : bytes) bits = bits << 8 | byte;
  return std::bit_cast<double>(bits);
}

std::string shown(double number) {
  std::string out;
  append_number(out, number);
  return out;
}

void check_numbers(std::string_view table) {
  const Document vectors = vectors::read("json_numbers.json");
  for (const Value row : vectors.root()[table].items()) {
    auto column = row.items().begin();
    const std::string_view bits = (*column).string();
    const std::string_view expected = (*++column).string();
    CAPTURE(bits);
    const double number = from_bits(bits);
    CHECK(shown(number) == expected);
    const Result<Document> back = parse(expected);
    REQUIRE(back.ok());
    CHECK(back->root().as_double() == number);
  }
}

std::string quoted(std::string_view text) {
  std::string out;
  append_string(out, text);
  return out;
}

/// Leaves the stack full of one character, which a formatter that trusts uninitialised memory would then
/// read.
[[gnu::noinline]] char smear_stack(char c) {
  volatile char waste[4096];
  for (volatile char& at : waste) at = c;
  return waste[17];
}

}  // namespace

TEST_CASE("RFC 8785, appendix B: numbers", "[base][json][numbers]") { check_numbers("rfc8785"); }

TEST_CASE("Numbers look as ECMAScript prints them", "[base][json][numbers]") { check_numbers("ecmascript"); }

TEST_CASE("A number does not depend on what lay in memory before", "[base][json][numbers]") {
  for (const char c : {'0', '7', '9', '\xff'}) {
    CHECK(smear_stack(c) == c);
    CHECK(shown(1e23) == "1e+23");
    CHECK(smear_stack(c) == c);
    CHECK(shown(0.5) == "0.5");
    CHECK(smear_stack(c) == c);
    CHECK(shown(-5e-324) == "-5e-324");
  }
}

TEST_CASE("Integers are written exactly", "[base][json][numbers]") {
  std::string out;
  append_number(out, std::numeric_limits<std::int64_t>::min());
  out += ' ';
  append_number(out, std::numeric_limits<std::uint64_t>::max());
  CHECK(out == "-9223372036854775808 18446744073709551615");
}

TEST_CASE("RFC 8785, 3.2.2.2: strings escape what they must, and nothing else", "[base][json]") {
  CHECK(quoted("") == "\"\"");
  CHECK(quoted("\"\\/") == R"("\"\\/")");
  CHECK(quoted(std::string_view("\0\x01\x1f", 3)) == R"("\u0000\u0001\u001f")");
  CHECK(quoted("\b\t\n\v\f\r") == R"("\b\t\n\u000b\f\r")");
  CHECK(quoted("\x7f\xc2\x80\xe2\x80\xa8<>&'") == "\"\x7f\xc2\x80\xe2\x80\xa8<>&'\"");
  for (int c = 0; c < 0x80; ++c) {
    const std::string text = std::string("x") + static_cast<char>(c) + "y";
    CAPTURE(c);
    const Result<Document> back = parse(quoted(text));
    REQUIRE(back.ok());
    CHECK(back->root().string() == text);
  }
}

TEST_CASE("A string is written alike however long it is, and wherever in it something is escaped",
          "[base][json]") {
  constexpr std::pair<std::string_view, std::string_view> parts[] = {
      {"", ""},         {"\"", "\\\""}, {"\\", "\\\\"}, {"\n", "\\n"}, {"\x1F", "\\u001f"},
      {"\x7F", "\x7F"}, {"é", "é"},     {"😀", "😀"}};
  constexpr std::size_t longest = 160;  // beyond what is put down at one go
  for (const auto& [part, written] : parts) {
    for (std::size_t length = 0; length <= longest; ++length) {
      for (std::size_t at = 0; at <= length; ++at) {
        const std::string before(at, 'a');
        const std::string after(length - at, 'b');
        const std::string text = before + std::string(part) + after;
        const std::string in_quotes = "\"" + before + std::string(written) + after + "\"";
        std::string out;
        Writer(out).begin_array().value(7).value(text).begin_object().field(text, 0).end_object().end_array();
        const std::string expected = "[7," + in_quotes + ",{" + in_quotes + ":0}]";
        if (out != expected) FAIL(out << " is not " << expected);
      }
    }
  }
}

TEST_CASE("The writer sets commas and colons", "[base][json]") {
  std::string out;
  Writer writer(out);
  writer.begin_object();
  writer.field("s", "x")
      .field("t", true)
      .field("i", -1)
      .field("u", std::uint64_t{18'446'744'073'709'551'615U})
      .field("d", 0.5);
  writer.key("n").null();
  writer.key("e").begin_object().end_object();
  writer.key("a")
      .begin_array()
      .value(1)
      .begin_array()
      .end_array()
      .begin_object()
      .field("k", false)
      .end_object()
      .value("z")
      .end_array();
  writer.raw_field("r", "[1]")
      .field_if("absent", "")
      .field_if("present", "p")
      .strings("l", {"a", "b"})
      .strings("none", {});
  writer.field("text", std::string("std"));
  writer.end_object();
  CHECK(
      out ==
      R"({"s":"x","t":true,"i":-1,"u":18446744073709551615,"d":0.5,"n":null,"e":{},"a":[1,[],{"k":false},"z"],)"
      R"("r":[1],"present":"p","l":["a","b"],"none":[],"text":"std"})");
  CHECK(parse(out).ok());
}

}  // namespace al::json
