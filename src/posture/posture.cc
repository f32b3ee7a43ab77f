#include "posture/posture.h"

#include <algorithm>
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
  const std::map<Activity::Key, Tally>& tallies = activity.tallies();
  for (auto each = tallies.rbegin(); each != tallies.rend() && counts(each->first.hour_ms, question.now_ms);
       ++each) {
    const auto& [key, tally] = *each;
    if (!question.agent_id.empty() && activity.name(key.agent) != question.agent_id) continue;
    calmness.whole += tally.actions;
    calmness.part += tally.anomalies;
    calmness.evidence.add(tally.anomaly_rows);
    coverage.evidence.add(tally.asked_rows);
    approval.whole += tally.settled;
    approval.part += tally.approved;
    approval.evidence.add(tally.settled_rows);
    if (tally.actions > 0) used.emplace(std::pair{key.agent, key.action_type}, *tally.asked_rows.last_row);
  }
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
  for (const auto& [type, row_id] : uncovered) coverage.evidence.hold_against(row_id);

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
