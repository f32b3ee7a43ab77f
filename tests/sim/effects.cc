#include "effects.h"

namespace al::sim {

void Effects::run(const Intent& intent, const Settlement& said) {
  const std::string event = said.text("audit_event_id");
  const KnownAction* action = oracle_.action(event);
  stage_.say("world     ", intent.agent_id, " runs ", intent.action_type, " by ", event);
  require(action != nullptr, "whatever runs is in the durable ledger", event);
  require(action->outcome == "executed", "nothing runs that was not allowed", event);
  require(action->agent_id == intent.agent_id && action->action_type == intent.action_type &&
              action->metadata == intent.metadata && action->delegation_id == intent.delegation_id,
          "what was decided is what runs", event);
  if (!intent.event_id.empty()) {
    const auto [at, first] = by_key_.emplace(std::pair(intent.agent_id, intent.event_id), event);
    require(at->second == event, "an idempotency key stands for one action", intent.event_id);
  }
  stage_.count(Count::runs);
  ran_.insert(event);
  if (!said["approval"].present()) return;
  // Let through by a claim, not by the answer to a repeated submission: that happens once, whoever else
  // waits.
  require(claimed_.insert(said.text("approval_id")).second, "one approval lets one gate through", event);
  require(intent.approval_id.empty() || intent.approval_id == said.text("approval_id"),
          "a gate passes by its own approval");
  stage_.count(Count::runs_by_claim);
}

void Effects::check_rest() const {
  for (const std::string& event : ran_) {
    const KnownAction* action = oracle_.action(event);
    require(action && action->outcome == "executed", "whatever ran is in the ledger in the end", event);
  }
}

}  // namespace al::sim
