// What the oracle says of rows about conduct: outcomes, anomalies, circuits.
#include <algorithm>

#include "oracle.h"
#include "reading.h"

namespace al::sim {

void Oracle::circuit_changed(const Reading& row) {
  row.must(!agents_.at(row.agent_id).name.empty(), "a circuit is an agent's");
  const std::string state = row.fact("state");
  const json::Value until = row.facts["until"];
  const CircuitChange said{.to = state,
                           .reason = row.fact("reason"),
                           .until_ms = until.present() ? row.time(until) : 0,
                           .observed = row.facts["observed"].as_int64().value_or(0),
                           .limit = row.facts["limit"].as_int64().value_or(0)};
  row.must(circuits_.may_change(row.agent_id, said, row.wall_ms), "a circuit changes as the rules say");
  if (state == "open")
    stage_.count(row.fact("from") == "closed" ? Count::circuits_opened : Count::circuits_opened_again);
  if (state == "half_open") stage_.count(Count::circuits_probed);
  if (state == "closed") stage_.count(Count::circuits_closed);
  circuits_.change(row.agent_id, said);
}

void Oracle::anomaly_detected(const Reading& row) {
  const std::int64_t severity = row.facts["severity"].as_int64().value_or(0);
  row.must(severity >= 1 && severity <= 100, "an anomaly is of some severity");
  circuits_.noticed(row.agent_id, severity);
  stage_.count(Count::anomalies);
}

void Oracle::row_redacted(const Reading& row) {
  const std::vector<std::string>& roles = roles_.at(row.fact("by"));
  row.must(std::find(roles.begin(), roles.end(), "owner") != roles.end(), "owners redact");
  const std::uint64_t about = row.facts["redacted_row_id"].as_uint64().value();
  row.must(about < row.raw.row_id, "what is redacted is there");
  for (const json::Value field : row.facts["fields"].items()) redacted_[about].emplace(field.string());
}

void Oracle::outcome_reported(const Reading& row) {
  const auto about = actions_.find(row.fact("audit_event_id"));
  row.must(about != actions_.end() && about->second.agent_id == row.agent_id,
           "an agent reports on its own actions only");
  used(row.agent_id, row.fact("event_id"));
  stage_.count(Count::reports);
  KnownAction& action = about->second;
  if (action.outcome != "executed" || action.reported) return;
  action.reported = true;
  circuits_.reported(row.agent_id, row.fact("audit_event_id"), row.fact("status") == "failure", row.wall_ms);
}

}  // namespace al::sim
