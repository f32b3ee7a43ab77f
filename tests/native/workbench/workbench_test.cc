#include "workbench/workbench.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "base/json.h"

namespace al::workbench {
namespace {

constexpr std::string_view policies = R"({"policies": [
  {"name": "small", "action_type": "pr.open", "effect": "conditional",
   "conditions": [{"field": "pr_size", "operator": "lt", "value": 50}]},
  {"name": "nights", "action_type": "deploy.*", "effect": "deny",
   "conditions": [{"field": "time.hour", "operator": "lt", "value": 6}]},
  {"name": "deploying", "action_type": "deploy.*", "effect": "require_approval"},
  {"name": "reading", "action_type": "repo.*", "effect": "allow"}
]})";

json::Document parsed(const Result<std::string>& text) {
  REQUIRE(text.ok());
  Result<json::Document> document = json::parse(*text);
  REQUIRE(document.ok());
  return std::move(*document);
}

json::Document run(const std::string& tests) { return parsed(test(policies, "{\"tests\":[" + tests + "]}")); }

json::Value first(const json::Document& document, std::string_view list) {
  return *document.root()[list].items().begin();
}

}  // namespace

TEST_CASE("check lists the policies of a sound file", "[workbench]") {
  const json::Document found = parsed(check(policies));
  CHECK(found.root()["faults"].size() == 0);
  CHECK(found.root()["policies"].size() == 4);
  CHECK(first(found, "policies")["conditions"].as_int64() == 1);
}

TEST_CASE("check says where each fault is", "[workbench]") {
  const json::Document found =
      parsed(check("[\n  {\"name\": \"a\", \"action_type\": \"x\",\n   \"efect\": 1}]"));
  CHECK(found.root()["policies"].size() == 0);
  bool seen = false;
  for (const json::Value fault : found.root()["faults"].items()) {
    if (fault["pointer"].string() != "/0/efect") continue;
    seen = true;
    CHECK(fault["policy"].string() == "a");
    CHECK(fault["line"].as_int64() == 3);
    CHECK(fault["column"].as_int64() == 4);
    CHECK(fault["message"].string().starts_with("is not a known field; did you mean \"effect\"?"));
  }
  CHECK(seen);
  CHECK(check("{").error().code == Code::malformed_json);
}

TEST_CASE("a test passes only where everything that it expects is so", "[workbench]") {
  const std::string given =
      R"({"name":"n","given":{"action_type":"pr.open","metadata":{"pr_size":68}},"expect":)";
  const json::Document met = run(given + R"({"decision":"deny","reason":"CONDITIONS_DENIED","policy":"small",
      "conditions":[{"field":"pr_size","actual":68,"result":false}]}})");
  CHECK(met.root()["passed"].as_int64() == 1);
  const json::Document unmet = run(given + R"({"decision":"allow","policy":null,
      "conditions":[{"field":"pr_size","result":true}]}})");
  CHECK(unmet.root()["failed"].as_int64() == 1);
  CHECK(first(unmet, "tests")["differences"].size() == 3);
  CHECK(first(unmet, "tests")["passed"].as_bool() == false);
}

TEST_CASE("a test of what depends on the time must say when", "[workbench]") {
  const auto expect = [](const std::string& at, const std::string& decision) {
    return run(R"({"name":"n","given":{"action_type":"deploy.web")" + at + R"(},"expect":{"decision":")" +
               decision + "\"}}");
  };
  CHECK(expect("", "deny").root()["failed"].as_int64() == 1);
  CHECK(expect(R"(,"at":"2026-01-31T03:00:00Z")", "deny").root()["passed"].as_int64() == 1);
  CHECK(expect(R"(,"at":"2026-01-31T12:00:00Z")", "require_approval").root()["passed"].as_int64() == 1);
}

TEST_CASE("coverage counts the tests that a policy decided", "[workbench]") {
  const json::Document found =
      run(R"({"name":"n","given":{"action_type":"repo.read"},"expect":{"decision":"allow"}})");
  for (const json::Value entry : found.root()["coverage"].items())
    CHECK(entry["tests"].as_int64() == (entry["policy"].string() == "reading" ? 1 : 0));
}

TEST_CASE("tests that are not understood are refused", "[workbench]") {
  for (
      const std::string_view bad :
      {R"({"tests":[]})", R"({})", R"({"tests":[{"name":"n","given":{"action_type":"a"},"expect":{}}]})",
       R"({"tests":[{"name":"n","given":{"action_type":"a.*"},"expect":{"decision":"deny"}}]})",
       R"({"tests":[{"name":"n","given":{"action_type":"a","meta":{}},"expect":{"decision":"deny"}}]})",
       R"({"tests":[{"name":"n","given":{"action_type":"a"},"expect":{"decision":"allow","reason":"X"}}]})"}) {
    const Result<std::string> refused = test(policies, bad);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Code::invalid_argument);
  }
}

TEST_CASE("explain shows who decides and who would have", "[workbench]") {
  const json::Document found =
      parsed(explain(policies, R"({"action_type":"deploy.web","at":"2026-01-31T12:00:00Z"})"));
  CHECK(found.root()["decision"].string() == "require_approval");
  CHECK(found.root()["policy"].string() == "deploying");
  CHECK(found.root()["candidates"].size() == 2);
  CHECK(first(found, "candidates")["policy"].string() == "nights");
  CHECK(first(found, "candidates")["outcome"].string() == "fails");
  CHECK(explain(policies, R"({"action_type":"deploy.web"})").error().code == Code::invalid_argument);
}

}  // namespace al::workbench
