// The rules of governance a second time, in their simplest form: an independent reading of the durable
// ledger. Each row is judged by what the rows before it say; a decision that the rules do not lead to breaks
// the world.
//
// It shares nothing with the engine but the JSON parser, knows only the policies that this world has
// (policies.h), and prefers to be slow and plain.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/row.h"
#include "audit/verifier.h"
#include "base/json.h"
#include "base/time.h"
#include "circuits.h"
#include "stage.h"

namespace al::sim {

struct KnownAction {
  std::string agent_id;
  std::string event_id;
  std::string action_type;
  std::string metadata;  // canonical JSON
  std::string delegation_id;
  std::string request_digest;
  std::uint64_t row_id = 0;
  std::string outcome;  // executed, denied or requested: the latest
  bool reported = false;
  std::string policy_digest;
};

struct KnownApproval {
  std::string audit_event_id;
  std::string agent_id;
  std::string delegation_id;
  std::int64_t quorum = 1;
  std::vector<std::string> approvers;
  Millis timeout_ms = 0;
  std::string state = "pending";
  bool was_approved = false;
  std::map<std::string, bool> votes;  // by operator name
  std::string claim_id;
  [[nodiscard]] bool open() const { return state == "pending" || (state == "approved" && claim_id.empty()); }
};

struct KnownDelegation {
  std::string agent_id;
  std::string parent_id;
  std::vector<std::string> capabilities;
  Millis expires_ms = 0;
  std::int64_t depth = 1;
  bool live = true;
  bool expired = false;
};

struct KnownAgent {
  std::string name;
  std::vector<std::string> capabilities;
  bool halted = false;
  std::optional<std::uint64_t> key_revoked_row = {};
};

/// What a row is to those who listen.
struct News {
  std::string_view event_type;  // "" where it is nobody's news
  std::string agent_id;
  std::string facts;  // canonical JSON
};

struct Reading;

class Oracle {
 public:
  explicit Oracle(Stage& stage) : stage_(stage) {}

  /// A row became durable; `wall_ms` is what the engine's clock showed when it made the row.
  void observe(const audit::Row& row, Millis wall_ms);

  [[nodiscard]] const KnownAction* action(std::string_view audit_event_id) const {
    return find(actions_, audit_event_id);
  }
  /// By audit event id.
  [[nodiscard]] const std::map<std::string, KnownAction, std::less<>>& actions() const { return actions_; }
  [[nodiscard]] const KnownApproval* approval(std::string_view id) const { return find(approvals_, id); }
  [[nodiscard]] const KnownDelegation* delegation(std::string_view id) const {
    return find(delegations_, id);
  }
  [[nodiscard]] const KnownAgent* agent(std::string_view id) const { return find(agents_, id); }
  /// The action that was decided under an idempotency key of an agent, or "".
  [[nodiscard]] std::string decided_under(const std::string& agent_id, const std::string& event_id) const;
  /// The delegation that an agent created under an idempotency key, or "".
  [[nodiscard]] std::string created_under(const std::string& agent_id, const std::string& event_id) const;
  [[nodiscard]] std::vector<std::string> live_delegations() const;
  [[nodiscard]] std::vector<std::string> open_approvals() const;
  /// The fields of a row whose openings are to go, or null.
  [[nodiscard]] const std::set<std::string>* redacted(std::uint64_t row_id) const {
    const auto found = redacted_.find(row_id);
    return found == redacted_.end() ? nullptr : &found->second;
  }
  /// Rows and fields that an owner can redact.
  [[nodiscard]] const std::vector<std::pair<std::uint64_t, std::string>>& committed() const {
    return committed_;
  }
  /// Of every row, by its number.
  [[nodiscard]] const std::vector<News>& news() const { return news_; }
  [[nodiscard]] const audit::Verifier& verifier() const { return verifier_; }

 private:
  struct KnownPolicy {
    std::string action_type;
    std::string effect;
    std::string on_fail;
    std::int64_t pr_size_max = 0;  // of a conditional one
    std::string digest;
  };
  struct Verdict {
    std::string_view outcome;
    std::string_view reason = {};
    const KnownPolicy* policy = nullptr;
  };

  template <typename Map>
  static const typename Map::mapped_type* find(const Map& map, std::string_view key) {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : &found->second;
  }

  void frame(const Reading& row, Millis wall_ms);
  void policy_changed(const Reading& row);
  void action_decided(const Reading& row);
  void action_claimed(const Reading& row, const KnownAction& action, Verdict verdict);
  void approval_asked(const Reading& row);
  void approval_decided(const Reading& row);
  void approval_ended(const Reading& row);
  void delegation_created(const Reading& row);
  void delegation_ended(const Reading& row);
  void circuit_changed(const Reading& row);
  void anomaly_detected(const Reading& row);
  void outcome_reported(const Reading& row);
  void row_redacted(const Reading& row);
  void registered(const Reading& row);
  void used(const std::string& agent_id, std::string_view event_id);
  void tally(const Reading& row, const KnownAction& action) const;

  [[nodiscard]] Verdict judge(const KnownAction& action) const;
  [[nodiscard]] std::int64_t pending_of(const std::string& agent_id) const;
  [[nodiscard]] const KnownPolicy* policy_for(std::string_view action_type) const;

  Stage& stage_;
  audit::Verifier verifier_;
  std::vector<News> news_;
  Millis last_ms_ = 0;
  Circuits circuits_;
  std::int64_t pending_max_ = 1000;
  std::map<std::string, KnownAgent, std::less<>> agents_;
  std::map<std::string, std::vector<std::string>, std::less<>> roles_;  // by operator name
  std::map<std::string, KnownPolicy, std::less<>> policies_;
  std::map<std::string, KnownAction, std::less<>> actions_;
  std::map<std::string, KnownApproval, std::less<>> approvals_;
  std::map<std::string, KnownDelegation, std::less<>> delegations_;
  std::map<std::pair<std::string, std::string>, std::string>
      created_;  // delegations by agent and idempotency key
  std::map<std::pair<std::string, std::string>, std::string> decided_;  // actions, likewise
  std::set<std::pair<std::string, std::string>> used_keys_;
  std::map<std::uint64_t, std::set<std::string>> redacted_;
  std::vector<std::pair<std::uint64_t, std::string>> committed_;
};

}  // namespace al::sim
