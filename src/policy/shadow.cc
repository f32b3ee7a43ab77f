#include "policy/shadow.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "base/heap_sort.h"

namespace al::policy {

bool decides_before(const Policy& a, const Policy& b) {
  if (a.effect != b.effect) return rank(a.effect) < rank(b.effect);
  return a.name < b.name;
}

namespace {

bool always_decides(const Policy& policy) {
  return policy.condition.empty() || policy.effect == Effect::conditional;
}

/// Of one pattern: who always decides, for each agent and for those whom no policy names.
struct Deciders {
  std::map<std::string_view, const Policy*> of_agent;
  const Policy* of_all = nullptr;
};

/// What decides before `policy` for every one of its agents, or null.
const Policy* shadow_of(const Policy& policy, const Deciders& deciders) {
  if (policy.agents.empty()) return deciders.of_all;
  const Policy* by = nullptr;
  for (const std::string& agent : policy.agents) {
    const auto decider = deciders.of_agent.find(agent);
    if (decider == deciders.of_agent.end()) return nullptr;
    by = decider->second;
  }
  return by;
}

void add_decider(const Policy& policy, Deciders& deciders) {
  if (policy.agents.empty() && deciders.of_all == nullptr) deciders.of_all = &policy;
  for (const std::string& agent : policy.agents) deciders.of_agent.emplace(agent, &policy);
}

}  // namespace

std::vector<Shadow> find_shadows(const std::vector<const Policy*>& policies) {
  std::vector<const Policy*> ordered;
  for (const Policy* policy : policies) {
    if (policy->enabled) ordered.push_back(policy);
  }
  heap_sort(ordered, [](const Policy* a, const Policy* b) { return decides_before(*a, *b); });

  std::map<std::string_view, Deciders> by_pattern;
  std::vector<Shadow> shadows;
  for (const Policy* policy : ordered) {
    Deciders& deciders = by_pattern[policy->action_type.text()];
    if (const Policy* by = shadow_of(*policy, deciders)) shadows.push_back({policy, by});
    if (always_decides(*policy)) add_decider(*policy, deciders);
  }
  return shadows;
}

}  // namespace al::policy
