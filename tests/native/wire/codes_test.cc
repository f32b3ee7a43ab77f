#include "wire/codes.h"

#include <catch2/catch_test_macros.hpp>
#include <set>

#include "base/json.h"
#include "wire/http.h"

using namespace al;
using namespace al::wire;

TEST_CASE("every code has a text of its own, and an entry", "[wire]") {
  std::set<std::string_view> texts;
  for (int i = 0; i <= static_cast<int>(Code::crashed); ++i) {
    const auto code = static_cast<Code>(i);
    INFO(i);
    CHECK(texts.insert(text(code)).second);
    CHECK(parse_code(text(code)) == code);
    const CodeTraits entry = traits(code);
    CHECK((entry.http_status == 0 || (entry.http_status >= 400 && entry.http_status <= 599)));
    CHECK_FALSE(text(entry.error_class).empty());
  }
  CHECK_FALSE(parse_code("NO_SUCH_CODE").has_value());
  CHECK_FALSE(parse_code("").has_value());
}

TEST_CASE("codes that matter to the error classes", "[wire]") {
  CHECK(traits(Code::policy_denied).error_class == ErrorClass::denied);
  CHECK(traits(Code::approval_timeout).error_class == ErrorClass::timeout);
  CHECK(traits(Code::connection_failed).error_class == ErrorClass::connection);
  CHECK(traits(Code::protocol_error).error_class == ErrorClass::protocol);
  CHECK(traits(Code::aborted).error_class == ErrorClass::aborted);
  CHECK(traits(Code::crashed).error_class == ErrorClass::crashed);
}

TEST_CASE("an error's response has the envelope", "[wire]") {
  const Response response = error_response({Code::not_found, "no \"x\"", R"({"n":1})"});
  CHECK(response.status == 404);
  CHECK(response.body == R"({"error":{"code":"NOT_FOUND","message":"no \"x\"","details":{"n":1}}})");
}
