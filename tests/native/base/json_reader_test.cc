#include "base/json_reader.h"

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace al::json {
namespace {

Document parsed(std::string_view text) {
  Result<Document> result = parse(text);
  REQUIRE(result.ok());
  return std::move(result).value();
}

std::string shown(const std::vector<Fault>& faults) {
  std::string out;
  for (const Fault& fault : faults) out.append(fault.pointer).append(" ").append(fault.message).append("\n");
  return out;
}

}  // namespace

TEST_CASE("RFC 6901, section 5: pointers are escaped", "[base][json]") {
  CHECK(pointer_to("", "foo") == "/foo");
  CHECK(pointer_to("/foo", std::size_t{0}) == "/foo/0");
  CHECK(pointer_to("", "") == "/");
  CHECK(pointer_to("", "a/b") == "/a~1b");
  CHECK(pointer_to("", "c%d") == "/c%d");
  CHECK(pointer_to("", " ") == "/ ");
  CHECK(pointer_to("", "m~n") == "/m~0n");
  CHECK(pointer_to("", "~1") == "/~01");
}

TEST_CASE("A reader takes what it is asked for", "[base][json]") {
  const Document document = parsed(
      R"({"name":"x","count":3,"big":9223372036854775807,"on":true,"list":["a","b"],"sub":{"k":1},"any":null,"items":[1]})");
  std::vector<Fault> faults;
  ObjectReader reader(document.root(), "/policies/0", faults);
  CHECK(reader.required_string("name") == "x");
  CHECK(reader.integer("count", 0, 3) == 3);
  CHECK(reader.integer("big", 0, std::numeric_limits<std::int64_t>::max()) ==
        std::numeric_limits<std::int64_t>::max());
  CHECK(reader.boolean("on") == true);
  CHECK(reader.strings("list") == std::vector<std::string>{"a", "b"});
  CHECK(reader.object("sub")["k"].as_int64() == 1);
  CHECK(reader.array("items").size() == 1);
  CHECK(reader.any("any").is_null());
  CHECK_FALSE(reader.string("absent"));
  CHECK_FALSE(reader.integer("absent", 0, 1));
  CHECK_FALSE(reader.boolean("absent"));
  CHECK_FALSE(reader.strings("absent"));
  CHECK_FALSE(reader.object("absent").present());
  CHECK_FALSE(reader.any("absent").present());
  reader.finish();
  CHECK(shown(faults).empty());
  CHECK(reader.pointer("a/b") == "/policies/0/a~1b");
}

TEST_CASE("Every fault is collected, with its place", "[base][json]") {
  const Document document = parsed(
      R"({"s":1,"e":"","n":null,"i":"1","low":-1,"high":11,"real":1.5,"b":0,"l":["a",""],"m":["a",1],"o":[],"a":{},"namee":2,"zzzzzz":3})");
  std::vector<Fault> faults;
  ObjectReader reader(document.root(), "", faults);
  CHECK_FALSE(reader.string("s"));
  CHECK(reader.required_string("e").empty());
  CHECK(reader.required_string("name").empty());
  CHECK(reader.required_string("n").empty());
  CHECK_FALSE(reader.integer("i", 0, 10));
  CHECK_FALSE(reader.integer("low", 0, 10));
  CHECK_FALSE(reader.integer("high", 0, 10));
  CHECK_FALSE(reader.integer("real", 0, 10));
  CHECK_FALSE(reader.boolean("b"));
  CHECK_FALSE(reader.strings("l"));
  CHECK_FALSE(reader.strings("m"));
  CHECK_FALSE(reader.object("o").present());
  CHECK_FALSE(reader.array("a").present());
  reader.fault("s", "is odd");
  reader.finish();
  CHECK(shown(faults) ==
        "/s must be a string, not a number\n"
        "/e must not be empty\n"
        "/name is missing\n"
        "/n must be a string, not null\n"
        "/i must be a whole number from 0 to 10\n"
        "/low must be a whole number from 0 to 10\n"
        "/high must be a whole number from 0 to 10\n"
        "/real must be a whole number from 0 to 10\n"
        "/b must be a boolean, not a number\n"
        "/l must hold only non-empty strings\n"
        "/m must hold only non-empty strings\n"
        "/o must be an object, not an array\n"
        "/a must be an array, not an object\n"
        "/s is odd\n"
        "/namee is not a known field; did you mean \"name\"?\n"
        "/zzzzzz is not a known field\n");
}

TEST_CASE("A value that is no object is one fault, not one a field", "[base][json]") {
  const Document document = parsed("[]");
  std::vector<Fault> faults;
  ObjectReader reader(document.root(), "/p", faults);
  CHECK(reader.required_string("name").empty());
  CHECK_FALSE(reader.integer("i", 0, 1));
  reader.finish();
  CHECK(shown(faults) == "/p must be an object, not an array\n");

  faults.clear();
  ObjectReader nothing(Value(), "/q", faults);
  nothing.finish();
  CHECK(shown(faults) == "/q must be an object, not nothing\n");
}

TEST_CASE("A suggestion is close, or there is none", "[base][json]") {
  const std::vector<std::string_view> known{"effect", "enabled", "agents", "name"};
  CHECK(closest("efect", known) == "effect");
  CHECK(closest("enable", known) == "enabled");
  CHECK(closest("agent", known) == "agents");
  CHECK(closest("Name", known) == "name");
  CHECK(closest("something", known).empty());
  CHECK(closest("", known).empty());
  CHECK(closest(std::string(1000, 'x'), known).empty());
  CHECK(closest("x", {}).empty());
}

TEST_CASE("Faults become one error: the first three in words, all as data", "[base][json]") {
  const std::vector<Fault> faults{{"", "is bad"}, {"/a", "b"}, {"/c", "d\"e"}, {"/f", "g"}, {"/h", "i"}};
  const Error error = faults_error(Code::policy_invalid, "the policy is not valid", faults);
  CHECK(error.code == Code::policy_invalid);
  CHECK(error.message == "the policy is not valid: is bad; /a b; /c d\"e; and 2 more");
  const Document details = parsed(error.details);
  CHECK(details.root()["faults"].size() == 5);
  auto third = details.root()["faults"].items().begin();
  ++ ++third;
  CHECK((*third)["pointer"].string() == "/c");
  CHECK((*third)["message"].string() == "d\"e");
  CHECK(faults_error(Code::policy_invalid, "x", {}).message == "x");
}

}  // namespace al::json
