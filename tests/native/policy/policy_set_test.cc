#include "policy/policy_set.h"

#include <algorithm>
#include <array>

#include "policy/policy_testing.h"
#include "policy/shadow.h"

namespace al::policy {
namespace {

using testing::Act;
using testing::document;
using testing::policy;
using testing::set_of;

std::string one(std::string_view name, std::string_view pattern, std::string_view effect,
                std::string_view more = "") {
  std::string out = "{'name':'" + std::string(name) + "','action_type':'" + std::string(pattern) +
                    "','effect':'" + std::string(effect) + "'";
  if (!more.empty()) out.append(",").append(more);
  return out + "}";
}

std::string decider(const PolicySet& set, const Action& action) {
  const Decision decision = set.decide(action);
  return decision.policy == nullptr ? "" : decision.policy->name;
}

TEST_CASE("an empty set denies: no policy matches", "[policy]") {
  const Act act("pr.merge");
  const Decision decision = PolicySet().decide(act.action);
  CHECK(decision.verdict == Verdict::deny);
  CHECK(decision.reason == DenialReason::no_matching_policy);
  CHECK(text(decision.reason) == "NO_MATCHING_POLICY");
  CHECK(decision.policy == nullptr);
  CHECK(decision.conditions.empty());
}

TEST_CASE("what is no action type is denied, whatever the policies", "[policy]") {
  const PolicySet set = set_of({one("all", "*", "allow")});
  for (const std::string_view type : {"", "pr.", ".pr", "pr..merge", "pr.*", "*", "pr merge"}) {
    INFO(type);
    CHECK(set.decide(Act(type).action).reason == DenialReason::no_matching_policy);
    CHECK_FALSE(set.covers(type, "a", "b"));
  }
  CHECK(set.decide(Act("pr").action).verdict == Verdict::allow);
}

TEST_CASE("the order of policies never matters, their specificity does", "[policy]") {
  // From the first to decide to the last. Each is removed in turn, so that the next one must decide.
  const std::vector<std::string> ordered{
      one("h-exact-agent", "pr.merge.fast", "allow", "'agents':['merger']"),
      one("g-exact-deny", "pr.merge.fast", "deny"),
      one("f-exact-approval", "pr.merge.fast", "require_approval"),
      one("e-exact-conditional", "pr.merge.fast", "conditional",
          "'conditions':[{'field':'x','operator':'exists'}]"),
      one("d-exact-allow", "pr.merge.fast", "allow"),
      one("c-long-agent", "pr.merge.*", "allow", "'agents':['agt-1','other']"),
      one("b1-long-first-name", "pr.merge.*", "allow"),
      one("b2-long-second-name", "pr.merge.*", "allow"),
      one("b-short", "pr.*", "deny"),
      one("a-all", "*", "allow"),
  };
  std::vector<std::size_t> order(ordered.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const Act act("pr.merge.fast");
  std::uint32_t random = 1;
  for (int round = 0; round < 60; ++round) {
    for (std::size_t i = order.size() - 1; i > 0; --i) {
      random = random * 1664525U + 1013904223U;
      std::swap(order[i], order[(random >> 8) % (i + 1)]);
    }
    std::vector<std::string> shuffled;
    for (const std::size_t i : order) shuffled.push_back(ordered[i]);
    PolicySet set = set_of(shuffled);
    for (const std::string& text : ordered) {
      const std::string name = policy(text).name;
      REQUIRE(decider(set, act.action) == name);
      REQUIRE(set.remove(name));
    }
    REQUIRE(set.size() == 0);
    REQUIRE(set.decide(act.action).reason == DenialReason::no_matching_policy);
  }
}

TEST_CASE("agents are named by id or by name, and a policy may name both", "[policy]") {
  const PolicySet set = set_of(
      {one("both", "a.b", "allow", "'agents':['agt-1','merger']"),
       one("by-name", "a.b", "deny", "'agents':['merger'],'conditions':[{'field':'no','operator':'exists'}]"),
       one("others", "a.c", "allow", "'agents':['agt-2']")});
  CHECK(decider(set, Act("a.b").action) == "both");
  CHECK(decider(set, Act("a.c").action).empty());
}

TEST_CASE("effects and conditions: what applies and what decides", "[policy]") {
  struct Row {
    std::string_view effect;
    std::string_view more;
    std::string_view metadata;
    Verdict verdict;
    DenialReason reason;
  };
  using enum Verdict;
  const std::string_view small = "'conditions':[{'field':'n','operator':'lt','value':5}]";
  const std::string ask = std::string(small) + ",'on_fail':'require_approval'";
  const std::vector<Row> rows{
      {"allow", small, "{'n':1}", allow, DenialReason::none},
      {"allow", small, "{'n':9}", deny, DenialReason::no_matching_policy},
      {"allow", small, "{}", deny, DenialReason::no_matching_policy},
      {"deny", small, "{'n':1}", deny, DenialReason::policy_denied},
      {"deny", small, "{'n':9}", deny, DenialReason::no_matching_policy},
      {"deny", small, "{}", deny, DenialReason::conditions_denied},
      {"deny", small, "{'n':'1'}", deny, DenialReason::conditions_denied},
      {"require_approval", small, "{'n':1}", require_approval, DenialReason::none},
      {"require_approval", small, "{'n':9}", deny, DenialReason::no_matching_policy},
      {"require_approval", small, "{}", deny, DenialReason::no_matching_policy},
      {"conditional", small, "{'n':1}", allow, DenialReason::none},
      {"conditional", small, "{'n':9}", deny, DenialReason::conditions_denied},
      {"conditional", small, "{}", deny, DenialReason::conditions_denied},
      {"conditional", ask, "{'n':1}", allow, DenialReason::none},
      {"conditional", ask, "{'n':9}", require_approval, DenialReason::none},
      {"conditional", ask, "{}", require_approval, DenialReason::none},
  };
  for (const Row& row : rows) {
    INFO(row.effect << " " << row.more << " " << row.metadata);
    const PolicySet set = set_of({one("p", "pr.merge", row.effect, row.more)});
    const Act act("pr.merge", row.metadata);
    const Decision decision = set.decide(act.action);
    CHECK(decision.verdict == row.verdict);
    CHECK(decision.reason == row.reason);
    CHECK((decision.policy == nullptr) == (row.reason == DenialReason::no_matching_policy));
    CHECK((decision.conditions.size() == 1 || row.effect == "deny"));
  }
}

TEST_CASE("a restriction that cannot be ruled out restricts", "[policy]") {
  const std::string_view big = "'conditions':[{'field':'pr_size','operator':'gt','value':500}]";
  const PolicySet denying = set_of({one("big", "pr.merge", "deny", big), one("rest", "*", "allow")});
  CHECK(denying.decide(Act("pr.merge", "{'pr_size':10}").action).verdict == Verdict::allow);
  CHECK(denying.decide(Act("pr.merge", "{'pr_size':501}").action).reason == DenialReason::policy_denied);
  const Act silent("pr.merge", "{}");
  const Decision denied = denying.decide(silent.action);
  CHECK(denied.reason == DenialReason::conditions_denied);
  REQUIRE(denied.conditions.size() == 1);
  CHECK(denied.conditions[0].hint == "pr_size is missing; it must be at most 500");

  const PolicySet asking =
      set_of({one("big", "pr.merge", "require_approval", big), one("rest", "*", "allow")});
  CHECK(asking.decide(Act("pr.merge", "{'pr_size':10}").action).verdict == Verdict::allow);
  const Decision asked = asking.decide(silent.action);
  CHECK(asked.verdict == Verdict::require_approval);
  CHECK(asked.policy->name == "big");
  const PolicySet stricter =
      set_of({one("big", "pr.merge", "require_approval", big), one("rest", "*", "deny")});
  CHECK(stricter.decide(silent.action).verdict == Verdict::deny);

  // Who asks for the field's existence as well has said what its absence means.
  const PolicySet guarded = set_of({one("big", "pr.merge", "deny",
                                        "'conditions':[{'field':'pr_size','operator':'exists'},{'field':'pr_"
                                        "size','operator':'gt','value':500}]"),
                                    one("rest", "*", "allow")});
  CHECK(guarded.decide(silent.action).verdict == Verdict::allow);
  // That the agent acts for itself is known, not left open.
  const PolicySet delegated =
      set_of({one("ci", "pr.merge", "deny",
                  "'conditions':[{'field':'delegation.name','operator':'eq','value':'ci'}]"),
              one("rest", "*", "allow")});
  CHECK(delegated.decide(silent.action).verdict == Verdict::allow);
  const PolicySet only_ci =
      set_of({one("ci", "pr.merge", "deny",
                  "'conditions':[{'not':{'field':'delegation.name','operator':'eq','value':'ci'}}]"),
              one("rest", "*", "allow")});
  CHECK(only_ci.decide(silent.action).verdict == Verdict::deny);
}

TEST_CASE("without a match the nearest policy explains why", "[policy]") {
  const PolicySet set =
      set_of({one("small", "pr.merge", "allow", "'conditions':[{'field':'n','operator':'lt','value':5}]"),
              one("none", "pr.*", "allow", "'conditions':[{'field':'m','operator':'exists'}]")});
  const Act act("pr.merge", "{'n':7}");
  const Decision decision = set.decide(act.action);
  CHECK(decision.policy == nullptr);
  REQUIRE(decision.nearest != nullptr);
  CHECK(decision.nearest->name == "small");
  REQUIRE(decision.conditions.size() == 1);
  CHECK(decision.conditions[0].hint == "n must be less than 5; it is 7: reduce it by 3");
}

TEST_CASE("disabled policies decide nothing", "[policy]") {
  const PolicySet set =
      set_of({one("off", "pr.merge", "deny", "'enabled':false"), one("rest", "*", "allow")});
  CHECK(decider(set, Act("pr.merge").action) == "rest");
  CHECK(set.size() == 2);
  CHECK(set.find("off") != nullptr);
}

TEST_CASE("a tampered policy denies, whatever it says now", "[policy]") {
  for (const std::string_view more : {"", "'enabled':false", "'agents':['nobody']",
                                      "'conditions':[{'field':'x','operator':'eq','value':1}]"}) {
    INFO(more);
    PolicySet set =
        set_of({one("rest", "*", "allow"), one("same", "pr.*", "allow"), one("exact", "pr.open", "allow")});
    Digest recorded = policy(one("bad", "pr.*", "allow")).digest;
    recorded[0] ^= 1;
    set.put(policy(one("bad", "pr.*", "allow", more)), recorded);
    const Decision decision = set.decide(Act("pr.merge").action);
    CHECK(decision.verdict == Verdict::deny);
    CHECK(decision.reason == DenialReason::policy_tampered);
    CHECK(decision.policy->name == "bad");
    CHECK(set.decide(Act("pr.open").action).verdict == Verdict::allow);
    CHECK(set.decide(Act("db.read").action).verdict == Verdict::allow);
    REQUIRE(set.remove("bad"));
    CHECK(set.decide(Act("pr.merge").action).verdict == Verdict::allow);
  }
}

TEST_CASE("put replaces, remove removes, restore brings back, copies are independent", "[policy]") {
  PolicySet set = set_of({one("p", "pr.merge", "allow", "'agents':['merger','x']")});
  const PolicySet copy = set;
  const std::shared_ptr<const RecordedPolicy> before = set.recorded("p");
  CHECK(set.recorded("q") == nullptr);
  Policy next = policy(one("p", "pr.open", "allow"));
  const Digest recorded = next.digest;
  set.put(std::move(next), recorded);
  CHECK(set.size() == 1);
  CHECK(decider(set, Act("pr.merge").action).empty());
  CHECK(decider(set, Act("pr.open").action) == "p");
  set.restore("p", before);
  CHECK(set.size() == 1);
  CHECK(decider(set, Act("pr.merge").action) == "p");
  CHECK(decider(set, Act("pr.open").action).empty());
  set.restore("p", nullptr);
  CHECK(set.size() == 0);
  CHECK(decider(set, Act("pr.merge").action).empty());
  CHECK(decider(copy, Act("pr.merge").action) == "p");
  set.restore("p", before);
  CHECK_FALSE(set.remove("q"));
  CHECK(set.remove("p"));
  CHECK(set.find("p") == nullptr);
  CHECK(decider(set, Act("pr.open").action).empty());
  PolicySet names = set_of({one("c", "a", "allow"), one("a", "b", "allow"), one("b", "c", "allow")});
  std::string order;
  for (const Policy* each : names.all()) order += each->name;
  CHECK(order == "abc");
}

TEST_CASE("covers() asks for names, not for conditions", "[policy]") {
  const PolicySet set = set_of({one("a", "pr.*", "deny", "'conditions':[{'field':'x','operator':'exists'}]"),
                                one("b", "db.read", "allow", "'agents':['merger']"),
                                one("c", "db.drop", "allow", "'enabled':false")});
  CHECK(set.covers("pr.merge", "agt-1", "merger"));
  CHECK(set.covers("db.read", "agt-1", "merger"));
  CHECK_FALSE(set.covers("db.read", "agt-2", "other"));
  CHECK_FALSE(set.covers("db.drop", "agt-1", "merger"));
  CHECK_FALSE(set.covers("pr", "agt-1", "merger"));
}

TEST_CASE("ten thousand policies: each action finds its own", "[policy]") {
  PolicySet set;
  for (int i = 0; i < 10'000; ++i) {
    const std::string n = std::to_string(i);
    Policy each = policy(i % 2 == 0 ? one("p" + n, "svc" + n + ".run", "allow")
                                    : one("p" + n, "shared.run", "allow", "'agents':['a" + n + "']"));
    const Digest recorded = each.digest;
    set.put(std::move(each), recorded);
  }
  CHECK(decider(set, Act("svc9998.run").action) == "p9998");
  Act act("shared.run");
  act.action.agent_id = "a9999";
  CHECK(decider(set, act.action) == "p9999");
  for (int i = 0; i < 10'000; ++i) REQUIRE(set.remove("p" + std::to_string(i)));
  CHECK(decider(set, act.action).empty());
}

std::vector<std::string> file_faults(std::string_view text) {
  const json::Document file = document(text);
  const Result<std::vector<Policy>> result = PolicySet::compile_file(file.root());
  if (result.ok()) return {};
  CHECK(result.error().code == Code::policy_invalid);
  const Result<json::Document> details = json::parse(result.error().details);
  REQUIRE(details.ok());
  std::vector<std::string> out;
  for (const json::Value fault : details->root()["faults"].items()) {
    out.push_back(std::string(fault["pointer"].string()) + " " + std::string(fault["message"].string()));
  }
  return out;
}

TEST_CASE("files: an object or a bare array", "[policy]") {
  CHECK(file_faults("[]").empty());
  CHECK(file_faults("{'$schema':'https://example.test/s.json','policies':[]}").empty());
  CHECK(file_faults("[" + one("a", "*", "allow") + "]").empty());
  CHECK(file_faults("{}") == std::vector<std::string>{"/policies is missing"});
  CHECK(file_faults("3") == std::vector<std::string>{" must be an object, not a number"});
  CHECK(file_faults("{'policys':[]}") ==
        std::vector<std::string>{"/policies is missing",
                                 "/policys is not a known field; did you mean \"policies\"?"});
  const json::Document file =
      document("{'policies':[" + one("b", "*", "allow") + "," + one("a", "pr.*", "deny") + "]}");
  const Result<std::vector<Policy>> policies = PolicySet::compile_file(file.root());
  REQUIRE(policies.ok());
  REQUIRE(policies->size() == 2);
  CHECK(policies->front().name == "b");
}

TEST_CASE("all faults of all policies at once", "[policy]") {
  const std::vector<std::string> faults = file_faults(
      "{'policies':["
      "{'name':'a','action_type':'pr*','effect':'alow'},"
      "{'name':'b','action_type':'pr.merge','effect':'allow','condtions':[],'agents':[]},"
      "7,"
      "{'name':'a','action_type':'*','effect':'deny'}]}");
  CHECK(faults ==
        std::vector<std::string>{
            "/policies/0/action_type is not a pattern like \"pr.merge\", \"pr.*\" or \"*\" (words of "
            "letters, digits, _ : - "
            "between dots; at most 128 bytes); did you mean \"pr.*\"? (policy \"a\")",
            "/policies/0/effect must be one of allow, deny, require_approval, conditional; did you mean "
            "\"allow\"? (policy \"a\")",
            "/policies/1/agents must not be empty; leave it out to mean all agents (policy \"b\")",
            "/policies/1/condtions is not a known field; did you mean \"conditions\"? (policy \"b\")",
            "/policies/2 must be an object, not a number",
            "/policies/3/name \"a\" is also the name of /policies/0",
        });
}

TEST_CASE("shadowed policies are faults", "[policy]") {
  const std::string_view when = "'conditions':[{'field':'x','operator':'exists'}]";
  struct Row {
    std::vector<std::string> policies;
    std::string shadowed;  // names, in the order of the report
  };
  const std::vector<Row> rows{
      {{one("a", "pr.*", "deny"), one("b", "pr.*", "allow")}, "b"},
      {{one("b", "pr.*", "allow"), one("a", "pr.*", "deny")}, "b"},
      {{one("a", "pr.*", "deny"), one("b", "pr.merge", "allow")}, ""},
      {{one("a", "pr.*", "deny", when), one("b", "pr.*", "allow")}, ""},
      {{one("a", "pr.*", "conditional", when), one("b", "pr.*", "allow")}, "b"},
      {{one("a", "pr.*", "require_approval"), one("b", "pr.*", "conditional", when)}, "b"},
      {{one("a", "pr.*", "allow"), one("b", "pr.*", "allow")}, "b"},
      {{one("a", "pr.*", "deny", "'enabled':false"), one("b", "pr.*", "allow")}, ""},
      {{one("a", "pr.*", "deny"), one("b", "pr.*", "allow", "'enabled':false")}, ""},
      {{one("a", "pr.*", "deny"), one("b", "pr.*", "allow", "'agents':['x']")}, ""},
      {{one("a", "pr.*", "deny", "'agents':['x']"), one("b", "pr.*", "allow")}, ""},
      {{one("a", "pr.*", "deny", "'agents':['x']"), one("b", "pr.*", "allow", "'agents':['x']")}, "b"},
      {{one("a", "pr.*", "deny", "'agents':['x']"), one("b", "pr.*", "allow", "'agents':['x','y']")}, ""},
      {{one("a", "pr.*", "deny", "'agents':['x']"), one("b", "pr.*", "deny", "'agents':['y']"),
        one("c", "pr.*", "allow", "'agents':['x','y']")},
       "c"},
      {{one("a", "*", "deny"), one("b", "*", "allow"), one("c", "*", "require_approval")}, "cb"},
  };
  for (const Row& row : rows) {
    std::vector<Policy> policies;
    std::string file = "[";
    for (const std::string& text : row.policies) {
      INFO(text);
      policies.push_back(policy(text));
      file += (file.size() > 1 ? "," : "") + text;
    }
    std::vector<const Policy*> pointers;
    for (const Policy& each : policies) pointers.push_back(&each);
    std::string shadowed;
    for (const Shadow& shadow : find_shadows(pointers)) shadowed += shadow.policy->name;
    INFO(file);
    CHECK(shadowed == row.shadowed);
    CHECK(file_faults(file + "]").size() == row.shadowed.size());
  }
  CHECK(file_faults("[" + one("a", "pr.*", "deny") + "," + one("b", "pr.*", "allow") + "]") ==
        std::vector<std::string>{
            "/1 can never win: /0 (policy \"a\") always decides before it; remove one of them, or give that "
            "one conditions (policy \"b\")"});
}

}  // namespace
}  // namespace al::policy
