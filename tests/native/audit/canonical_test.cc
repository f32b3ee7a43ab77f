#include "audit/canonical.h"

#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/vectors.h"

namespace al::audit {
namespace {

constexpr std::size_t levels_max = 6;

bool accepted(std::string_view text) {
  CanonicalReader in(text, levels_max);
  return in.value() && in.at_end();
}

/// What the reader promises, worked out the long way.
bool canonical_by_rendering(std::string_view text) {
  const Result<json::Document> parsed = json::parse(text, {.depth_max = levels_max});
  return parsed.ok() && json::canonical(parsed->root()) == text;
}

void check_agreement(const std::string& text) {
  if (accepted(text) != canonical_by_rendering(text))
    FAIL("accepted: " << accepted(text) << ", text: " << text);
}

/// The text with every byte replaced, removed and doubled, and with every byte of a list put in at every
/// place.
void check_neighbours(const std::string& text) {
  using namespace std::string_view_literals;
  static constexpr std::string_view bytes =
      "\"\\{}[],:0189-+.eEutbnrfacdAD /'\n\0\x1f\x7f\x80\xbf\xc3\xe2\xed\xee\xf0\xf4\xff"sv;
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string changed = text;
    for (const char c : bytes) {
      changed[at] = c;
      check_agreement(changed);
    }
    check_agreement(std::string(text).erase(at, 1));
    check_agreement(std::string(text).insert(at, 1, text[at]));
    for (const char c : bytes) check_agreement(std::string(text).insert(at, 1, c));
  }
}

}  // namespace

TEST_CASE("The canonical reader accepts exactly what its rendering leaves as it is", "[audit][canonical]") {
  const json::Document vectors = vectors::read("json_texts.json");
  for (const std::string_view table : {"accept", "reject"}) {
    for (const json::Value row : vectors.root()[table].items()) {
      for (const json::Value text : row.items()) check_agreement(std::string(text.string()));
    }
  }
  for (const json::Value row : vectors.root()["reject_bytes"].items()) {
    auto column = row.items().begin();
    const Bytes bytes = from_hex((*++column).string()).value();
    check_agreement(std::string(bytes.begin(), bytes.end()));
  }
  const json::Document numbers = vectors::read("json_numbers.json");
  for (const std::string_view table : {"rfc8785", "ecmascript"}) {
    for (const json::Value row : numbers.root()[table].items()) {
      auto column = row.items().begin();
      const std::string number((*++column).string());
      CAPTURE(number);
      CHECK(accepted(number));
      check_neighbours(number);
    }
  }
}

TEST_CASE("The canonical reader and the rendering agree on every neighbour of a text", "[audit][canonical]") {
  const std::vector<std::string> texts{
      R"({"":0,"a":[1,-2.5,"x"],"b":{"c":null,"d":true}})",
      R"({"\n":1,"\r":2,"\u000f":3,"\"":4,"\\":5,"a":6})",
      "{\"\xed\x9f\xbf\":1,\"\xf0\x90\x80\x80\":2,\"\xee\x80\x80\":3}",
      R"([18446744073709551615,9223372036854775808,-9223372036854775808,18446744073709552000,1e+21,1e-7])",
      R"([[[[[[]]]]]])",
      R"([[[[[{}]]]]])",
      R"("\b\t\n\f\r\"\\\u0000\u001f")",
      "\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xf4\x8f\xbf\xbf\"",
  };
  for (const std::string& text : texts) {
    check_agreement(text);
    check_neighbours(text);
  }
  CHECK(accepted(texts[0]));
  CHECK(accepted(texts[4]));
  CHECK_FALSE(accepted("[[[[[[[]]]]]]]"));
}

TEST_CASE("The canonical reader reads whole numbers up to 2^64 - 1", "[audit][canonical]") {
  const auto read = [](std::string_view text, std::uint64_t& value) {
    CanonicalReader in(text, 0);
    return in.number(value) && in.at_end();
  };
  std::uint64_t value = 1;
  CHECK((read("0", value) && value == 0));
  CHECK((read("18446744073709551615", value) && value == 18'446'744'073'709'551'615U));
  for (const std::string_view text :
       {"", "00", "01", "-1", "+1", "1.0", "18446744073709551616", "99999999999999999999", "1 ", "a"}) {
    CAPTURE(text);
    CHECK_FALSE(read(text, value));
  }
}

}  // namespace al::audit
