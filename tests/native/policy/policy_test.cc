#include "policy/policy.h"

#include "policy/policy_testing.h"

namespace al::policy {
namespace {

using testing::compiled;
using testing::Compiled;
using testing::policy;

std::vector<std::string> faults_of(std::string_view text, const CompileLimits& limits = {}) {
  const Compiled out = compiled(text, "/p", limits);
  CHECK(out.policy.has_value() == out.faults.empty());
  std::vector<std::string> lines;
  for (const json::Fault& fault : out.faults) lines.push_back(fault.pointer + " " + fault.message);
  return lines;
}

/// Of an allow without a name in its messages, so that they stay short.
std::vector<std::string> condition_faults(std::string_view conditions, const CompileLimits& limits = {}) {
  std::vector<std::string> lines = faults_of(
      "{'name':'n','action_type':'*','effect':'allow','conditions':" + std::string(conditions) + "}", limits);
  for (std::string& line : lines) {
    constexpr std::string_view start = "/p/conditions";
    constexpr std::string_view end = " (policy \"n\")";
    REQUIRE(line.starts_with(start));
    REQUIRE(line.ends_with(end));
    line = line.substr(start.size(), line.size() - start.size() - end.size());
  }
  return lines;
}

TEST_CASE("a policy with everything", "[policy]") {
  const Policy out = policy(
      "{'name':'big "
      "merges','description':'d','enabled':false,'effect':'conditional','on_fail':'require_approval',"
      "'action_type':'pr.*','agents':['merger','agt-1'],'conditions':[{'field':'pr_size','operator':'lt','"
      "value':50}],"
      "'approval':{'timeout_seconds':60,'quorum':2,'approvers':['ada','role:release']}}");
  CHECK(out.name == "big merges");
  CHECK(out.action_type.text() == "pr.*");
  CHECK(out.effect == Effect::conditional);
  CHECK(out.on_fail == Effect::require_approval);
  CHECK(out.approval.timeout_ms == 60'000);
  CHECK(out.approval.quorum == 2);
  CHECK(out.approval.approvers == std::vector<std::string>{"ada", "role:release"});
  CHECK(out.agents == std::vector<std::string>{"merger", "agt-1"});
  CHECK_FALSE(out.enabled);
  CHECK(out.description == "d");
  CHECK_FALSE(out.condition.empty());
  CHECK(out.source.starts_with(
      "{\"action_type\":\"pr.*\",\"agents\":[\"merger\",\"agt-1\"],\"approval\":{\"approvers\":"));
  CHECK(out.digest == sha256(out.source));
}

TEST_CASE("defaults, and a digest that formatting does not change", "[policy]") {
  const Policy a = policy("{'name':'n','action_type':'*','effect':'require_approval'}");
  CHECK(a.enabled);
  CHECK(a.agents.empty());
  CHECK(a.condition.empty());
  CHECK(a.approval.timeout_ms == 8 * 3600 * 1000);
  CHECK(a.approval.quorum == 1);
  CHECK(a.approval.approvers.empty());
  const Policy b = policy(" { 'effect' : 'require_approval', 'action_type':'*', 'name':'n' }");
  CHECK(a.digest == b.digest);
  CHECK(a.digest != policy("{'name':'n','action_type':'*','effect':'deny'}").digest);
  for (const Effect effect : {Effect::allow, Effect::deny, Effect::require_approval, Effect::conditional}) {
    CHECK(parse_effect(text(effect)) == effect);
  }
  CHECK_FALSE(parse_effect("Allow").has_value());
}

TEST_CASE("what is recorded is what runs", "[policy]") {
  // The canonical form of this real number is another 64-bit integer when it is read again.
  const Policy first =
      testing::with_conditions("[{'field':'n','operator':'eq','value':1152921504606846976.0}]");
  std::vector<json::Fault> faults;
  const Result<json::Document> recorded = json::parse(first.source);
  REQUIRE(recorded.ok());
  const std::optional<Policy> again = compile(recorded->root(), "", faults);
  REQUIRE(again.has_value());
  CHECK(again->digest == first.digest);
  for (const std::string_view metadata : {"{'n':1152921504606846976}", "{'n':1152921504606847000}"}) {
    const testing::Act act("pr.merge", metadata);
    CHECK(first.condition.judge(act.action) == again->condition.judge(act.action));
  }
}

TEST_CASE("every fault of a policy at once", "[policy]") {
  CHECK(faults_of(
            "{'name':'a/"
            "b','action_type':'pr.','effect':'block','on_fail':'allow','approval':{'quorom':1,'quorum':0},"
            "'agents':['a','a','*'],'enabled':'yes','conditions':[],'extra':1}") ==
        std::vector<std::string>{
            "/p/name must be printable, without \"/\" and without spaces around it (policy \"a/b\")",
            "/p/action_type is not a pattern like \"pr.merge\", \"pr.*\" or \"*\" (words of letters, digits, "
            "_ : - between dots; at "
            "most 128 bytes) (policy \"a/b\")",
            "/p/effect must be one of allow, deny, require_approval, conditional (policy \"a/b\")",
            "/p/on_fail must be one of deny, require_approval (policy \"a/b\")",
            "/p/conditions must not be empty (policy \"a/b\")",
            "/p/approval/quorum must be a whole number from 1 to 100 (policy \"a/b\")",
            "/p/approval/quorom is not a known field; did you mean \"quorum\"? (policy \"a/b\")",
            "/p/agents/2 is not a name; leave it out to mean all agents (policy \"a/b\")",
            "/p/agents names \"a\" twice (policy \"a/b\")",
            "/p/enabled must be a boolean, not a string (policy \"a/b\")",
            "/p/extra is not a known field (policy \"a/b\")",
        });
  CHECK(faults_of("{}") ==
        std::vector<std::string>{"/p/name is missing", "/p/action_type is missing", "/p/effect is missing"});
  CHECK(faults_of("[]") == std::vector<std::string>{"/p must be an object, not an array"});
}

TEST_CASE("one fault each", "[policy]") {
  struct Row {
    std::string members;
    std::string_view fault;  // how it begins
  };
  const std::string base = "'name':'n','action_type':'*',";
  const std::string ask = base + "'effect':'require_approval','approval':";
  const std::vector<Row> rows{
      {"'action_type':'*','effect':'deny','name':''", "/p/name must not be empty"},
      {"'action_type':'*','effect':'deny','name':7", "/p/name must be a string, not a number"},
      {"'action_type':'*','effect':'deny','name':'a\\nb'", "/p/name must be printable"},
      {"'action_type':'*','effect':'deny','name':'a\\u202eb'", "/p/name must be printable"},
      {"'action_type':'*','effect':'deny','name':'a\\u0085b'", "/p/name must be printable"},
      {"'action_type':'*','effect':'deny','name':' a'", "/p/name must be printable"},
      {"'action_type':'*','effect':'deny','name':'..'", "/p/name must be more than dots"},
      {"'action_type':'*','effect':'deny','name':'" + std::string(129, 'a') + "'",
       "/p/name is longer than 128 bytes"},
      {base + "'effect':'requre_approval'",
       "/p/effect must be one of allow, deny, require_approval, conditional; did you mean "
       "\"require_approval\"?"},
      {base + "'effect':'conditional'", "/p/conditions is missing"},
      {base + "'effect':'conditional','conditions':[]", "/p/conditions must not be empty"},
      {base + "'effect':'allow','conditions':{}", "/p/conditions must be an array, not an object"},
      {base + "'effect':'allow','conditions':null", "/p/conditions must be an array, not null"},
      {base + "'effect':'allow','on_fail':'deny'",
       "/p/on_fail has a meaning only for the effect conditional"},
      {base + "'effect':'allow','approval':{}", "/p/approval has a meaning only where"},
      {base + "'effect':'conditional','conditions':[{'field':'a','operator':'exists'}],'approval':{}",
       "/p/approval has a meaning only where"},
      {base + "'effect':'allow','agents':[]", "/p/agents must not be empty"},
      {base + "'effect':'allow','agents':['']", "/p/agents must hold only non-empty strings"},
      {base + "'effect':'allow','description':'" + std::string(4097, 'a') + "'",
       "/p/description is longer than 4096 bytes"},
      {ask + "{'timeout_seconds':0}", "/p/approval/timeout_seconds must be a whole number from 1 to 2592000"},
      {ask + "{'timeout_seconds':2592001}", "/p/approval/timeout_seconds must be"},
      {ask + "{'timeout_seconds':99999999999999999999}", "/p/approval/timeout_seconds must be"},
      {ask + "{'quorum':101}", "/p/approval/quorum must be a whole number from 1 to 100"},
      {ask + "{'quorum':3,'approvers':['a','b']}",
       "/p/approval/quorum can never be reached: only 2 approvers are named"},
      {ask + "{'approvers':[]}", "/p/approval/approvers must not be empty"},
      {ask + "{'approvers':['a','a']}", "/p/approval/approvers names \"a\" twice"},
      {ask + "{'approvers':['role:']}", "/p/approval/approvers/0 names no role"},
      {base + "'effect':'allow','description':'" + std::string(300'000, 'a') + "'",
       "/p has more than 262144 bytes"},
  };
  for (const Row& row : rows) {
    INFO(row.members.substr(0, 200));
    const std::vector<std::string> faults = faults_of("{" + row.members + "}");
    REQUIRE(faults.size() == 1);
    INFO(faults[0]);
    CHECK(faults[0].starts_with(row.fault));
  }
  CHECK(faults_of("{" + ask + "{'quorum':3,'approvers':['a','role:b']}}").empty());
}

TEST_CASE("conditions that are refused one by one", "[policy]") {
  struct Row {
    std::string_view condition;
    std::string_view fault;
  };
  const std::vector<Row> rows{
      {"7", "/0 must be an object, not a number"},
      {"{'field':'a','operator':'eq'}", "/0/value is missing"},
      {"{'field':'a','operator':'equals','value':1}",
       "/0/operator is not a known operator; did you mean \"eq\"?"},
      {"{'field':'a','operator':'>=','value':1}",
       "/0/operator is not a known operator; did you mean \"gte\"?"},
      {"{'field':'a','operator':'startswith','value':'x'}",
       "/0/operator is not a known operator; did you mean \"starts_with\"?"},
      {"{'field':'a','operator':'eq','value':null}",
       "/0/value must be a string, a number or a boolean for eq, not null; null counts as missing, "
       "not_exists asks for that"},
      {"{'field':'a','operator':'eq','value':[1]}",
       "/0/value must be a string, a number or a boolean for eq, not an array; in, not_in and subset_of take "
       "a list"},
      {"{'field':'a','operator':'lt','value':'5'}", "/0/value must be a number for lt on a, not a string"},
      {"{'field':'a','operator':'starts_with','value':5}",
       "/0/value must be a string for starts_with on a, not a number"},
      {"{'field':'a','operator':'starts_with','value':''}", "/0/value must not be empty for starts_with"},
      {"{'field':'a','operator':'contains','value':''}", "/0/value must not be empty for contains"},
      {"{'field':'a','operator':'in','value':'x'}", "/0/value must be an array for in, not a string"},
      {"{'field':'a','operator':'in','value':[]}", "/0/value must not be empty"},
      {"{'field':'a','operator':'in','value':[1,'x']}",
       "/0/value/1 must be a number like the values before it"},
      {"{'field':'a','operator':'in','value':[1,2,1.0]}", "/0/value holds the same value twice"},
      {"{'field':'a','operator':'between','value':[5]}", "/0/value must be [low, high] for between"},
      {"{'field':'a','operator':'between','value':[5,4]}", "/0/value can never hold: low is above high"},
      {"{'field':'a','operator':'between','value':['x',4]}",
       "/0/value/0 must be a number for between on a, not a string"},
      {"{'field':'a','operator':'exists','value':true}", "/0/value must be left out for exists"},
      {"{'field':'time.hour','operator':'exists'}", "/0/field always exists, so exists decides nothing"},
      {"{'field':'a..b','operator':'exists'}", "/0/field has an empty name between its dots"},
      {"{'field':'metadata','operator':'exists'}",
       "/0/field needs the name of a member, as in \"metadata.pr_size\""},
      {"{'field':'data.total_cout','operator':'lt','value':5}",
       "/0/field is not a known field; did you mean \"data.total_count\"?; known are data.max_sensitivity, "
       "data.total_count, data.types "
       "(write \"metadata.data.total_cout\" for a member of metadata)"},
      {"{'field':'rate.count','operator':'lt','value':5}",
       "/0/field is not a known field; known are rate.last_60s, rate.last_60m, rate.last_24h (1–60 s, 1–60 "
       "m, "
       "1–24 h) (write \"metadata.rate.count\" for a member of metadata)"},
      {"{'field':'agnt.id','operator':'eq','value':'x'}",
       "/0/field is in no known field space; did you mean \"agent.id\"? (write \"metadata.agnt.id\" for a "
       "member of metadata)"},
      {"{'field':'Time.hour','operator':'eq','value':1}",
       "/0/field is in no known field space; did you mean \"time.hour\"? (write \"metadata.Time.hour\" for a "
       "member of metadata)"},
      {"{'field':'metdata.x','operator':'exists'}",
       "/0/field is in no known field space; did you mean \"metadata.x\"? (write \"metadata.metdata.x\" for "
       "a member of metadata)"},
      {"{'field':'data.total_count','operator':'lt','value':'5'}",
       "/0/value must be a whole number from 0 to 9223372036854775807 for data.total_count"},
      {"{'field':'data.total_count','operator':'lt','value':0}",
       "/0/value can never hold: no data.total_count is beyond this"},
      {"{'field':'time.hour','operator':'eq','value':24}",
       "/0/value must be a whole number from 0 to 23 for time.hour"},
      {"{'field':'time.weekday','operator':'eq','value':'Mon'}",
       "/0/value must be one of \"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"; did you mean "
       "\"mon\"?"},
      {"{'field':'time.weekday','operator':'lt','value':'mon'}",
       "/0/operator lt cannot be used on time.weekday; use eq, ne, in, not_in"},
      {"{'field':'data.max_sensitivity','operator':'gte','value':'hig'}",
       "/0/value must be one of \"none\", \"low\", \"medium\", \"high\", \"critical\"; did you mean "
       "\"high\"?"},
      {"{'field':'data.max_sensitivity','operator':'gt','value':'critical'}",
       "/0/value can never hold: no data.max_sensitivity is beyond this"},
      {"{'field':'data.types','operator':'eq','value':'pii'}",
       "/0/operator eq cannot be used on data.types; use contains, not_contains, exists, not_exists, "
       "subset_of"},
      {"{'field':'agent.id','operator':'eq','value':7}",
       "/0/value must be a string for eq on agent.id, not a number"},
      {"{'all':[]}", "/0/all must not be empty"},
      {"{'any':{}}", "/0/any must be an array, not an object"},
      {"{'not':[]}", "/0/not must be an object, not an array"},
      {"{'all':[{'field':'a','operator':'exists'}],'field':'b'}",
       "/0/field cannot stand in a group; write it as a condition of its own"},
  };
  for (const Row& row : rows) {
    INFO(row.condition);
    CHECK(condition_faults("[" + std::string(row.condition) + "]") ==
          std::vector<std::string>{std::string(row.fault)});
  }
  CHECK(condition_faults("[{'fild':'a','op':'eq','valu':1}]") ==
        std::vector<std::string>{"/0/field is missing", "/0/operator is missing",
                                 "/0/fild is not a known field; did you mean \"field\"?",
                                 "/0/op is not a known field",
                                 "/0/valu is not a known field; did you mean \"value\"?"});
  const std::string long_glob(256, 'a');
  for (const std::string_view op : {"matches", "contains", "not_contains"}) {
    CHECK(condition_faults("[{'field':'a','operator':'" + std::string(op) + "','value':'" + long_glob +
                           "'}]") == std::vector<std::string>{"/0/value is longer than 255 bytes"});
  }
}

TEST_CASE("limits of depth and number", "[policy]") {
  const auto nested = [](int depth) {
    std::string out = "{'field':'a','operator':'exists'}";
    for (int i = 0; i < depth; ++i) out = "{'not':" + out + "}";
    return "[" + out + "]";
  };
  CHECK(condition_faults(nested(7)).empty());
  CHECK(condition_faults(nested(8)) ==
        std::vector<std::string>{"/0/not/not/not/not/not/not/not/not is nested deeper than 8 groups"});
  std::string many =
      "[{'field':'a','operator':'exists'},{'field':'b','operator':'exists'},{'field':'c','operator':'exists'}"
      ",7]";
  CHECK(condition_faults(many, {.conditions_max = 2}) ==
        std::vector<std::string>{"/2 is one condition too many; at most 2 are allowed, groups included"});
}

TEST_CASE("conditions that make no sense together", "[policy]") {
  const auto a = [](std::string_view op, std::string_view value) {
    return "{'field':'a','operator':'" + std::string(op) + "','value':" + std::string(value) + "}";
  };
  const std::string there = "{'field':'a','operator':'exists'}";
  const std::string gone = "{'field':'a','operator':'not_exists'}";
  const std::vector<std::pair<std::string, std::string>> contradictions{
      {a("lt", "5"), a("gt", "10")},
      {a("lt", "5"), a("gte", "5")},
      {a("lte", "9007199254740992"), a("gte", "9007199254740993")},
      {a("between", "[1,3]"), a("gt", "3")},
      {a("eq", "1"), a("eq", "2")},
      {a("eq", "'x'"), a("eq", "'y'")},
      {a("eq", "'x'"), a("ne", "'x'")},
      {a("eq", "1"), a("gt", "1")},
      {a("eq", "'x'"), a("gt", "1")},
      {a("eq", "true"), a("matches", "'x*'")},
      {a("in", "[1,2]"), a("in", "[3,4]")},
      {a("in", "[1,2]"), a("not_in", "[2,1,3]")},
      {a("in", "['a','b']"), a("starts_with", "'c'")},
      {a("eq", "'abc'"), a("not_contains", "'b'")},
      {a("contains", "'x'"), a("not_contains", "'x'")},
      {a("starts_with", "'ab'"), a("starts_with", "'b'")},
      {a("ends_with", "'ab'"), a("ends_with", "'xb'")},
      {a("subset_of", "['a']"), a("eq", "'a'")},
      {gone, a("ne", "1")},
      {there, gone},
      {a("lt", "5"), "{'all':[" + a("gt", "10") + "]}"},
      {a("lt", "5"), "{'not':" + a("lt", "5") + "}"},
      {"{'not':" + a("lt", "5") + "}", a("lt", "5")},
  };
  for (const auto& [first, second] : contradictions) {
    INFO(first << " " << second);
    const std::vector<std::string> faults = condition_faults("[" + first + "," + second + "]");
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].find("contradicts /p/conditions/0") != std::string::npos);
    // Either may hold.
    CHECK(condition_faults("[{'any':[" + first + "," + second + "]}]").empty());
  }
  const std::vector<std::pair<std::string, std::string>> fine{
      {a("lt", "10"), a("gt", "5")},
      {a("lte", "5"), a("gte", "5")},
      {a("in", "[1,2]"), a("in", "[2,3]")},
      {a("ne", "1"), a("ne", "2")},
      {there, a("gt", "5")},
      {a("contains", "'x'"), a("contains", "'y'")},
      {a("contains", "'x'"), a("subset_of", "['x']")},
      {a("starts_with", "'a'"), a("starts_with", "'ab'")},
      {a("lt", "5"), "{'field':'b','operator':'gt','value':10}"},
  };
  for (const auto& [first, second] : fine) {
    INFO(first << " " << second);
    CHECK(condition_faults("[" + first + "," + second + "]").empty());
  }
  CHECK(condition_faults("[" + a("lt", "5") + ",{'field':'metadata.a','operator':'gt','value':10}]") ==
        std::vector<std::string>{"/1 contradicts /p/conditions/0: no value of metadata.a satisfies both"});
  CHECK(condition_faults("[" + a("in", "[1,2]") + "," + a("ne", "1") + "," + a("ne", "2") + "]") ==
        std::vector<std::string>{"/0 can never hold: the other conditions on a exclude each of its values"});
}

TEST_CASE("conditions that repeat each other", "[policy]") {
  const std::string one = "{'field':'a','operator':'eq','value':1}";
  CHECK(condition_faults("[" + one + "," + one + "]") ==
        std::vector<std::string>{"/1 repeats /p/conditions/0"});
  CHECK(condition_faults("[" + one + ",{'value':1.0,'operator':'eq','field':'metadata.a'}]") ==
        std::vector<std::string>{"/1 repeats /p/conditions/0"});
  CHECK(condition_faults("[{'any':[" + one + "," + one + "]}]") ==
        std::vector<std::string>{"/0/any/1 repeats /p/conditions/0/any/0"});
  CHECK(condition_faults("[" + one + ",{'all':[" + one + "]}]") ==
        std::vector<std::string>{"/1/all/0 repeats /p/conditions/0"});
  CHECK(condition_faults("[{'any':[" + one + "]},{'any':[" + one + "]}]") ==
        std::vector<std::string>{"/1 repeats /p/conditions/0"});
}

}  // namespace
}  // namespace al::policy
