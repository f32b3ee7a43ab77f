#include "policy/candidates.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "base/json.h"

namespace al::policy {

TEST_CASE("candidates come in the order in which they decide", "[policy]") {
  const Result<json::Document> file = json::parse(R"([
    {"name": "all", "action_type": "*", "effect": "allow"},
    {"name": "prefix", "action_type": "pr.*", "effect": "allow"},
    {"name": "exact", "action_type": "pr.merge", "effect": "allow"},
    {"name": "mine", "action_type": "pr.merge", "effect": "conditional", "agents": ["bot"],
     "conditions": [{"field": "size", "operator": "lt", "value": 5}]},
    {"name": "deny", "action_type": "pr.merge", "effect": "deny",
     "conditions": [{"field": "size", "operator": "gt", "value": 9}]},
    {"name": "off", "action_type": "pr.merge", "effect": "deny", "enabled": false},
    {"name": "others", "action_type": "pr.merge", "effect": "allow", "agents": ["x"]}])");
  REQUIRE(file.ok());
  Result<std::vector<Policy>> compiled = PolicySet::compile_file(file->root());
  REQUIRE(compiled.ok());
  PolicySet set(std::move(*compiled));
  const auto names = [&](const Action& action) {
    std::string out;
    for (const Candidate& candidate : candidates(set, action)) out += candidate.policy->name + " ";
    return out;
  };
  Action action{.action_type = "pr.merge", .agent_name = "bot"};
  CHECK(names(action) == "mine deny exact prefix all ");
  CHECK(candidates(set, action).front().outcome == Outcome::undecidable);
  // Whoever is asked first and always decides is who decides.
  while (set.decide(action).policy != nullptr) {
    const std::string decided = set.decide(action).policy->name;
    CHECK(names(action).starts_with(decided + " "));
    REQUIRE(set.remove(decided));
  }
}

}  // namespace al::policy
