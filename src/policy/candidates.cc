#include "policy/candidates.h"

#include "base/heap_sort.h"
#include "policy/shadow.h"

namespace al::policy {
namespace {

/// As PolicySet::decide() says.
bool asked_before(const Policy* a, const Policy* b) {
  const std::size_t specific_a = a->action_type.specificity();
  const std::size_t specific_b = b->action_type.specificity();
  if (specific_a != specific_b) return specific_a > specific_b;
  if (a->agents.empty() != b->agents.empty()) return b->agents.empty();
  return decides_before(*a, *b);
}

}  // namespace

std::vector<Candidate> candidates(const PolicySet& policies, const Action& action) {
  if (!is_action_type(action.action_type)) return {};
  std::vector<const Policy*> found = policies.all();
  std::erase_if(found, [&](const Policy* policy) {
    return !policy->enabled || !policy->action_type.matches(action.action_type) ||
           !policy->is_for(action.agent_id, action.agent_name);
  });
  heap_sort(found, asked_before);
  std::vector<Candidate> out;
  for (const Policy* policy : found) {
    Candidate& candidate = out.emplace_back(Candidate{.policy = policy});
    const bool wanted = policy->effect != Effect::deny;
    candidate.outcome = policy->condition.evaluate(action, candidate.conditions, wanted);
  }
  return out;
}

}  // namespace al::policy
