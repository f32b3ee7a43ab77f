#include "base/json.h"

#include <catch2/catch_test_macros.hpp>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/vectors.h"

namespace al::json {
namespace {

Document parsed(std::string_view text) {
  CAPTURE(text);
  Result<Document> result = parse(text);
  REQUIRE(result.ok());
  return std::move(result).value();
}

std::string message_of(std::string_view text, const Limits& limits = {}) {
  const Result<Document> result = parse(text, limits);
  return result.ok() ? "accepted" : result.error().message;
}

std::string_view item(Value array, std::size_t index) {
  auto at = array.items().begin();
  while (index-- > 0) ++at;
  return (*at).string();
}

}  // namespace

TEST_CASE("What RFC 8259 accepts is accepted, and has its canonical form", "[base][json]") {
  const Document vectors = vectors::read("json_texts.json");
  for (const Value row : vectors.root()["accept"].items()) {
    CAPTURE(item(row, 0), item(row, 1));
    const Result<Document> result = parse(item(row, 1));
    REQUIRE(result.ok());
    const std::string shown = canonical(result->root());
    CHECK(shown == item(row, 2));
    CHECK(canonical(parsed(shown).root()) == shown);
    CHECK(equal(parsed(shown).root(), result->root()));
  }
}

TEST_CASE("What RFC 8259 refuses is refused", "[base][json]") {
  const Document vectors = vectors::read("json_texts.json");
  for (const Value row : vectors.root()["reject"].items()) {
    CAPTURE(item(row, 0), item(row, 1));
    const Result<Document> result = parse(item(row, 1));
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == Code::malformed_json);
  }
  for (const Value row : vectors.root()["reject_bytes"].items()) {
    CAPTURE(item(row, 0), item(row, 1));
    const Bytes bytes = from_hex(item(row, 1)).value();
    const Result<Document> result = parse(std::string(bytes.begin(), bytes.end()));
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == Code::malformed_json);
  }
}

TEST_CASE("Every prefix of a text is refused", "[base][json]") {
  const std::string text = R"({"a":[1,-2.5e3,"x\u00e9\n",{"b":null}],"c":true})";
  for (std::size_t length = 0; length < text.size(); ++length) {
    if (parse(text.substr(0, length)).ok()) FAIL(text.substr(0, length));
  }
  CHECK(parse(text).ok());
}

TEST_CASE("A refusal says what is wrong and where", "[base][json]") {
  CHECK(message_of("{\n \"a\": x}") == "malformed JSON: syntax error at line 2, column 7");
  CHECK(message_of(R"({"a":1,"a":2})") == R"(malformed JSON: the name "a" appears twice in one object)");
  CHECK(message_of("\xEF\xBB\xBF{}").find("byte order mark") != std::string::npos);
  CHECK(message_of("[1e400]").find("too large") != std::string::npos);
}

