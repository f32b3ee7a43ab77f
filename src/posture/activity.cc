#include "posture/activity.h"

namespace al::posture {

std::uint32_t Activity::intern(std::string_view name) {
  const auto [at, added] = indexes_.try_emplace(std::string(name), static_cast<std::uint32_t>(names_.size()));
  if (added) names_.emplace_back(name);
  return at->second;
}

void Activity::add(const std::string& audit_event_id, Millis wall_ms, std::string_view agent_id,
                   std::string_view action_type, Standing standing, std::uint64_t row_id) {
  if (standing == Standing::pending) pending_.emplace(audit_event_id, items_.size());
  items_.push_back({wall_ms, intern(agent_id), intern(action_type), standing, row_id});
}

void Activity::settle(const std::string& audit_event_id, bool approved) {
  const auto found = pending_.find(audit_event_id);
  if (found == pending_.end()) return;
  items_[found->second].standing = approved ? Standing::approved : Standing::refused;
  pending_.erase(found);
}

void Activity::add_anomaly(Millis wall_ms, std::string_view agent_id, std::uint64_t row_id) {
  anomalies_.push_back({wall_ms, intern(agent_id), row_id});
}

void Activity::remove_last_anomaly() { anomalies_.pop_back(); }

void Activity::remove_last(const std::string& audit_event_id) {
  items_.pop_back();  // Its names stay: nobody sees them.
  pending_.erase(audit_event_id);
}

void Activity::unsettle(const std::string& audit_event_id, std::size_t item) {
  items_[item].standing = Standing::pending;
  pending_.emplace(audit_event_id, item);
}

std::optional<std::size_t> Activity::pending(const std::string& audit_event_id) const {
  const auto found = pending_.find(audit_event_id);
  if (found == pending_.end()) return {};
  return found->second;
}

}  // namespace al::posture
