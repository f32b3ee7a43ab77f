// How events are read, strictly: a fact that is missing is no event.
#include "audit/canonical.h"
#include "audit/canonical_value.h"
#include "base/hex.h"
#include "engine/events.h"

namespace al::engine {
namespace {

/// Reads facts; remembers whether anything was missing instead of stopping at each.
class Facts {
 public:
  Facts(const audit::RowFrame& row, std::span<const audit::CanonicalMember> facts,
        std::span<const audit::OpenedField> openings)
      : row_(row), facts_(facts), openings_(openings) {}

  std::string required(std::string_view name) { return required_in(facts_, name); }
  std::string optional(std::string_view name) const { return facts_[name].string(); }
  template <typename Object>
  std::string required_in(const Object& object, std::string_view name) {
    std::string value = object[name].string();
    if (value.empty()) complete_ = false;
    return value;
  }
  template <typename Object>
  Digest digest(const Object& object, std::string_view name) {
    Digest out{};
    if (!read_hex(object[name].between_quotes(), out)) complete_ = false;
    return out;
  }
  Digest digest(std::string_view name) { return digest(facts_, name); }
  std::optional<Key> key() {
    const audit::CanonicalValue key = facts_["key"];
    if (!key.present()) return {};
    return Key{required_in(key, "key_id"), digest(key, "hash")};
  }
  template <typename Object>
  Millis time(const Object& object, std::string_view name) {
    const std::optional<Millis> time = parse_rfc3339(object[name].string());
    if (!time) complete_ = false;
    return time.value_or(0);
  }
  template <typename Object>
  std::int64_t integer(const Object& object, std::string_view name) {
    const std::optional<std::int64_t> number = object[name].as_int64();
    if (!number) complete_ = false;
    return number.value_or(0);
  }
  /// A list that is missing must not read as an empty one: no approvers named means that any will do.
  std::vector<std::string> strings(audit::CanonicalValue list) {
    if (!list.is_array()) complete_ = false;
    std::vector<std::string> out;
    for (const audit::CanonicalValue item : list.items()) {
      if (!item.is_string()) complete_ = false;
      out.push_back(item.string());
    }
    return out;
  }
  /// What was redactable: its canonical JSON, or "" once it was redacted.
  std::string opened(std::string_view field) const { return std::string(opening(field)); }
  std::string opened_string(std::string_view field) const {
    return audit::CanonicalValue(opening(field)).string();
  }
  [[nodiscard]] const audit::CanonicalMembers& facts() const { return facts_; }
  [[nodiscard]] std::string agent_id() {
    if (row_.agent_id.empty()) complete_ = false;
    return audit::unescaped(row_.agent_id);
  }
  [[nodiscard]] std::string optional_agent_id() const { return std::string(row_.agent_id); }
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  [[nodiscard]] std::string_view opening(std::string_view field) const {
    for (const audit::OpenedField& each : openings_) {
      if (each.field == field) return each.value;
    }
    return {};
  }

