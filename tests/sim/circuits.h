// The rules of circuit breakers a second time, as docs/enforcement.md words them: lists instead of rings, and
// every question answered by looking at all of the past.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "stage.h"

namespace al::sim {

struct CircuitChange {
  std::string to;
  std::string reason;
  Millis until_ms = 0;
  std::int64_t observed = 0;
  std::int64_t limit = 0;
  bool operator==(const CircuitChange&) const = default;
};

struct CircuitDeed {
  const std::string& agent_id;
  std::string audit_event_id;
  std::string outcome;
  std::string reason;
  bool first = true;  // not the use of an approval
};

class Circuits {
 public:
  void set_limits(json::Value settings);
  void decided(const CircuitDeed& deed, Millis now_ms);
  void reported(const std::string& agent_id, const std::string& audit_event_id, bool failed, Millis now_ms);
  void noticed(const std::string& agent_id, std::int64_t severity);
  /// Whether what was noticed last is enough to halt an agent.
  [[nodiscard]] bool may_halt(const std::string& agent_id) const;
  void change(const std::string& agent_id, const CircuitChange& change);
  void resume(const std::string& agent_id) { circuits_[agent_id] = {}; }

  /// What must happen next to an agent's circuit, and may not wait for another action.
  [[nodiscard]] std::optional<CircuitChange> due(const std::string& agent_id, Millis now_ms) const;
  [[nodiscard]] bool may_change(const std::string& agent_id, const CircuitChange& change,
                                Millis now_ms) const;
  [[nodiscard]] bool stops(const std::string& agent_id) const;
  /// Whether time alone should have changed some circuit by now.
  [[nodiscard]] bool overdue(Millis now_ms) const;

 private:
  struct Event {
    Millis at_ms = 0;
    bool bad = false;  // denied, failed
  };
  struct Circuit {
    std::string state = "closed";
    // While closed; from the latest change of a window's length on.
    std::vector<Event> asked;
    std::vector<Event> actions;
    std::vector<Event> reports;
    std::int64_t velocity_window_seconds = 0;  // what `asked` was counted under
    std::int64_t window_seconds = 0;           // … the others
    std::int64_t severity = 0;                 // of the last anomaly
    std::string cause;                         // why it opened first
    std::int64_t openings = 0;
    Millis until_ms = 0;
    std::int64_t probes = 0;
    std::set<std::string> silent;  // probes that were not reported
    Millis silence_ends_ms = 0;    // 0: never
    std::string verdict;           // of the probes
  };
  [[nodiscard]] std::int64_t limit(const char* name) const { return limits_.at(name); }
  [[nodiscard]] const Circuit* find(const std::string& agent_id) const;
  /// A window of another length begins anew, with the next thing that it counts.
  void use_windows(Circuit& circuit) const;
  [[nodiscard]] std::optional<CircuitChange> trip(const Circuit& circuit, Millis now_ms) const;
  [[nodiscard]] Millis cooled_down_ms(const Circuit& circuit, Millis now_ms) const;

  std::map<std::string, std::int64_t> limits_;  // empty: all off
  std::int64_t open_severity_ = 0;
  std::int64_t halt_severity_ = 0;
  std::map<std::string, Circuit> circuits_;
};

}  // namespace al::sim
