#include "posture/activity.h"

#include <functional>

namespace al::posture {

void Evidence::count(std::uint64_t row_id) {
  first_row = std::min(first_row.value_or(row_id), row_id);
  last_row = std::max(last_row.value_or(row_id), row_id);
}

void Evidence::hold_against(std::uint64_t row_id) {
  if (against.size() == against_max && row_id < against.back()) return;
  against.insert(std::lower_bound(against.begin(), against.end(), row_id, std::greater<>()), row_id);
  if (against.size() > against_max) against.pop_back();
}

void Evidence::add(const Evidence& other) {
  if (other.first_row) count(*other.first_row);
  if (other.last_row) count(*other.last_row);
  for (const std::uint64_t row_id : other.against) hold_against(row_id);
}

bool Tally::is_of(std::uint64_t rows) const {
  const auto within = [](std::int64_t part, std::int64_t whole) { return part >= 0 && part <= whole; };
  return within(actions, static_cast<std::int64_t>(rows)) && within(settled, actions) &&
         within(approved, settled) && within(anomalies, static_cast<std::int64_t>(rows)) &&
         (actions == 0 || asked_rows.last_row);
}

bool Activity::is_of(std::uint64_t rows) const {
  return std::all_of(tallies_.begin(), tallies_.end(),
                     [rows](const auto& each) { return each.second.is_of(rows); });
}

std::uint32_t Activity::intern(std::string_view name) {
  if (const auto known = indexes_.find(name); known != indexes_.end()) return known->second;
  const auto index = static_cast<std::uint32_t>(names_.size());
  names_.emplace_back(name);
  indexes_.emplace(name, index);
  return index;
}

/// Of what was read from somewhere.
bool Activity::names_are_known() const {
  return std::all_of(tallies_.begin(), tallies_.end(), [this](const auto& each) {
    return each.first.agent < names_.size() && each.first.action_type < names_.size();
  });
}

Activity::Key Activity::key(Millis wall_ms, std::string_view agent_id, std::string_view action_type) {
  return {wall_ms - wall_ms % hour_ms, intern(agent_id), intern(action_type)};
}

void Activity::remember(const Key& key, const std::string& audit_event_id,
                        std::optional<Before>* before) const {
  if (before == nullptr) return;
  Before& kept = before->emplace();
  kept.key = key;
  kept.audit_event_id = audit_event_id;
  if (const auto tally = tallies_.find(key); tally != tallies_.end()) kept.tally = tally->second;
  if (const auto found = pending_.find(audit_event_id); found != pending_.end()) kept.pending = found->second;
}

void Activity::restore(const Before& before) {
  if (before.tally) {
    tallies_.insert_or_assign(before.key, *before.tally);
  } else {
    tallies_.erase(before.key);
  }
  if (before.pending) {
    pending_.insert_or_assign(before.audit_event_id, *before.pending);
  } else {
    pending_.erase(before.audit_event_id);
  }
}

namespace {

void settle(Tally& tally, bool approved, std::uint64_t row_id) {
  ++tally.settled;
  tally.settled_rows.count(row_id);
  if (approved) {
    ++tally.approved;
  } else {
    tally.settled_rows.hold_against(row_id);
  }
}

}  // namespace

void Activity::add(const std::string& audit_event_id, Millis wall_ms, std::string_view agent_id,
                   std::string_view action_type, Standing standing, std::uint64_t row_id,
                   std::optional<Before>* before) {
  const Key key = this->key(wall_ms, agent_id, action_type);
  remember(key, audit_event_id, before);
  Tally& tally = tallies_[key];
  ++tally.actions;
  tally.asked_rows.count(row_id);
  if (standing == Standing::pending) {
    pending_.emplace(audit_event_id, Pending{key, row_id});
  } else {
    posture::settle(tally, standing == Standing::approved, row_id);
  }
}

void Activity::settle(const std::string& audit_event_id, bool approved, std::optional<Before>* before) {
  const auto found = pending_.find(audit_event_id);
  if (found == pending_.end()) return;
  const auto [key, row_id] = found->second;
  remember(key, audit_event_id, before);
  pending_.erase(found);
  // One that was forgotten counts no more.
  if (const auto tally = tallies_.find(key); tally != tallies_.end())
    posture::settle(tally->second, approved, row_id);
}

void Activity::add_anomaly(Millis wall_ms, std::string_view agent_id, std::uint64_t row_id,
                           std::optional<Before>* before) {
  const Key key = this->key(wall_ms, agent_id, "");
  remember(key, "", before);
  Tally& tally = tallies_[key];
  ++tally.anomalies;
  tally.anomaly_rows.count(row_id);
  tally.anomaly_rows.hold_against(row_id);
}

void Activity::forget(Millis now_ms) {
  while (!tallies_.empty() && !counts(tallies_.begin()->first.hour_ms, now_ms))
    tallies_.erase(tallies_.begin());
}

}  // namespace al::posture
