#include "posture/activity.h"

#include <functional>
#include <iterator>

namespace al::posture {
namespace {

/// No type of action is called so.
constexpr std::string_view other_types = "(others)";

}  // namespace

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
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(names_.size()));
    names_.emplace_back();
    uses_.push_back(0);
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  names_[index] = name;
  indexes_.emplace(name, index);
  return index;
}

bool Activity::know_names() {
  uses_.assign(names_.size(), 0);
  for (const auto& [key, tally] : tallies_) {
    if (key.agent >= names_.size() || key.action_type >= names_.size()) return false;
    ++uses_[key.agent];
    ++uses_[key.action_type];
  }
  for (std::uint32_t index = 0; index < names_.size(); ++index) {
    if (uses_[index] == 0) {
      free_.push_back(index);
    } else if (!indexes_.emplace(names_[index], index).second) {
      return false;
    }
  }
  return true;
}

Activity::Key Activity::key(Millis wall_ms, std::string_view agent_id, std::string_view action_type) {
  Key key{wall_ms - wall_ms % hour_ms, intern(agent_id), 0};
  if (const auto known = indexes_.find(action_type); known != indexes_.end()) {
    key.action_type = known->second;
    if (tallies_.contains(key)) return key;
  }
  const auto begin = tallies_.lower_bound({key.hour_ms, key.agent, 0});
  const auto end = tallies_.lower_bound({key.hour_ms, key.agent + 1, 0});
  const bool full = std::distance(begin, end) >= static_cast<std::ptrdiff_t>(types_max);
  key.action_type = intern(full ? other_types : action_type);
  return key;
}

Tally& Activity::at(const Key& key) {
  const auto [tally, made] = tallies_.try_emplace(key);
  if (made) {
    ++uses_[key.agent];
    ++uses_[key.action_type];
  }
  return tally->second;
}

void Activity::drop(std::map<Key, Tally>::iterator tally) {
  forget_use(tally->first.agent);
  forget_use(tally->first.action_type);
  tallies_.erase(tally);
}

void Activity::forget_use(std::uint32_t name) {
  if (--uses_[name] > 0) return;
  indexes_.erase(names_[name]);
  names_[name] = std::string();
  free_.push_back(name);
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
    at(before.key) = *before.tally;
  } else if (const auto made = tallies_.find(before.key); made != tallies_.end()) {
    drop(made);
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
  Tally& tally = at(key);
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
  Tally& tally = at(key);
  ++tally.anomalies;
  tally.anomaly_rows.count(row_id);
  tally.anomaly_rows.hold_against(row_id);
}

void Activity::forget(Millis now_ms) {
  while (!tallies_.empty() && !counts(tallies_.begin()->first.hour_ms, now_ms)) drop(tallies_.begin());
}

}  // namespace al::posture
