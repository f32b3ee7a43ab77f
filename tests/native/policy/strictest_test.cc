// Approvals that cannot be ruled out: which one is required.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy_set.h"
#include "policy/policy_testing.h"

namespace al::policy {
namespace {

constexpr std::string_view two = "'quorum':2,'approvers':['role:cfo']";
constexpr std::string_view one_of_them = "'approvers':['role:cfo','ann']";
constexpr std::string_view soon = "'timeout_seconds':60";

/// An approval on such terms for whatever is large.
std::string large(std::string_view name, std::string_view pattern, std::string_view terms) {
  return std::string("{'name':'")
             .append(name)
             .append("','action_type':'")
             .append(pattern)
             .append(
                 "','effect':'require_approval','conditions':[{'field':'pr_size','operator':'gt','value':500}"
                 "],"
                 "'approval':{") +
         std::string(terms) + "}}";
}
std::string always(std::string_view effect, std::string_view terms = "") {
  std::string out = std::string("{'name':'rest','action_type':'*','effect':'").append(effect).append("'");
  if (!terms.empty()) out.append(",'approval':{").append(terms).append("}");
  return out + "}";
}

struct Decided {
  Verdict verdict;
  DenialReason reason;
  std::string policy;
  std::vector<std::string> hints;
};
/// Of an action that does not say how large it is.
Decided decide(const std::vector<std::string>& policies) {
  const PolicySet set = testing::set_of(policies);
  const testing::Act act("pr.merge", "{}");
  const Decision decision = set.decide(act.action);
  Decided out{decision.verdict, decision.reason, decision.policy->name, {}};
  for (const ConditionResult& condition : decision.conditions) out.hints.push_back(condition.hint);
  return out;
}

}  // namespace

TEST_CASE("an approval that is required anyway does not stand in for a stricter one", "[policy]") {
  CHECK(decide({large("big", "pr.merge", two), always("require_approval")}).policy == "big");
  CHECK(decide({large("big", "pr.merge", one_of_them), always("require_approval", two)}).policy == "rest");
  CHECK(decide({large("big", "pr.merge", two), always("require_approval", two)}).policy == "rest");
  CHECK(decide({large("big", "pr.merge", two), always("allow")}).policy == "big");
  CHECK(decide({large("big", "pr.merge", two), always("deny")}).reason == DenialReason::policy_denied);
}

TEST_CASE("of approvals that cannot be ruled out the strictest is required", "[policy]") {
  const auto both = [](std::string_view first, std::string_view second) {
    return decide({large("a", "pr.merge", first), large("b", "pr.*", second), always("allow")});
  };
  CHECK(both(one_of_them, two).policy == "b");
  CHECK(both(two, one_of_them).policy == "a");
  CHECK(both(two, two).policy == "a");
  CHECK(both(two, two).verdict == Verdict::require_approval);
}

TEST_CASE("where none is the strictest, the action is denied, with what is missing", "[policy]") {
  for (const std::string_view effect : {"require_approval", "allow"}) {
    const std::string rest = always(effect, effect == "allow" ? "" : soon);
    const Decided denied = decide({large("big", "pr.merge", two), large("soon", "pr.*", soon), rest});
    CHECK(denied.verdict == Verdict::deny);
    CHECK(denied.reason == DenialReason::conditions_denied);
    CHECK(denied.policy == "big");
    CHECK(denied.hints == std::vector<std::string>{"pr_size is missing; it must be more than 500"});
  }
}

}  // namespace al::policy
