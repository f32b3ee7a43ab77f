#include "posture/posture.h"

#include <algorithm>
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

Score measure(const Activity& activity, const Question& question) {
  std::int64_t actions = 0;
  std::int64_t settled = 0;
  std::int64_t approved = 0;
  std::set<std::pair<std::uint32_t, std::uint32_t>> used;  // (agent, action type)
  for (auto item = activity.items().rbegin(); item != activity.items().rend(); ++item) {
    if (item->wall_ms <= question.now_ms - window_ms) break;
    if (!question.agent_id.empty() && activity.name(item->agent) != question.agent_id) continue;
    ++actions;
    settled += item->standing != Standing::pending ? 1 : 0;
    approved += item->standing == Standing::approved ? 1 : 0;
    used.emplace(item->agent, item->action_type);
  }
  std::set<std::uint32_t> types;
  std::set<std::uint32_t> uncovered;
  for (const auto& [agent, type] : used) {
    types.insert(type);
    if (!question.covered(activity.name(type), activity.name(agent))) uncovered.insert(type);
  }
  const auto types_used = static_cast<std::int64_t>(types.size());
  const auto types_covered = types_used - static_cast<std::int64_t>(uncovered.size());

  Score score;
  score.components = {
      {"policy_coverage", share(types_covered, types_used), "action types named by a policy, of those used",
       types_covered, types_used},
      {"approval_rate", share(approved, settled), "actions executed or approved, of those settled", approved,
       settled},
      {"anomaly_frequency", calm(question.anomalies, actions), "anomalies, among actions", question.anomalies,
       actions},
      {"chain_integrity", points(question.integrity), "of 2: rows unbroken, checkpoint signed",
       static_cast<std::int64_t>(question.integrity), 2},
  };
  for (const Component& component : score.components) score.total += component.score;
  return score;
}

}  // namespace al::posture
