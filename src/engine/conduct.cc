#include "engine/conduct.h"

namespace al::engine {

const Conduct* ConductBook::find(std::string_view agent_id) const {
  const auto found = entries_.find(agent_id);
  return found == entries_.end() ? nullptr : &found->second.conduct;
}

void ConductBook::restore(const std::string& agent_id, const std::optional<Conduct>& conduct) {
  Entry& entry = entries_[agent_id];
  entry.conduct = conduct.value_or(Conduct());
  reschedule(agent_id, entry);
  if (!conduct) entries_.erase(agent_id);
}

std::optional<ConductBook::Due> ConductBook::next_due() const {
  if (due_.empty()) return {};
  const auto& [at_ms, agent_id] = *due_.begin();
  return Due{at_ms, agent_id, entries_.find(agent_id)->second.conduct.circuit};
}

void ConductBook::reschedule(const std::string& agent_id, Entry& entry) {
  const std::optional<Millis> due_ms = entry.conduct.circuit.deadline();
  if (due_ms == entry.due_ms) return;
  if (entry.due_ms) due_.erase({*entry.due_ms, agent_id});
  if (due_ms) due_.emplace(*due_ms, agent_id);
  entry.due_ms = due_ms;
}

}  // namespace al::engine
