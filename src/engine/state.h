// Everything that the rows of a ledger add up to. apply() is the only thing that changes it, so a replay of
// the same rows gives the same state.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "approval/approval.h"
#include "base/result.h"
#include "delegation/delegation.h"
#include "engine/conduct.h"
#include "engine/directory.h"
#include "engine/events.h"
#include "engine/settings.h"
#include "policy/policy_set.h"
#include "posture/activity.h"

namespace al::engine {

/// The operator that every lattice has: whoever hosts it.
inline constexpr std::string_view host_operator = "host";

/// One action, as far as later requests ask for it; the rest stands in its rows.
struct ActionRecord {
  std::string agent_id;
  std::uint64_t row_id = 0;  // of its latest decision
  std::string approval_id;   // "" where none was asked
  bool executed = false;
  bool reported = false;
};

/// What an idempotency key was used for.
struct Used {
  Digest request_digest{};
  std::uint64_t row_id = 0;
  std::string audit_event_id;  // of an action; "" for other requests
};

class State {
 public:
  /// Fails with `ledger_corrupt` where the event cannot follow what is here (a policy that does not compile,
  /// say).
  [[nodiscard]] Status apply(const Event& event, std::uint64_t row_id, Millis wall_ms);

  [[nodiscard]] const ActionRecord* action(std::string_view audit_event_id) const;
  [[nodiscard]] const Used* used(std::string_view agent_id, std::string_view event_id) const;

  // Read by the engine, changed by apply() alone.
  std::string org_id;
  Directory directory;
  policy::PolicySet policies;
  approval::Book approvals;
  delegation::Tree delegations;
  ConductBook conduct;
  Settings settings;
  posture::Activity activity;
  Millis last_wall_ms = 0;

 private:
  struct Applier;
  void use(const std::string& agent_id, const std::string& event_id, Used used);

  std::unordered_map<std::string, ActionRecord> actions_;  // by audit_event_id
  std::unordered_map<std::string, Used> used_;             // by agent id, line feed, event id
};

}  // namespace al::engine
