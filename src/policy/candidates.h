// Who could decide an action, for people who ask why.
#pragma once

#include <vector>

#include "policy/policy_set.h"

namespace al::policy {

/// One of the policies that could decide, and what its conditions come to.
struct Candidate {
  const Policy* policy = nullptr;  // Valid until the set changes.
  Outcome outcome = Outcome::holds;
  std::vector<ConditionResult> conditions;
};

/// Every enabled policy for this action and agent, in the order in which they decide; PolicySet::decide()
/// asks no further than the first that applies. Looks at all policies of the set. INVARIANT: none is
/// tampered.
[[nodiscard]] std::vector<Candidate> candidates(const PolicySet& policies, const Action& action);

}  // namespace al::policy
