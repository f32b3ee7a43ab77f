#include "policy/condition.h"

#include "policy/policy_testing.h"

namespace al::policy {
namespace {

using testing::Act;
using testing::with_conditions;

std::string leaf(std::string_view field, std::string_view op, std::string_view value) {
  std::string out = "{'field':'" + std::string(field) + "','operator':'" + std::string(op) + "'";
  if (!value.empty()) out.append(",'value':").append(value);
  return out + "}";
}

bool holds(std::string_view conditions, const Action& action) {
  const Policy policy = with_conditions(conditions);
  std::vector<ConditionResult> results;
  const Outcome outcome = policy.condition.evaluate(action, results);
  CHECK(policy.condition.judge(action) == outcome);
  return outcome == Outcome::holds;
}

Outcome judge(std::string_view conditions, std::string_view metadata) {
  const Act act("pr.merge", metadata);
  return with_conditions(conditions).condition.judge(act.action);
}

TEST_CASE("a condition has its texts with it, however they were written", "[policy]") {
  Condition condition;
  {
    const Policy source = with_conditions(
        R"([{'field':'a\u0022b','operator':'eq','value':'x\u0022\\é'},)"
        R"({'any':[{'not':{'field':'metadata.c\\d.e','operator':'in','value':['z','a\u0022']}},)"
        R"({'field':'f','operator':'between','value':[1,2.5e0]}]}])");
    condition = source.condition;
  }
  const Act act("pr.merge", R"({'a\u0022b':'x\u0022\\é','c\\d':{'e':'a\u0022'},'f':2})");
  std::vector<ConditionResult> results;
  CHECK(condition.evaluate(act.action, results) == Outcome::holds);
  REQUIRE(results.size() == 3);
  CHECK(results[0].field == R"(a"b)");
  CHECK(results[0].expected == R"("x\"\\é")");
  CHECK(results[0].actual == R"("x\"\\é")");
  CHECK(results[1].field == R"(metadata.c\d.e)");
  CHECK(results[1].expected == R"(["z","a\""])");
  CHECK(results[1].result);
  CHECK(results[2].expected == "[1,2.5]");
}

TEST_CASE("every operator: holds, fails, and cannot decide", "[policy]") {
  struct Row {
    std::string_view op;
    std::string_view operand;
    std::vector<std::string_view> holds;
    std::vector<std::string_view> fails;
    std::vector<std::string_view> undecidable;  // besides missing and null
  };
  const std::vector<Row> rows{
      {"eq", "'main'", {"'main'"}, {"'dev'", "''"}, {"1", "true", "['main']", "{}"}},
      {"eq", "5", {"5", "5.0"}, {"6", "5.5", "-5"}, {"'5'", "true", "[5]"}},
      {"eq", "true", {"true"}, {"false"}, {"'true'", "1"}},
      {"ne", "'main'", {"'dev'"}, {"'main'"}, {"1", "['dev']", "{}"}},
      {"lt", "50", {"49", "49.9", "-1"}, {"50", "51"}, {"'49'", "true", "[1]"}},
      {"lte", "50", {"50", "50.0"}, {"51", "50.1"}, {"'50'"}},
      {"gt", "50", {"51", "50.5"}, {"50", "0"}, {"'51'"}},
      {"gte", "50", {"50"}, {"49"}, {"'50'", "{}"}},
      {"between", "[1,3]", {"1", "2.5", "3"}, {"0", "3.1"}, {"'2'", "[2]"}},
      {"in", "['a','b']", {"'a'", "'b'"}, {"'c'", "''"}, {"1", "['a']"}},
      {"in", "[1,2.5]", {"1.0", "2.5"}, {"2"}, {"'1'"}},
      {"not_in", "['a','b']", {"'c'"}, {"'a'"}, {"1", "['c']"}},
      {"contains",
       "'ab'",
       {"'xaby'", "['x','ab']", "[1,'ab']"},
       {"'ba'", "['x']", "[]"},
       {"1", "[1]", "['x',{}]", "{}"}},
      {"contains", "7", {"[1,7.0]"}, {"[1]", "[]"}, {"'7'", "7", "['7']"}},
      {"not_contains",
       "'ab'",
       {"'ba'", "['x']", "[]"},
       {"'xab'", "['ab',1]"},
       {"1", "[1]", "[{'name':'ab'}]"}},
      {"starts_with", "'rel'", {"'release'", "'rel'"}, {"'re'", "'xrel'"}, {"1", "['rel']"}},
      {"ends_with", "'.ts'", {"'a.ts'"}, {"'a.tsx'", "'s'"}, {"1"}},
      {"matches", "'v?.*'", {"'v1.'", "'v1.2'"}, {"'v12'"}, {"1", "['v1.2']"}},
      {"subset_of",
       "['a','b']",
       {"['a']", "['a','a']", "[]"},
       {"['a','c']", "[1,'c']"},
       {"'a'", "[1]", "['a',null]", "{}"}},
  };
  for (const Row& row : rows) {
    const std::string plain = "[" + leaf("x", row.op, row.operand) + "]";
    const std::string negated = "[{'not':" + leaf("x", row.op, row.operand) + "}]";
    const auto check = [&](std::string_view value, Outcome expected, Outcome under_not) {
      INFO(row.op << " " << row.operand << " on " << value);
      const std::string metadata = "{'x':" + std::string(value) + "}";
      CHECK(judge(plain, metadata) == expected);
      CHECK(judge(negated, metadata) == under_not);
    };
    for (const std::string_view value : row.holds) check(value, Outcome::holds, Outcome::fails);
    for (const std::string_view value : row.fails) check(value, Outcome::fails, Outcome::holds);
    for (const std::string_view value : row.undecidable)
      check(value, Outcome::undecidable, Outcome::undecidable);
    check("null", Outcome::undecidable, Outcome::undecidable);
    CHECK(judge(plain, "{}") == Outcome::undecidable);
    CHECK(judge(negated, "{}") == Outcome::undecidable);
  }
}

TEST_CASE("existence is always decidable, and null is absence", "[policy]") {
  for (const std::string_view there : {"{'x':0}", "{'x':''}", "{'x':[]}", "{'x':false}"}) {
    CHECK(judge("[" + leaf("x", "exists", "") + "]", there) == Outcome::holds);
    CHECK(judge("[" + leaf("x", "not_exists", "") + "]", there) == Outcome::fails);
  }
  for (const std::string_view gone : {"{}", "{'x':null}", "{'y':1}"}) {
    CHECK(judge("[" + leaf("x", "exists", "") + "]", gone) == Outcome::fails);
    CHECK(judge("[" + leaf("x", "not_exists", "") + "]", gone) == Outcome::holds);
    CHECK(judge("[{'not':" + leaf("x", "exists", "") + "}]", gone) == Outcome::holds);
  }
}

TEST_CASE("numbers compare exactly", "[policy]") {
  struct Row {
    std::string_view op;
    std::string_view operand;
    std::string_view value;
    bool holds;
  };
  const std::vector<Row> rows{
      {"eq", "9007199254740993", "9007199254740993", true},
      {"eq", "9007199254740993", "9007199254740992", false},
      {"lt", "9007199254740993", "9007199254740992", true},
      {"gt", "9007199254740992.0", "9007199254740993", true},
      {"lte", "9223372036854775807", "9223372036854775808", false},
      {"gt", "9223372036854775807", "9223372036854775808", true},
      {"eq", "18446744073709551615", "18446744073709551615", true},
      {"eq", "18446744073709551615", "18446744073709551614", false},
      {"lt", "1e300", "18446744073709551615", true},
      {"gte", "-9223372036854775808", "-9223372036854775808", true},
      {"in", "[9007199254740993,1]", "9007199254740992", false},
      {"between", "[0.1,0.3]", "0.30000000000000004", false},
      {"eq", "0", "-0.0", true},
  };
  for (const Row& row : rows) {
    INFO(row.value << " " << row.op << " " << row.operand);
    const Act act("pr.merge", "{'n':" + std::string(row.value) + "}");
    CHECK(holds("[" + leaf("n", row.op, row.operand) + "]", act.action) == row.holds);
  }
}

TEST_CASE("groups, and what cannot be decided in them", "[policy]") {
  // t holds, f fails, u cannot be decided.
  const auto make = [](std::string_view name) -> std::string {
    if (name == "t") return leaf("t", "eq", "1");
    return name == "f" ? leaf("t", "eq", "2") : leaf("u", "eq", "3");
  };
  const auto group = [&](std::string_view kind, std::string_view a, std::string_view b) {
    return "{'" + std::string(kind) + "':[" + make(a) + ",{'not':{'not':" + make(b) + "}}]}";
  };
  struct Row {
    std::string_view a;
    std::string_view b;
    Outcome all;
    Outcome any;
  };
  using enum Outcome;
  const std::vector<Row> rows{
      {"t", "f", fails, Outcome::holds},       {"f", "t", fails, Outcome::holds},
      {"t", "u", undecidable, Outcome::holds}, {"u", "t", undecidable, Outcome::holds},
      {"f", "u", fails, undecidable},          {"u", "f", fails, undecidable},
  };
  for (const Row& row : rows) {
    INFO(row.a << row.b);
    CHECK(judge("[{'any':[" + group("all", row.a, row.b) + "]}]", "{'t':1}") == row.all);
    CHECK(judge("[" + group("any", row.a, row.b) + "]", "{'t':1}") == row.any);
  }
  CHECK(judge("[{'not':" + group("any", "f", "u") + "}]", "{'t':1}") == undecidable);
  CHECK(judge("[{'not':" + group("any", "f", "u") + "}]", "{'t':1,'u':4}") == Outcome::holds);
  CHECK(judge("[{'not':{'not':{'not':" + make("u") + "}}}]", "{'t':1}") == undecidable);
}

TEST_CASE("fields of metadata", "[policy]") {
  const Act act("pr.merge",
                "{'repo':{'name':'core','owner':{'id':7}},'data':{'types':1},'a.b':1,'list':[{'x':1}]}");
  CHECK(holds("[" + leaf("repo.name", "eq", "'core'") + "]", act.action));
  CHECK(holds("[" + leaf("metadata.repo.owner.id", "eq", "7") + "]", act.action));
  CHECK(holds("[" + leaf("metadata.data.types", "eq", "1") + "]", act.action));
  CHECK_FALSE(holds("[" + leaf("a.b", "eq", "1") + "]", act.action));
  CHECK_FALSE(holds("[" + leaf("list.x", "exists", "") + "]", act.action));
  CHECK_FALSE(holds("[" + leaf("repo.name.x", "eq", "1") + "]", act.action));
  Action bare;
  bare.action_type = "pr.merge";
  CHECK_FALSE(holds("[" + leaf("repo.name", "ne", "'x'") + "]", bare));
  CHECK(holds("[" + leaf("repo.name", "not_exists", "") + "]", bare));
}

TEST_CASE("fields of the kernel", "[policy]") {
  Act act("pr.merge", "{}",
          "[{'type':'pii','count':3,'sensitivity':'low'},{'type':'code','count':0,'sensitivity':'high'},"
          "{'type':'pii','count':4,'sensitivity':'none'}]");
  act.action.delegation_id = "del-1";
  act.action.delegation_name = "nightly";
  act.action.delegation_depth = 2;
  for (const std::string& good :
       {leaf("data.max_sensitivity", "eq", "'high'"), leaf("data.max_sensitivity", "lt", "'critical'"),
        leaf("data.max_sensitivity", "between", "['medium','high']"),
        leaf("data.max_sensitivity", "not_in", "['critical']"), leaf("data.total_count", "eq", "7"),
        leaf("data.total_count", "lte", "7.0"), leaf("data.types", "contains", "'pii'"),
        leaf("data.types", "not_contains", "'secrets'"),
        leaf("data.types", "subset_of", "['code','pii','x']"), leaf("agent.id", "eq", "'agt-1'"),
        leaf("agent.name", "starts_with", "'mer'"), leaf("delegation.id", "eq", "'del-1'"),
        leaf("delegation.name", "ne", "'ci'"), leaf("delegation.depth", "lte", "2"),
        leaf("time.hour", "eq", "12"), leaf("time.hour", "between", "[9,17]"),
        leaf("time.weekday", "in", "['sat','sun']"), leaf("data.types", "exists", "")}) {
    INFO(good);
    CHECK(holds("[" + good + "]", act.action));
    CHECK_FALSE(holds("[{'not':" + good + "}]", act.action));
  }
  const Act itself("pr.merge");
  const auto outcome = [&](const std::string& text) {
    return with_conditions("[" + text + "]").condition.judge(itself.action);
  };
  CHECK(outcome(leaf("delegation.name", "eq", "'ci'")) == Outcome::absent);
  CHECK(outcome(leaf("delegation.name", "ne", "'ci'")) == Outcome::undecidable);
  CHECK(outcome("{'not':" + leaf("delegation.name", "eq", "'ci'") + "}") == Outcome::undecidable);
  CHECK(outcome(leaf("delegation.name", "not_exists", "")) == Outcome::holds);
  CHECK(outcome(leaf("delegation.depth", "eq", "0")) == Outcome::holds);
  CHECK(outcome(leaf("data.total_count", "lte", "5")) == Outcome::undecidable);
  CHECK(outcome(leaf("data.total_count", "not_exists", "")) == Outcome::holds);
}

TEST_CASE("data_accessed that leaves something open decides nothing", "[policy]") {
  const std::string count = leaf("data.total_count", "lte", "9");
  const std::string sensitivity = leaf("data.max_sensitivity", "lte", "'critical'");
  const std::string types = leaf("data.types", "subset_of", "['pii']");
  struct Row {
    std::string_view data;
    bool count;
    bool sensitivity;
    bool types;
  };
  const std::vector<Row> rows{
      {"[]", true, true, true},
      {"[{'type':'pii'}]", false, false, true},
      {"[{'type':'pii','count':1,'sensitivity':'low'},{'type':'pii','count':1}]", true, false, true},
      {"[{'count':1,'sensitivity':'secret'}]", true, false, false},
      {"[{'type':'pii','count':-1,'sensitivity':'low'}]", false, true, true},
      {"[{'type':'pii','count':1.5}]", false, false, true},
      {"[{'type':'pii','count':'1','sensitivity':3}]", false, false, true},
      {"[{'type':'pii','count':9223372036854775807},{'type':'pii','count':1}]", false, false, true},
      {"[7]", false, false, false},
      {"{}", false, false, false},
      {"null", false, false, false},
  };
  for (const Row& row : rows) {
    INFO(row.data);
    const Act act("pr.merge", "{}", row.data);
    const auto outcome = [&](const std::string& text) {
      return with_conditions("[" + text + "]").condition.judge(act.action);
    };
    CHECK(outcome(count) == (row.count ? Outcome::holds : Outcome::undecidable));
    CHECK(outcome(sensitivity) == (row.sensitivity ? Outcome::holds : Outcome::undecidable));
    CHECK(outcome(types) == (row.types ? Outcome::holds : Outcome::undecidable));
  }
}

TEST_CASE("a condition explains every leaf, in order", "[policy]") {
  const Policy policy = with_conditions(
      "[{'field':'pr_size','operator':'lte','value':49},{'any':[{'field':'env','operator':'in','value':['"
      "test','dev']},"
      "{'not':{'field':'labels','operator':'contains','value':'wip'}}]},{'field':'x','operator':'exists'}]");
  const Act act("pr.merge", "{'pr_size':52,'env':'prod','labels':['wip','b']}");
  std::vector<ConditionResult> results;
  CHECK(policy.condition.evaluate(act.action, results) != Outcome::holds);
  REQUIRE(results.size() == 4);
  CHECK(results[0].field == "pr_size");
  CHECK(results[0].op == "lte");
  CHECK(results[0].expected == "49");
  CHECK(results[0].actual == "52");
  CHECK_FALSE(results[0].result);
  CHECK(results[0].hint == "pr_size must be at most 49; it is 52: reduce it by 3");
  CHECK(results[1].expected == "[\"test\",\"dev\"]");
  CHECK(results[1].hint == "env must be one of \"dev\", \"test\"; it is \"prod\"");
  CHECK(results[2].result);  // Its own outcome: the labels do contain "wip".
  CHECK(results[2].actual == "[\"wip\",\"b\"]");
  CHECK(results[2].hint == "labels must not contain \"wip\"");
  CHECK(results[3].expected == "null");
  CHECK(results[3].actual.empty());
  CHECK(results[3].hint == "x must be given");
}

TEST_CASE("hints stand only where something stands in the way", "[policy]") {
  const Policy policy = with_conditions(
      "[{'any':[{'field':'a','operator':'eq','value':1},{'field':'b','operator':'eq','value':1}]},{'field':'"
      "c','operator':'eq','value':1}]");
  const Act act("pr.merge", "{'a':2,'b':1,'c':2}");
  std::vector<ConditionResult> results;
  CHECK(policy.condition.evaluate(act.action, results) != Outcome::holds);
  CHECK(results[0].hint.empty());
  CHECK(results[1].hint.empty());
  CHECK(results[2].hint == "c must be 1; it is 2");
}

TEST_CASE("hints name the smallest change", "[policy]") {
  struct Row {
    std::string condition;
    std::string_view metadata;
    std::string_view hint;
  };
  const std::vector<Row> rows{
      {leaf("n", "lt", "50"), "{'n':50}", "n must be less than 50; it is 50: reduce it by 1"},
      {leaf("n", "gt", "50"), "{'n':50}", "n must be more than 50; it is 50: raise it by 1"},
      {leaf("n", "gte", "50"), "{'n':-1}", "n must be at least 50; it is -1: raise it by 51"},
      {leaf("n", "between", "[10,20]"), "{'n':25}", "n must be between 10 and 20; it is 25: reduce it by 5"},
      {leaf("n", "between", "[10,20]"), "{'n':3}", "n must be between 10 and 20; it is 3: raise it by 7"},
      {leaf("n", "lte", "0.5"), "{'n':0.75}", "n must be at most 0.5; it is 0.75"},
      {leaf("n", "lte", "-9223372036854775808"), "{'n':9223372036854775807}",
       "n must be at most -9223372036854775808; it is 9223372036854775807"},
      {"{'not':" + leaf("n", "lte", "5") + "}", "{'n':5}", "n must be more than 5; it is 5: raise it by 1"},
      {"{'not':" + leaf("n", "starts_with", "'a'") + "}", "{'n':'ab'}",
       "n must not start with \"a\"; it is \"ab\""},
      {"{'not':" + leaf("n", "exists", "") + "}", "{'n':'ab'}", "n must be left out"},
      {leaf("n", "lte", "5"), "{'n':'5'}",
       "n must be at most 5; it is a string, which cannot be compared with that"},
      {leaf("n", "eq", "5"), "{}", "n is missing; it must be 5"},
      {leaf("n", "in", "[1,2,3,4,5,6,7]"), "{'n':8}", "n must be one of 1, 2, 3, 4, 5 and 2 more; it is 8"},
      {leaf("data.total_count", "lte", "5"), "{}",
       "data.total_count is missing, because the action does not name data_accessed; it must be at most 5"},
      {leaf("delegation.name", "eq", "'ci'"), "{}", "delegation.name is missing; it must be \"ci\""},
      {leaf("time.hour", "lt", "9"), "{}", "time.hour must be less than 9; it is 12"},
  };
  for (const Row& row : rows) {
    const Act act("pr.merge", row.metadata);
    const Policy policy = with_conditions("[" + row.condition + "]");
    std::vector<ConditionResult> results;
    CHECK(policy.condition.evaluate(act.action, results) != Outcome::holds);
    REQUIRE(results.size() == 1);
    CHECK(results[0].hint == row.hint);
  }
  const Act act("pr.merge", "{}", "[{'type':'pii'}]");
  std::vector<ConditionResult> results;
  const Policy low = with_conditions("[" + leaf("data.max_sensitivity", "lt", "'high'") + "]");
  CHECK(low.condition.evaluate(act.action, results) != Outcome::holds);
  CHECK(results[0].hint ==
        "data.max_sensitivity is unknown, because an item of data_accessed has no sensitivity; it must be "
        "less than \"high\"");
}

TEST_CASE("what was found is shown, bounded", "[policy]") {
  const auto actual = [](std::string_view metadata) {
    const Act act("pr.merge", metadata);
    const Policy policy = with_conditions("[{'field':'x','operator':'exists'}]");
    std::vector<ConditionResult> results;
    static_cast<void>(policy.condition.evaluate(act.action, results));
    return results[0].actual;
  };
  CHECK(actual("{'x':1.50}") == "1.5");
  CHECK(actual("{'x':null}") == "null");
  CHECK(actual("{}").empty());
  CHECK(actual("{'x':{'a':1}}") == "\"{\u2026}\"");
  CHECK(actual("{'x':[1,[2],{},null]}") == "[1,\"[\u2026]\",\"{\u2026}\",null]");
  CHECK(actual("{'x':[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18]}") ==
        "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,\"\u2026\"]");
  // A cut never splits a character: 255 bytes, then one of two bytes.
  const std::string text(255, 'a');
  CHECK(actual("{'x':'" + text + "\u00e9'}") == "\"" + text + "\u2026\"");
}

}  // namespace
}  // namespace al::policy