TEST_CASE("Size and depth are bounded", "[base][json]") {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(parse(nested(64)).ok());
  CHECK(message_of(nested(65)) == "malformed JSON: nested deeper than 64 levels");
  CHECK(parse(nested(3), {.depth_max = 3}).ok());
  CHECK_FALSE(parse(nested(4), {.depth_max = 3}).ok());
  CHECK_FALSE(parse("[]", {.depth_max = 0}).ok());
  CHECK(parse("1", {.depth_max = 0}).ok());
  CHECK(parse(R"([{"a":[]},{"a":[]}])", {.depth_max = 3}).ok());
  // Far deeper than any stack.
  CHECK_FALSE(parse(std::string(1'000'000, '[')).ok());
  std::string objects;
  for (int i = 0; i < 200'000; ++i) objects += R"({"":)";
  CHECK_FALSE(parse(objects).ok());

  CHECK(parse("\"" + std::string(8, 'x') + "\"", {.bytes_max = 10}).ok());
  const Result<Document> large = parse("\"" + std::string(9, 'x') + "\"", {.bytes_max = 10});
  REQUIRE_FALSE(large.ok());
  CHECK(large.error().code == Code::body_too_large);
}

TEST_CASE("64-bit integers are exact", "[base][json]") {
  const Document document = parsed(
      "[18446744073709551615,-9223372036854775808,9223372036854775807,9223372036854775808,3.0,1.5,-1,1e2]");
  std::vector<Value> v;
  for (const Value value : document.root().items()) v.push_back(value);
  CHECK(v[0].kind() == Kind::unsigned_integer);
  CHECK(v[0].as_uint64() == std::numeric_limits<std::uint64_t>::max());
  CHECK_FALSE(v[0].as_int64());
  CHECK(v[1].as_int64() == std::numeric_limits<std::int64_t>::min());
  CHECK_FALSE(v[1].as_uint64());
  CHECK(v[2].kind() == Kind::integer);
  CHECK(v[2].as_int64() == std::numeric_limits<std::int64_t>::max());
  CHECK(v[3].as_uint64() == 9'223'372'036'854'775'808U);
  CHECK_FALSE(v[3].as_int64());
  CHECK(v[4].as_int64() == 3);
  CHECK_FALSE(v[5].as_int64());
  CHECK(v[5].as_double() == 1.5);
  CHECK(v[6].as_int64() == -1);
  CHECK_FALSE(v[6].as_uint64());
  CHECK(v[7].as_int64() == 100);
}

TEST_CASE("Values are looked up without checks on the way", "[base][json]") {
  const Document document = parsed(R"({"a":{"b":[10,{"c":"x"}]},"n":null,"f":false})");
  const Value root = document.root();
  CHECK(root.size() == 3);
  CHECK(root["a"]["b"].size() == 2);
  CHECK_FALSE(root["a"]["z"]["y"].present());
  CHECK_FALSE(root["n"]["a"].present());
  CHECK(root["n"].is_null());
  CHECK(root["n"].present());
  CHECK(root["f"].as_bool() == false);
  CHECK(root["a"]["b"].string().empty());
  CHECK_FALSE(root["a"].as_bool());
  CHECK_FALSE(Value().present());
  CHECK(Value().size() == 0);
  std::string names;
  for (const auto& [name, value] : root.members()) names += name;
  CHECK(names == "anf");
  for (const auto& member : root["a"]["b"].members()) FAIL(member.name);
  for (const Value nothing : root["f"].items()) FAIL(describe(nothing.kind()));
  CHECK_FALSE(Document().root().present());
}

TEST_CASE("Values stay valid when their document is moved", "[base][json]") {
  Document document = parsed(R"({"a":"a text that is too long for any small-string buffer"})");
  const Value value = document.root()["a"];
  const Document moved = std::move(document);
  CHECK(value.string() == "a text that is too long for any small-string buffer");
  CHECK(moved.root()["a"].string().data() == value.string().data());
}

TEST_CASE("Numbers compare exactly, whatever their kinds", "[base][json]") {
  // Each line ascends strictly; so all pairs within a line are compared.
  const std::vector<std::vector<std::string_view>> lines{{"-1e300",
                                                          "-9223372036854777856.0",
                                                          "-9223372036854775808",
                                                          "-9223372036854775807",
                                                          "-9223372036854774784.0",
                                                          "-9007199254740994.0",
                                                          "-9007199254740993",
                                                          "-9007199254740992",
                                                          "-1.5",
                                                          "-1",
                                                          "-0.5",
                                                          "0",
                                                          "5e-324",
                                                          "0.5",
                                                          "1",
                                                          "1.5",
                                                          "2",
                                                          "9007199254740991",
                                                          "9007199254740992.0",
                                                          "9007199254740993",
                                                          "9007199254740994.0",
                                                          "9223372036854774784.0",
                                                          "9223372036854775807",
                                                          "9223372036854775808.0",
                                                          "9223372036854775809",
                                                          "9223372036854777856.0",
                                                          "18446744073709549568.0",
                                                          "18446744073709551615",
                                                          "18446744073709551616",
                                                          "1e300"},
                                                         {"9223372036854775807", "9223372036854775808"},
                                                         {"-9223372036854775809", "-9223372036854775807"}};
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      for (std::size_t k = 0; k < line.size(); ++k) {
        CAPTURE(line[i], line[k]);
        const Document a = parsed(line[i]);
        const Document b = parsed(line[k]);
        CHECK(compare(*a.root().as_number(), *b.root().as_number()) == (i <=> k));
        CHECK(equal(a.root(), b.root()) == (i == k));
      }
    }
  }
  const std::vector<std::pair<std::string_view, std::string_view>> alike{
      {"1", "1.0"},
      {"0", "-0.0"},
      {"0", "-0"},
      {"9007199254740992", "9007199254740992.0"},
      {"9223372036854775808", "9223372036854775808.0"},
      {"-9223372036854775808", "-9223372036854775808.0"},
      {"100", "1e2"}};
  for (const auto& [x, y] : alike) {
    CAPTURE(x, y);
    const Document a = parsed(x);
    const Document b = parsed(y);
    CHECK(compare(*a.root().as_number(), *b.root().as_number()) == 0);
    CHECK(compare(*b.root().as_number(), *a.root().as_number()) == 0);
    CHECK(equal(a.root(), b.root()));
  }
  const Document other = parsed(R"(["1",null,true,{},[]])");
  for (const Value value : other.root().items()) CHECK(!value.as_number());
  CHECK(!Value().as_number());
}