  const audit::RowFrame& row_;
  audit::CanonicalMembers facts_;
  std::span<const audit::OpenedField> openings_;
  bool complete_ = true;
};

ActionDecided read_action(Facts& in, ActionOutcome outcome) {
  ActionDecided e{.audit_event_id = in.required("audit_event_id"),
                  .agent_id = in.agent_id(),
                  .event_id = in.optional("event_id"),
                  .action_type = in.required("action_type"),
                  .delegation_chain = {},
                  .outcome = outcome,
                  .denial_reason = in.optional("denial_reason"),
                  .policy_name = in.optional("policy_name"),
                  .request_digest = in.digest("request_digest"),
                  .claimed_approval_id = in.optional("claimed_approval_id"),
                  .claim_id = in.optional("claim_id"),
                  .conditions = in.opened("conditions"),
                  .metadata = in.opened("metadata"),
                  .data_accessed = in.opened("data_accessed")};
  if (in.facts()["data_count"].present()) e.data_count = in.integer(in.facts(), "data_count");
  if (const audit::CanonicalValue chain = in.facts()["delegation_chain"]; chain.present())
    e.delegation_chain = in.strings(chain);
  if (in.facts()["policy_digest"].present()) e.policy_digest = in.digest("policy_digest");
  if (outcome == ActionOutcome::requested) {
    const audit::CanonicalValue asked = in.facts()["approval"];
    e.approval = ApprovalAsked{.approval_id = in.required_in(asked, "approval_id"),
                               .digest = in.digest(asked, "digest"),
                               .quorum = in.integer(asked, "quorum"),
                               .approvers = in.strings(asked["approvers"]),
                               .timeout_ms = in.time(asked, "timeout_at")};
  }
  return e;
}

std::optional<Event> read_breaker(Facts& in) {
  const std::optional<breaker::State> from = breaker::parse_state(in.required("from"));
  const std::optional<breaker::State> to = breaker::parse_state(in.required("state"));
  const std::optional<breaker::Reason> reason = breaker::parse_reason(in.required("reason"));
  if (!from || !to || !reason) return {};
  breaker::Change change{.from = *from, .to = *to, .reason = *reason};
  if (*to == breaker::State::open) change.until_ms = in.time(in.facts(), "until");
  if (*from == breaker::State::closed) {
    change.observed = in.integer(in.facts(), "observed");
    change.limit = in.integer(in.facts(), "limit");
  }
  return BreakerChanged{in.agent_id(), change};
}

std::optional<Event> read_anomaly(Facts& in) {
  const std::optional<anomaly::Kind> kind = anomaly::parse_kind(in.required("kind"));
  if (!kind) return {};
  return AnomalyDetected{in.agent_id(),
                         in.optional("audit_event_id"),
                         {.kind = *kind,
                          .severity = in.integer(in.facts(), "severity"),
                          .observed = in.integer(in.facts(), "observed"),
                          .usual = in.integer(in.facts(), "usual")}};
}

std::optional<Event> read(std::string_view type, Facts& in) {
  // Nearly all of them are these.
  for (const ActionOutcome outcome :
       {ActionOutcome::executed, ActionOutcome::denied, ActionOutcome::requested}) {
    if (type == row_type(outcome)) return read_action(in, outcome);
  }
  if (type == "ledger.opened") return LedgerOpened{in.required("org_id")};
  if (type == "agent.registered") {
    return AgentRegistered{in.agent_id(), in.required("name"), in.strings(in.facts()["capabilities"]),
                           in.key(), in.required("by")};
  }
  if (type == "operator.registered") {
    return OperatorRegistered{in.required("operator_id"), in.required("name"),
                              in.strings(in.facts()["roles"]), in.key(), in.required("by")};
  }
  if (type == "key.revoked") return KeyRevoked{in.agent_id(), in.required("key_id"), in.required("by")};
  if (type == "agent.halted") return AgentHalted{in.agent_id(), true, in.required("by")};
  if (type == "agent.resumed") return AgentHalted{in.agent_id(), false, in.required("by")};
  if (type == "settings.changed") {
    return SettingsChanged{std::string(in.facts()["settings"].text()), in.required("by")};
  }
  if (type == "breaker.changed") return read_breaker(in);
  if (type == "anomaly.detected") return read_anomaly(in);
  if (type == "policy.changed") {
    const std::string_view policy = in.facts()["policy"].text();
    return PolicyChanged{in.required("name"), std::string(policy), in.digest("digest"), in.required("by")};
  }
  if (type == "approval.decided") {
    return ApprovalDecided{
        in.required("approval_id"), in.required("audit_event_id"), in.agent_id(),
        in.required("operator_id"), in.required("operator_name"),  in.required("decision") == "approve",
        in.required("state"),       in.opened_string("reason")};
  }
  if (type == "approval.expired" || type == "approval.cancelled") {
    return ApprovalEnded{in.required("approval_id"), in.required("audit_event_id"), in.agent_id(),
                         type == "approval.expired"};
  }
  if (type == "delegation.created") {
    return DelegationCreated{in.required("delegation_id"),
                             in.optional("parent_id"),
                             in.agent_id(),
                             in.optional("event_id"),
                             in.required("name"),
                             in.strings(in.facts()["capabilities"]),
                             in.integer(in.facts(), "depth"),
                             in.time(in.facts(), "expires_at"),
                             in.digest("request_digest")};
  }
  if (type == "delegation.expired" || type == "delegation.revoked") {
    return DelegationEnded{in.required("delegation_id"), in.agent_id(), type == "delegation.expired",
                           in.optional("by")};
  }
  if (type == "outcome.reported") {
    return OutcomeReported{in.required("audit_event_id"), in.agent_id(),
                           in.optional("event_id"),       in.required("status"),
                           in.digest("request_digest"),   in.opened_string("message"),
                           in.opened("metadata")};
  }
  if (type == "snapshot.taken") return SnapshotTaken{in.digest("digest")};
  if (type == "row.redacted") {
    return RowRedacted{static_cast<std::uint64_t>(in.integer(in.facts(), "redacted_row_id")),
                       in.optional_agent_id(), in.strings(in.facts()["fields"]), in.required("by"),
                       in.opened_string("reason")};
  }
  return {};
}

}  // namespace

Result<Event> decode(const audit::RowFrame& row, std::span<const audit::CanonicalMember> facts,
                     std::span<const audit::OpenedField> openings) {
  Facts in(row, facts, openings);
  std::optional<Event> event = read(row.type, in);
  if (event && in.complete()) return std::move(*event);
  return Error{Code::ledger_corrupt,
               "row " + std::to_string(row.row_id) + " of type \"" + std::string(row.type) +
                   (event ? "\" lacks facts that its type needs" : "\" is of no known type")};
}

Result<Event> decode(const audit::RowView& row) {
  std::vector<audit::CanonicalMember> facts;
  const Result<audit::RowFrame> frame = audit::read_frame(row.text, facts);
  if (!frame) return frame.error();
  std::vector<audit::OpenedField> openings;
  const Status opened = audit::read_openings(frame->commitments, row.openings, openings);
  return opened ? decode(*frame, facts, openings) : opened.error();
}

}  // namespace al::engine
