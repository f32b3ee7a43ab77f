// What policies see of an action: live, and again when a past is replayed.
#pragma once

#include <optional>
#include <string_view>

#include "base/json.h"
#include "base/time.h"
#include "delegation/delegation.h"
#include "engine/state.h"
#include "policy/condition.h"

namespace al::engine {

struct ActionFacts {
  std::string_view action_type;
  std::string_view agent_id;
  std::string_view agent_name;
  const delegation::Delegation* delegation = nullptr;  // null: the agent acts for itself
  json::Value metadata;
  json::Value data_accessed;
  Millis now_ms = 0;
  std::optional<Millis> counted_ms = {};  // of one that was asked before: when its rates counted it
};

/// Looks into the facts and into `state`, which is that before the action's own row.
[[nodiscard]] policy::Action facts_of(const State& state, const ActionFacts& facts);

}  // namespace al::engine
