// What can happen to a lattice. Each event is one row of the ledger: encode() makes the row's content,
// decode() reads it back, and State::apply() (state.h) is what it means. A live engine and a replay take the
// same way.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "anomaly/baseline.h"
#include "audit/row.h"
#include "base/entropy.h"
#include "base/json.h"
#include "base/result.h"
#include "base/sha256.h"
#include "base/time.h"
#include "breaker/circuit.h"
#include "engine/directory.h"

namespace al::engine {

/// The first row of every ledger.
struct LedgerOpened {
  std::string org_id;
};

struct AgentRegistered {
  std::string agent_id;
  std::string name;
  std::vector<std::string> capabilities;
  std::optional<Key> key;
  std::string by;  // the operator's name, as in every `by` below
};

struct OperatorRegistered {
  std::string operator_id;
  std::string name;
  std::vector<std::string> roles;
  std::optional<Key> key;
  std::string by;
};

struct KeyRevoked {
  std::string agent_id;
  std::string key_id;
  std::string by;
};

struct AgentHalted {
  std::string agent_id;
  bool halted = true;  // false: resumed
  std::string by;      // or "anomaly:…", where the settings halted it
};

struct SettingsChanged {
  std::string settings;  // canonical JSON, complete (settings.h)
  std::string by;
};

struct BreakerChanged {
  std::string agent_id;
  breaker::Change change;
};

struct AnomalyDetected {
  std::string agent_id;
  std::string audit_event_id;  // the action that showed it; "" where it was no action
  anomaly::Finding finding;
};

struct PolicyChanged {
  std::string name;
  std::string source;  // canonical JSON of the policy; empty: it was deleted
  Digest digest{};
  std::string by;
};

/// What an operator is asked when an action needs approval.
struct ApprovalAsked {
  std::string approval_id;
  Digest digest{};
  std::int64_t quorum = 1;
  std::vector<std::string> approvers;
  Millis timeout_ms = 0;
};

enum class ActionOutcome : std::uint8_t { executed, denied, requested };

/// Intent and decision of one action. A claimed approval adds a second row of this kind for the same action.
struct ActionDecided {
  std::string audit_event_id;
  std::string agent_id;
  std::string event_id;  // the idempotency key, or ""
  std::string action_type;
  std::vector<std::string> delegation_chain;  // ids, outermost first
  ActionOutcome outcome = ActionOutcome::denied;
  std::string denial_reason;
  std::string policy_name;
  std::optional<Digest> policy_digest;
  Digest request_digest{};
  std::optional<ApprovalAsked> approval;  // when requested
  std::string claimed_approval_id;        // when this row consumes an approval
  std::string claim_id;
  std::string conditions;       // canonical JSON array; redactable
  std::string metadata;         // canonical JSON or ""; redactable
  std::string data_accessed;    // canonical JSON or ""; redactable
  std::int64_t data_count = 0;  // the sum of its counts, which outlives redaction
};

struct ApprovalDecided {
  std::string approval_id;
  std::string audit_event_id;
  std::string agent_id;
  std::string operator_id;
  std::string operator_name;
  bool approves = false;
  std::string state_after;  // pending, approved or denied
  std::string reason;       // redactable
};

/// Expired or cancelled.
struct ApprovalEnded {
  std::string approval_id;
  std::string audit_event_id;
  std::string agent_id;
  bool expired = true;
};

struct DelegationCreated {
  std::string delegation_id;
  std::string parent_id;
  std::string agent_id;
  std::string event_id;
  std::string name;
  std::vector<std::string> capabilities;
  std::int64_t depth = 1;
  Millis expires_ms = 0;
  Digest request_digest{};
};

/// Takes the whole subtree with it.
struct DelegationEnded {
  std::string delegation_id;
  std::string agent_id;
  bool expired = true;
  std::string by;  // who revoked it
};

struct OutcomeReported {
  std::string audit_event_id;
  std::string agent_id;
  std::string event_id;
  std::string status;  // success, failure or partial
  Digest request_digest{};
  std::string message;   // redactable
  std::string metadata;  // canonical JSON or ""; redactable
};

/// Of an earlier row, the openings of these fields are gone.
struct RowRedacted {
  std::uint64_t row_id = 0;
  std::string agent_id;             // whose row it was, or ""
  std::vector<std::string> fields;  // as in the row's commitments
  std::string by;
  std::string reason;  // redactable
};

/// What all rows before it come to, as the program wrote it down for itself (Engine::take_snapshot): whoever
/// has those bytes need not read the rows.
struct SnapshotTaken {
  Digest digest{};  // SHA-256 of the bytes
};

using Event = std::variant<LedgerOpened, AgentRegistered, OperatorRegistered, KeyRevoked, AgentHalted,
                           PolicyChanged, ActionDecided, ApprovalDecided, ApprovalEnded, DelegationCreated,
                           DelegationEnded, OutcomeReported, RowRedacted, SettingsChanged, BreakerChanged,
                           AnomalyDetected, SnapshotTaken>;

/// The row's content. The entry's views point into `event`.
[[nodiscard]] audit::Entry encode(const Event& event, Millis wall_ms);
/// Fails with `ledger_corrupt` for a type or facts that this version does not know.
[[nodiscard]] Result<Event> decode(const audit::RowFrame& row, std::span<const audit::CanonicalMember> facts,
                                   std::span<const audit::OpenedField> openings);
[[nodiscard]] Result<Event> decode(const audit::RowView& row);

/// The id of an action says which row decided it first, so that nothing has to be remembered to find it:
/// "evt-<row number>-<32 hex digits>".
[[nodiscard]] std::string mint_audit_event_id(std::uint64_t row_id, Entropy& entropy);
/// The row that an id names. Whether that row is of such an action, is for the caller to see.
[[nodiscard]] std::optional<std::uint64_t> row_of(std::string_view audit_event_id);

/// The row type of an action's outcome, e.g. "action.executed".
[[nodiscard]] std::string_view row_type(ActionOutcome outcome);

}  // namespace al::engine
