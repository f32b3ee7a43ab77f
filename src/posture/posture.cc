#include "posture/posture.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

namespace al::posture {
namespace {

/// component_max · part ÷ whole, rounded half up; full where there is nothing to measure.
std::int64_t share(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? component_max : (2 * component_max * part + whole) / (2 * whole);
}

/// 25 at no anomalies, falling evenly to 0 at 10 per 100 actions.
std::int64_t calm(std::int64_t anomalies, std::int64_t actions) {
  if (anomalies == 0) return component_max;
  if (actions == 0) return 0;
  return share(std::max<std::int64_t>(actions - anomalies * 10, 0), actions);
}

std::int64_t points(Integrity integrity) {
  switch (integrity) {
    case Integrity::valid_signed:
      return component_max;
    case Integrity::valid_unsigned:
      return 15;
    case Integrity::broken:
      break;
  }
  return 0;
}

}  // namespace

namespace {

/// Walks one list of the activity backwards through the window, over one agent or all.
template <typename Items, typename Visit>
void visit_window(const Activity& activity, const Items& items, const Question& question, Visit visit) {
  for (auto item = items.rbegin(); item != items.rend(); ++item) {
    if (item->wall_ms <= question.now_ms - window_ms) return;
    if (question.agent_id.empty() || activity.name(item->agent) == question.agent_id) visit(*item);
  }
}

Evidence whole_ledger(std::uint64_t rows) {
  Evidence out;
  if (rows == 0) return out;
  out.count(0);
  out.count(rows - 1);
  return out;
}

}  // namespace

Score measure(const Activity& activity, const Question& question) {
  Component coverage{.name = "policy_coverage", .counted = "action types named by a policy, of those used"};
  Component approval{.name = "approval_rate", .counted = "actions executed or approved, of those settled"};
  Component calmness{.name = "anomaly_frequency", .counted = "anomalies, among actions"};
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t>
      used;  // (agent, action type): its last row
  visit_window(activity, activity.items(), question, [&](const Activity::Item& item) {
    ++calmness.whole;
    coverage.evidence.count(item.row_id);
    used.emplace(std::pair{item.agent, item.action_type}, item.row_id);
    if (item.standing == Standing::pending) return;
    ++approval.whole;
    approval.evidence.count(item.row_id);
    if (item.standing == Standing::approved) {
      ++approval.part;
    } else {
      approval.evidence.hold_against(item.row_id);
    }
  });
  visit_window(activity, activity.anomalies(), question, [&](const Activity::Anomaly& anomaly) {
    ++calmness.part;
    calmness.evidence.count(anomaly.row_id);
    calmness.evidence.hold_against(anomaly.row_id);
  });
  std::set<std::uint32_t> types;
  std::map<std::uint32_t, std::uint64_t> uncovered;
  for (const auto& [who_and_what, row_id] : used) {
    const auto& [agent, type] = who_and_what;
    types.insert(type);
    if (question.covered(activity.name(type), activity.name(agent))) continue;
    std::uint64_t& last_row = uncovered[type];
    last_row = std::max(last_row, row_id);
  }
  coverage.whole = static_cast<std::int64_t>(types.size());
  coverage.part = coverage.whole - static_cast<std::int64_t>(uncovered.size());
  std::set<std::uint64_t, std::greater<>> newest_first;
  for (const auto& [type, row_id] : uncovered) newest_first.insert(row_id);
  for (const std::uint64_t row_id : newest_first) coverage.evidence.hold_against(row_id);

  coverage.score = share(coverage.part, coverage.whole);
  approval.score = share(approval.part, approval.whole);
  calmness.score = calm(calmness.part, calmness.whole);
  const Component integrity{.name = "chain_integrity",
                            .score = points(question.integrity),
                            .counted = "of 2: rows unbroken, checkpoint signed",
                            .part = static_cast<std::int64_t>(question.integrity),
                            .whole = 2,
                            .evidence = whole_ledger(question.rows)};
  Score score;
  score.components = {coverage, approval, calmness, integrity};
  for (const Component& component : score.components) score.total += component.score;
  return score;
}

}  // namespace al::posture
