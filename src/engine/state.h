// Everything that the rows of a ledger add up to. apply() is the only thing that changes it, so a replay of
// the same rows gives the same state.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "approval/approval.h"
#include "base/result.h"
#include "delegation/delegation.h"
#include "engine/conduct.h"
#include "engine/directory.h"
#include "engine/events.h"
#include "engine/row_set.h"
#include "engine/settings.h"
#include "engine/used_keys.h"
#include "policy/policy_set.h"
#include "posture/activity.h"

namespace al::engine {

/// The operator that every lattice has: whoever hosts it.
inline constexpr std::string_view host_operator = "host";

class State;

/// How to take back what events did to a state, in time proportional to what they did: the store may refuse
/// their rows.
class Undo {
 public:
  using Step = std::function<void(State&)>;
  void push(Step step) { steps_.push_back(std::move(step)); }
  /// Keeps what happened.
  void clear() {
    steps_.clear();
    conducts_kept_.clear();
  }
  /// Takes it back, the latest first.
  void run(State& state);
  /// For what is copied whole: once a batch is enough.
  [[nodiscard]] bool keep_conduct(const std::string& agent_id) {
    return conducts_kept_.insert(agent_id).second;
  }

 private:
  std::vector<Step> steps_;
  std::set<std::string> conducts_kept_;  // agents' ids
};

class State {
 public:
  /// Fails with `ledger_corrupt` where the event cannot follow what is here (a policy that does not compile,
  /// say). `undo` may be null, where nothing will be taken back.
  [[nodiscard]] Status apply(const Event& event, std::uint64_t row_id, Millis wall_ms, Undo* undo);

  template <typename Archive>
  void archive(Archive& fields) {
    std::string settings_text;
    if constexpr (!Archive::reads) settings_text = write_settings(settings);
    fields(org_id, directory, policies, approvals, delegations, conduct, settings_text, activity, used_keys,
           unreported_, last_wall_ms);
    if constexpr (Archive::reads) {
      if (!restore_settings(settings_text)) fields.fail();
    }
  }
  /// Whether it speaks of no row but the first `rows`.
  [[nodiscard]] bool is_of(std::uint64_t rows) const;

  // Read by the engine, changed by apply() alone.
  std::string org_id;
  Directory directory;
  policy::PolicySet policies;
  approval::Book approvals;
  delegation::Tree delegations;
  ConductBook conduct;
  Settings settings;
  posture::Activity activity;
  UsedKeys used_keys;
  Millis last_wall_ms = 0;

 private:
  struct Applier;
  [[nodiscard]] bool restore_settings(const std::string& text);

  /// The rows that decided actions first which were executed, and their outcome not reported yet.
  RowSet unreported_;
};

}  // namespace al::engine
