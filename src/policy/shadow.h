// Policies that can never win, because others always decide before them.
#pragma once

#include <cstddef>
#include <vector>

#include "policy/policy.h"

namespace al::policy {

/// True when `a` comes before `b` among policies of one pattern and one scope.
[[nodiscard]] bool decides_before(const Policy& a, const Policy& b);

struct Shadow {
  const Policy* policy = nullptr;  // It can never win.
  const Policy* by = nullptr;      // What decides in its place; for several agents, one of those that do.
};

/// Looks at the enabled policies, which must have distinct names. A policy without conditions always decides,
/// and so does a `conditional` one. It shadows those of the same pattern that come after it and are for no
/// agent that it is not for. An agent that one policy names by name and another by id counts as two.
[[nodiscard]] std::vector<Shadow> find_shadows(const std::vector<const Policy*>& policies);

}  // namespace al::policy
