// How events are written. Facts have their names in order, so that they are canonical as they stand.
#include "engine/events.h"

#include <array>
#include <charconv>

#include "base/bytes.h"
#include "base/json_writer.h"

namespace al::engine {
namespace {

constexpr std::array<std::string_view, 3> action_types{"action.executed", "action.denied",
                                                       "action.requested"};

using json::Writer;

void digest_field(Writer& writer, std::string_view name, const Digest& digest) {
  writer.field(name, to_hex(digest));
}

void key_field(Writer& writer, const std::optional<Key>& key) {
  if (!key) return;
  writer.key("key").begin_object();
  digest_field(writer, "hash", key->hash);
  writer.field("key_id", key->key_id).end_object();
}

void redact(audit::Entry& entry, std::string_view field, std::string canonical_json) {
  if (!canonical_json.empty()) entry.redactable.push_back({field, std::move(canonical_json)});
}

std::string json_string(std::string_view text) {
  std::string out;
  if (!text.empty()) json::append_string(out, text);
  return out;
}

void facts(audit::Entry& entry, Writer& w, const LedgerOpened& e) {
  entry.type = "ledger.opened";
  w.field("org_id", e.org_id);
}

void facts(audit::Entry& entry, Writer& w, const AgentRegistered& e) {
  entry.type = "agent.registered";
  entry.agent_id = e.agent_id;
  w.field("by", e.by).strings("capabilities", e.capabilities);
  key_field(w, e.key);
  w.field("name", e.name);
}

void facts(audit::Entry& entry, Writer& w, const OperatorRegistered& e) {
  entry.type = "operator.registered";
  w.field("by", e.by);
  key_field(w, e.key);
  w.field("name", e.name).field("operator_id", e.operator_id).strings("roles", e.roles);
}

void facts(audit::Entry& entry, Writer& w, const KeyRevoked& e) {
  entry.type = "key.revoked";
  entry.agent_id = e.agent_id;
  w.field("by", e.by).field("key_id", e.key_id);
}

void facts(audit::Entry& entry, Writer& w, const AgentHalted& e) {
  entry.type = e.halted ? "agent.halted" : "agent.resumed";
  entry.agent_id = e.agent_id;
  w.field("by", e.by);
}

void facts(audit::Entry& entry, Writer& w, const PolicyChanged& e) {
  entry.type = "policy.changed";
  w.field("by", e.by).field("change", e.source.empty() ? "deleted" : "put");
  digest_field(w, "digest", e.digest);
  w.field("name", e.name);
  if (!e.source.empty()) w.raw_field("policy", e.source);
}

void facts(audit::Entry& entry, Writer& w, const ActionDecided& e) {
  entry.type = row_type(e.outcome);
  entry.agent_id = e.agent_id;
  w.field("action_type", e.action_type);
  if (e.approval) {
    w.key("approval").begin_object();
    w.field("approval_id", e.approval->approval_id).strings("approvers", e.approval->approvers);
    digest_field(w, "digest", e.approval->digest);
    w.field("quorum", e.approval->quorum)
        .field("timeout_at", format_rfc3339(e.approval->timeout_ms))
        .end_object();
  }
  w.field("audit_event_id", e.audit_event_id);
  w.field_if("claim_id", e.claim_id).field_if("claimed_approval_id", e.claimed_approval_id);
  if (e.data_count > 0) w.field("data_count", e.data_count);
  if (!e.delegation_chain.empty()) w.strings("delegation_chain", e.delegation_chain);
  w.field_if("denial_reason", e.denial_reason).field_if("event_id", e.event_id);
  if (e.policy_digest) digest_field(w, "policy_digest", *e.policy_digest);
  w.field_if("policy_name", e.policy_name);
  digest_field(w, "request_digest", e.request_digest);
  redact(entry, "conditions", e.conditions);
  redact(entry, "data_accessed", e.data_accessed);
  redact(entry, "metadata", e.metadata);
}

void facts(audit::Entry& entry, Writer& w, const ApprovalDecided& e) {
  entry.type = "approval.decided";
  entry.agent_id = e.agent_id;
  w.field("approval_id", e.approval_id).field("audit_event_id", e.audit_event_id);
  w.field("decision", e.approves ? "approve" : "deny");
  w.field("operator_id", e.operator_id).field("operator_name", e.operator_name).field("state", e.state_after);
  redact(entry, "reason", json_string(e.reason));
}

void facts(audit::Entry& entry, Writer& w, const ApprovalEnded& e) {
  entry.type = e.expired ? "approval.expired" : "approval.cancelled";
  entry.agent_id = e.agent_id;
  w.field("approval_id", e.approval_id).field("audit_event_id", e.audit_event_id);
}

void facts(audit::Entry& entry, Writer& w, const DelegationCreated& e) {
  entry.type = "delegation.created";
  entry.agent_id = e.agent_id;
  w.strings("capabilities", e.capabilities).field("delegation_id", e.delegation_id).field("depth", e.depth);
  w.field_if("event_id", e.event_id).field("expires_at", format_rfc3339(e.expires_ms)).field("name", e.name);
  w.field_if("parent_id", e.parent_id);
  digest_field(w, "request_digest", e.request_digest);
}

void facts(audit::Entry& entry, Writer& w, const DelegationEnded& e) {
  entry.type = e.expired ? "delegation.expired" : "delegation.revoked";
  entry.agent_id = e.agent_id;
  w.field_if("by", e.by).field("delegation_id", e.delegation_id);
}

void facts(audit::Entry& entry, Writer& w, const OutcomeReported& e) {
  entry.type = "outcome.reported";
  entry.agent_id = e.agent_id;
  w.field("audit_event_id", e.audit_event_id).field_if("event_id", e.event_id);
  digest_field(w, "request_digest", e.request_digest);
  w.field("status", e.status);
  redact(entry, "message", json_string(e.message));
  redact(entry, "metadata", e.metadata);
}

void facts(audit::Entry& entry, Writer& w, const RowRedacted& e) {
  entry.type = "row.redacted";
  entry.agent_id = e.agent_id;
  w.field("by", e.by).strings("fields", e.fields).field("redacted_row_id", e.row_id);
  redact(entry, "reason", json_string(e.reason));
}

void facts(audit::Entry& entry, Writer& w, const SettingsChanged& e) {
  entry.type = "settings.changed";
  w.field("by", e.by).raw_field("settings", e.settings);
}

void facts(audit::Entry& entry, Writer& w, const BreakerChanged& e) {
  entry.type = "breaker.changed";
  entry.agent_id = e.agent_id;
  const breaker::Change& change = e.change;
  w.field("from", breaker::text(change.from));
  if (change.from == breaker::State::closed)
    w.field("limit", change.limit).field("observed", change.observed);
  w.field("reason", breaker::text(change.reason)).field("state", breaker::text(change.to));
  if (change.to == breaker::State::open) w.field("until", format_rfc3339(change.until_ms));
}

void facts(audit::Entry& entry, Writer& w, const AnomalyDetected& e) {
  entry.type = "anomaly.detected";
  entry.agent_id = e.agent_id;
  w.field_if("audit_event_id", e.audit_event_id).field("kind", anomaly::text(e.finding.kind));
  w.field("observed", e.finding.observed).field("severity", e.finding.severity);
  w.field("usual", e.finding.usual);
}

void facts(audit::Entry& entry, Writer& w, const SnapshotTaken& e) {
  entry.type = "snapshot.taken";
  digest_field(w, "digest", e.digest);
}

}  // namespace

std::string mint_audit_event_id(std::uint64_t row_id, Entropy& entropy) {
  return mint_id("evt-" + std::to_string(row_id) + "-", entropy);
}

std::optional<std::uint64_t> row_of(std::string_view audit_event_id) {
  constexpr std::string_view prefix = "evt-";
  if (!audit_event_id.starts_with(prefix)) return {};
  const char* const end = audit_event_id.data() + audit_event_id.size();
  std::uint64_t row_id = 0;
  const auto [after, problem] = std::from_chars(audit_event_id.data() + prefix.size(), end, row_id);
  if (problem != std::errc() || after == end || *after != '-') return {};
  return row_id;
}

std::string_view row_type(ActionOutcome outcome) { return action_types[static_cast<std::size_t>(outcome)]; }

audit::Entry encode(const Event& event, Millis wall_ms) {
  audit::Entry entry{.wall_ms = wall_ms, .facts = {}};
  constexpr std::size_t usual_bytes = 512;  // of an action's; they are not to grow into it step by step
  entry.facts.reserve(usual_bytes);
  Writer writer(entry.facts);
  writer.begin_object();
  std::visit([&](const auto& e) { facts(entry, writer, e); }, event);
  writer.end_object();
  return entry;
}

}  // namespace al::engine
