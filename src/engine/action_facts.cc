#include "engine/action_facts.h"

namespace al::engine {

policy::Action facts_of(const State& state, const ActionFacts& facts) {
  policy::Action action{.action_type = facts.action_type,
                        .metadata = facts.metadata,
                        .data_accessed = facts.data_accessed,
                        .agent_id = facts.agent_id,
                        .agent_name = facts.agent_name,
                        .delegation_id = {},
                        .delegation_name = {},
                        .wall_ms = facts.now_ms,
                        .rates = nullptr,
                        .counted_ms = facts.counted_ms};
  if (facts.delegation) {
    action.delegation_id = facts.delegation->delegation_id;
    action.delegation_name = facts.delegation->name;
    action.delegation_depth = facts.delegation->depth;
  }
  if (const Conduct* conduct = state.conduct.find(facts.agent_id)) action.rates = &conduct->rates;
  return action;
}

}  // namespace al::engine