TEST_CASE("Equality is deep, and blind to the order of members only", "[base][json]") {
  const auto same = [](std::string_view x, std::string_view y) {
    const Document a = parsed(x);
    const Document b = parsed(y);
    CHECK(equal(a.root(), b.root()) == equal(b.root(), a.root()));
    return equal(a.root(), b.root());
  };
  CHECK(same(R"({"a":1,"b":[{"c":2,"d":3}]})", R"({"b":[{"d":3.0,"c":2}],"a":1e0})"));
  CHECK(same(R"("\u0061")", R"("a")"));
  CHECK(same("[]", "[ ]"));
  CHECK_FALSE(same("[1,2]", "[2,1]"));
  CHECK_FALSE(same("[1]", "[1,1]"));
  CHECK_FALSE(same("[]", "{}"));
  CHECK_FALSE(same("{}", R"({"a":null})"));
  CHECK_FALSE(same(R"({"a":1})", R"({"b":1})"));
  CHECK_FALSE(same(R"({"a":1,"b":1})", R"({"a":1,"c":1})"));
  CHECK_FALSE(same("null", "false"));
  CHECK_FALSE(same("0", "false"));
  CHECK_FALSE(same(R"("1")", "1"));
  CHECK_FALSE(same("true", "false"));
  CHECK(equal(Value(), Value()));
  const Document null = parsed("null");
  CHECK_FALSE(equal(null.root(), Value()));
}

TEST_CASE("RFC 8785, 3.2.3: names are sorted by UTF-16 code units", "[base][json][canonical]") {
  const Document document = parsed(R"({
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\ud83d\ude00": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis"
  })");
  CHECK(canonical(document.root()) ==
        "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\",\"\xc3\xb6\":\"Latin Small "
        "Letter O With Diaeresis\","
        "\"\xe2\x82\xac\":\"Euro Sign\",\"\xf0\x9f\x98\x80\":\"Emoji: Grinning "
        "Face\",\"\xef\xac\xb3\":\"Hebrew Letter Dalet With Dagesh\"}");
}

TEST_CASE("Surrogate pairs sort before U+E000 to U+FFFF, wherever they stand", "[base][json][canonical]") {
  // Ascending by UTF-16: D7FF < D800 DC00 (U+10000) < DBFF DFFF (U+10FFFF) < E000 < FFFF.
  const std::vector<std::string_view> ascending{"",
                                                "a",
                                                "aa",
                                                "b",
                                                "\x7f",
                                                "\xc2\x80",
                                                "\xdf\xbf",
                                                "\xe0\xa0\x80",
                                                "\xed\x9f\xbf",
                                                "\xf0\x90\x80\x80",
                                                "\xf0\x90\x80\x81",
                                                "\xf4\x8f\xbf\xbf",
                                                "\xee\x80\x80",
                                                "\xef\xbf\xbf"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t k = 0; k < ascending.size(); ++k) {
      CAPTURE(i, k);
      CHECK(less_utf16(ascending[i], ascending[k]) == (i < k));
      const std::string behind_a = std::string("p\xe2\x82\xac").append(ascending[i]);
      const std::string behind_b = std::string("p\xe2\x82\xac").append(ascending[k]);
      CHECK(less_utf16(behind_a, behind_b) == (i < k));
    }
  }
}

TEST_CASE("RFC 8785, 3.2.4: the example has the published bytes", "[base][json][canonical]") {
  const Document document = parsed(R"({
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  })");
  CHECK(to_hex(bytes_of(canonical(document.root()))) ==
        "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b333333333333333333"
        "2e333333333333332c31"
        "652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c"
        "5c5c5c5c222f227d");
}

TEST_CASE("An absent value is written as null", "[base][json][canonical]") {
  CHECK(canonical(Value()) == "null");
}

TEST_CASE("Members are sorted and compared however many there are", "[base][json]") {
  std::string text = "{";
  std::string sorted = "{";
  constexpr int count = 1000;
  for (int i = 0; i < count; ++i) {
    // 997 and 1000 have no common divisor, so each number comes once, out of order.
    const auto member = [](int n) { return "\"" + std::to_string(10'000 + n) + "\":" + std::to_string(n); };
    if (i > 0) text += ',', sorted += ',';
    text += member(i * 997 % count);
    sorted += member(i);
  }
  CHECK(canonical(parsed(text + "}").root()) == sorted + "}");
  const Result<Document> twins = parse(text + ",\"10500\":0}");
  REQUIRE_FALSE(twins.ok());
  CHECK(twins.error().message.find("the name \"10500\" appears twice") != std::string::npos);
}

}  // namespace al::json
