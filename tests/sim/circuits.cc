#include "circuits.h"

#include <algorithm>

namespace al::sim {

void Circuits::set_limits(json::Value settings) {
  limits_.clear();
  for (const char* name : {"window_seconds", "minimum_count", "failure_percent", "denial_percent",
                           "velocity_max", "velocity_window_seconds", "cool_down_seconds",
                           "cool_down_max_seconds", "probes_max", "probe_seconds"}) {
    limits_[name] = settings["breaker"][name].as_int64().value();
  }
  open_severity_ = settings["anomalies"]["open_severity"].as_int64().value();
  halt_severity_ = settings["anomalies"]["halt_severity"].as_int64().value();
}

bool Circuits::may_halt(const std::string& agent_id) const {
  const Circuit* circuit = find(agent_id);
  return circuit && halt_severity_ > 0 && circuit->severity >= halt_severity_;
}

void Circuits::use_windows(Circuit& circuit) const {
  if (circuit.velocity_window_seconds != limit("velocity_window_seconds")) circuit.asked.clear();
  if (circuit.window_seconds != limit("window_seconds")) {
    circuit.actions.clear();
    circuit.reports.clear();
  }
  circuit.velocity_window_seconds = limit("velocity_window_seconds");
  circuit.window_seconds = limit("window_seconds");
}

const Circuits::Circuit* Circuits::find(const std::string& agent_id) const {
  const auto found = circuits_.find(agent_id);
  return found == circuits_.end() || limits_.empty() ? nullptr : &found->second;
}

void Circuits::decided(const CircuitDeed& deed, Millis now_ms) {
  if (deed.reason == "AGENT_HALTED" || deed.reason == "CIRCUIT_OPEN" || limits_.empty()) return;
  Circuit& circuit = circuits_[deed.agent_id];
  if (circuit.state == "closed" && deed.first) {
    use_windows(circuit);
    circuit.asked.push_back({now_ms});
    circuit.actions.push_back({now_ms, deed.outcome == "denied"});
  }
  if (circuit.state != "half_open") return;
  if (deed.outcome == "denied") circuit.verdict = "probe_failed";
  if (deed.outcome != "executed") return;
  ++circuit.probes;
  if (circuit.cause != "failures") {
    if (circuit.verdict.empty()) circuit.verdict = "probe_succeeded";
  } else {
    circuit.silent.insert(deed.audit_event_id);
    if (circuit.silence_ends_ms == 0) circuit.silence_ends_ms = now_ms + 1000 * limit("probe_seconds");
  }
}

void Circuits::reported(const std::string& agent_id, const std::string& audit_event_id, bool failed,
                        Millis now_ms) {
  if (limits_.empty()) return;
  Circuit& circuit = circuits_[agent_id];
  if (circuit.state == "closed") {
    use_windows(circuit);
    circuit.reports.push_back({now_ms, failed});
  }
  if (circuit.state != "half_open" || circuit.silent.erase(audit_event_id) == 0) return;
  if (circuit.verdict.empty()) circuit.verdict = failed ? "probe_failed" : "probe_succeeded";
}

void Circuits::noticed(const std::string& agent_id, std::int64_t severity) {
  Circuit& circuit = circuits_[agent_id];
  circuit.severity = severity;
  if (circuit.state == "half_open" && open_severity_ > 0 && severity >= open_severity_)
    circuit.verdict = "probe_failed";
}

void Circuits::change(const std::string& agent_id, const CircuitChange& change) {
  Circuit& circuit = circuits_[agent_id];
  if (change.to == "closed") {
    circuit = {};
    return;
  }
  Circuit next;
  next.state = change.to;
  next.cause = circuit.state == "closed" ? change.reason : circuit.cause;
  next.openings = circuit.openings + (change.to == "open" ? 1 : 0);
  next.until_ms = change.until_ms;
  circuit = std::move(next);
}

Millis Circuits::cooled_down_ms(const Circuit& circuit, Millis now_ms) const {
  std::int64_t seconds = limit("cool_down_seconds");
  for (std::int64_t i = 0; i < circuit.openings; ++i)
    seconds = std::min(2 * seconds, limit("cool_down_max_seconds"));
  return now_ms + 1000 * std::min(seconds, limit("cool_down_max_seconds"));
}

std::optional<CircuitChange> Circuits::trip(const Circuit& circuit, Millis now_ms) const {
  const auto within = [&](const std::vector<Event>& events, std::int64_t seconds, bool bad_only) {
    // A window is 30 buckets and the one that is going on.
    const Millis bucket_ms = 1000 * seconds / 30;
    return std::count_if(events.begin(), events.end(), [&](const Event& event) {
      return event.at_ms / bucket_ms >= now_ms / bucket_ms - 30 && (event.bad || !bad_only);
    });
  };
  CircuitChange change{.to = "open", .reason = {}, .until_ms = cooled_down_ms(circuit, now_ms)};
  const std::int64_t asked = within(circuit.asked, limit("velocity_window_seconds"), false);
  if (circuit.velocity_window_seconds == limit("velocity_window_seconds") && limit("velocity_max") > 0 &&
      asked > limit("velocity_max")) {
    change.reason = "velocity";
    change.observed = asked;
    change.limit = limit("velocity_max");
    return change;
  }
  if (circuit.window_seconds != limit("window_seconds")) return {};
  const auto share = [&](const char* reason, const char* percent, const std::vector<Event>& events) {
    change.reason = reason;
    change.observed = within(events, limit("window_seconds"), true);
    change.limit = within(events, limit("window_seconds"), false);
    return limit(percent) > 0 && change.limit >= limit("minimum_count") &&
           100 * change.observed >= limit(percent) * change.limit;
  };
  if (share("failures", "failure_percent", circuit.reports)) return change;
  if (share("denials", "denial_percent", circuit.actions)) return change;
  return {};
}

std::optional<CircuitChange> Circuits::due(const std::string& agent_id, Millis now_ms) const {
  const Circuit* circuit = find(agent_id);
  if (!circuit) return {};
  if (circuit->state == "closed") return trip(*circuit, now_ms);
  if (circuit->state == "open") {
    if (now_ms < circuit->until_ms) return {};
    return CircuitChange{.to = "half_open", .reason = "cooled_down"};
  }
  if (circuit->verdict == "probe_succeeded") return CircuitChange{.to = "closed", .reason = circuit->verdict};
  const bool silence = circuit->silence_ends_ms != 0 && now_ms >= circuit->silence_ends_ms;
  if (circuit->verdict.empty() && !silence) return {};
  return CircuitChange{.to = "open",
                       .reason = circuit->verdict.empty() ? "probe_silent" : circuit->verdict,
                       .until_ms = cooled_down_ms(*circuit, now_ms)};
}

bool Circuits::may_change(const std::string& agent_id, const CircuitChange& change, Millis now_ms) const {
  if (change.reason != "anomaly") return due(agent_id, now_ms) == change;
  const Circuit* circuit = find(agent_id);
  return circuit && circuit->state == "closed" && open_severity_ > 0 && circuit->severity >= open_severity_ &&
         change == CircuitChange{.to = "open",
                                 .reason = "anomaly",
                                 .until_ms = cooled_down_ms(*circuit, now_ms),
                                 .observed = circuit->severity,
                                 .limit = open_severity_};
}

bool Circuits::stops(const std::string& agent_id) const {
  const Circuit* circuit = find(agent_id);
  if (!circuit || circuit->state == "closed") return false;
  return circuit->state == "open" || circuit->probes >= limit("probes_max");
}

bool Circuits::overdue(Millis now_ms) const {
  return std::any_of(circuits_.begin(), circuits_.end(), [&](const auto& entry) {
    const Circuit& circuit = entry.second;
    if (circuit.state == "open") return circuit.until_ms <= now_ms;
    return circuit.silence_ends_ms != 0 && circuit.silence_ends_ms <= now_ms;
  });
}

}  // namespace al::sim
