#include "oracle.h"

#include <algorithm>
#include <span>

#include "reading.h"
#include "wire/realtime.h"

namespace al::sim {

namespace {

std::vector<std::string> strings(json::Value list) {
  std::vector<std::string> out;
  for (const json::Value item : list.items()) out.emplace_back(item.string());
  return out;
}

/// Whether `pattern` ("*", "a.*" or "a.b") takes in `inner`, an action type or another pattern.
bool takes_in(std::string_view pattern, std::string_view inner) {
  if (pattern == "*" || pattern == inner) return true;
  return pattern.ends_with(".*") && inner.starts_with(pattern.substr(0, pattern.size() - 1));
}

bool any_takes_in(const std::vector<std::string>& patterns, std::string_view inner) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return takes_in(pattern, inner); });
}

/// By the table of event types in docs/realtime.md; what stands in neither column is nobody's news.
std::string_view news_of(std::string_view row_type) {
  if (row_type == "action.requested") return "approval.requested";
  if (row_type == "agent.halted" || row_type == "agent.resumed" || row_type == "breaker.changed")
    return "enforcement.triggered";
  const std::span<const std::string_view> types = wire::event_types();
  const auto same = std::find(types.begin(), types.end(), row_type);
  return same == types.end() ? std::string_view() : *same;
}

}  // namespace

void Oracle::observe(const audit::Row& row, Millis wall_ms) {
  const Reading reading(row);
  stage_.say("ledger    row ", row.row_id, " ", reading.type, " ", reading.agent_id, " ", row.text);
  verifier_.add(row.text, row.openings);
  frame(reading, wall_ms);
  news_.push_back({news_of(reading.type), reading.agent_id, json::canonical(reading.facts)});
  for (const char* field : {"metadata", "reason"}) {
    if (reading.openings.root()[field].present()) committed_.emplace_back(row.row_id, field);
  }
  const std::string& type = reading.type;
  if (type.ends_with(".registered")) return registered(reading);
  if (type == "policy.changed") return policy_changed(reading);
  if (type == "action.executed" || type == "action.denied" || type == "action.requested")
    return action_decided(reading);
  if (type == "approval.decided") return approval_decided(reading);
  if (type.starts_with("approval.")) return approval_ended(reading);
  if (type == "delegation.created") return delegation_created(reading);
  if (type.starts_with("delegation.")) return delegation_ended(reading);
  if (type == "breaker.changed") return circuit_changed(reading);
  if (type == "anomaly.detected") return anomaly_detected(reading);
  if (type == "outcome.reported") return outcome_reported(reading);
  if (type == "row.redacted") return row_redacted(reading);
  if (type == "snapshot.taken") return;  // Whether it is one, a process that begins with it will tell.
  if (type == "settings.changed") {
    circuits_.set_limits(reading.facts["settings"]);
    pending_max_ = reading.facts["settings"]["approvals"]["pending_max"].as_int64().value();
    stage_.count(Count::settings_changed);
  } else if (type == "agent.halted" || type == "agent.resumed") {
    agents_.at(reading.agent_id).halted = type == "agent.halted";
    if (type == "agent.halted") {
      const bool by_anomaly = reading.fact("by").starts_with("anomaly:");
      reading.must(!by_anomaly || circuits_.may_halt(reading.agent_id),
                   "an anomaly halts only where it is as severe as the settings say");
      stage_.count(by_anomaly ? Count::halts_by_anomaly : Count::halts);
    } else {
      circuits_.resume(reading.agent_id);
    }
  } else if (type == "key.revoked") {
    agents_.at(reading.agent_id).key_revoked_row = row.row_id;
    stage_.count(Count::keys_revoked);
  } else {
    reading.must(type == "ledger.opened" && row.row_id == 0, "every row is of a known type");
    roles_["host"] = {"owner"};
  }
}

/// What holds for every row.
void Oracle::frame(const Reading& row, Millis wall_ms) {
  row.must(verifier_.finding().damage == audit::Damage::none, "the ledger verifies at every row");
  // A row that waited in memory since an earlier moment has a time before this one.
  row.must(row.wall_ms == std::max(last_ms_, wall_ms),
           "a row bears the time at which it was made, and time never goes back");
  last_ms_ = row.wall_ms;
  const bool ends_something = row.type == "approval.expired" || row.type == "approval.cancelled" ||
                              row.type == "delegation.expired" || row.type == "breaker.changed";
  if (ends_something) return;
  row.must(!circuits_.overdue(row.wall_ms), "whatever is due ends before anything else happens");
  for (const auto& [id, approval] : approvals_) {
    row.must(!approval.open() || approval.timeout_ms > row.wall_ms,
             "whatever is due ends before anything else happens");
  }
  for (const auto& [id, delegation] : delegations_) {
    row.must(!delegation.live || delegation.expires_ms > row.wall_ms,
             "whatever is due ends before anything else happens");
  }
}

void Oracle::registered(const Reading& row) {
  if (row.type == "agent.registered") {
    agents_[row.agent_id] = {.name = row.fact("name"), .capabilities = strings(row.facts["capabilities"])};
  } else {
    roles_[row.fact("name")] = strings(row.facts["roles"]);
  }
}

void Oracle::policy_changed(const Reading& row) {
  const std::vector<std::string>& roles = roles_.at(row.fact("by"));
  row.must(std::find(roles.begin(), roles.end(), "owner") != roles.end(), "owners make the policies");
  stage_.count(Count::policies_changed);
  const json::Value policy = row.facts["policy"];
  if (!policy.present()) {
    policies_.erase(row.fact("name"));
    return;
  }
  policies_[row.fact("name")] = {
      .action_type = std::string(policy["action_type"].string()),
      .effect = std::string(policy["effect"].string()),
      .on_fail = std::string(policy["on_fail"].string()),
      .pr_size_max = policy["conditions"].present()
                         ? (*policy["conditions"].items().begin())["value"].as_int64().value_or(-1)
                         : 0,
      .digest = row.fact("digest")};
}

const Oracle::KnownPolicy* Oracle::policy_for(std::string_view action_type) const {
  const KnownPolicy* best = nullptr;
  for (const auto& [name, policy] : policies_) {
    if (!takes_in(policy.action_type, action_type)) continue;
    const bool exact = policy.action_type == action_type;
    if (!best || exact ||
        (best->action_type != action_type && policy.action_type.size() > best->action_type.size()))
      best = &policy;
  }
  return best;
}

/// What must come of an action now.
Oracle::Verdict Oracle::judge(const KnownAction& action) const {
  const KnownAgent& agent = agents_.at(action.agent_id);
  if (!action.delegation_id.empty()) {
    const KnownDelegation& delegation = delegations_.at(action.delegation_id);
    if (!delegation.live) return {"denied", delegation.expired ? "DELEGATION_EXPIRED" : "DELEGATION_REVOKED"};
    if (!any_takes_in(delegation.capabilities, action.action_type)) return {"denied", "DELEGATION_SCOPE"};
  }
  if (agent.halted) return {"denied", "AGENT_HALTED"};
  if (circuits_.stops(action.agent_id)) return {"denied", "CIRCUIT_OPEN"};
  if (!any_takes_in(agent.capabilities, action.action_type)) return {"denied", "AGENT_SCOPE"};
  const KnownPolicy* policy = policy_for(action.action_type);
  if (!policy) return {"denied", "NO_MATCHING_POLICY"};
  if (policy->effect == "allow") return {"executed", {}, policy};
  if (policy->effect == "deny") return {"denied", "POLICY_DENIED", policy};
  if (policy->effect == "require_approval") return {"requested", {}, policy};
  const Result<json::Document> metadata = json::parse(action.metadata.empty() ? "{}" : action.metadata);
  const std::optional<std::int64_t> size = metadata->root()["pr_size"].as_int64();
  if (size && *size <= policy->pr_size_max) return {"executed", {}, policy};
  if (policy->on_fail == "require_approval") return {"requested", {}, policy};
  return {"denied", "CONDITIONS_DENIED", policy};
}

std::int64_t Oracle::pending_of(const std::string& agent_id) const {
  return std::count_if(approvals_.begin(), approvals_.end(), [&](const auto& each) {
    return each.second.agent_id == agent_id && each.second.state == "pending";
  });
}

void Oracle::used(const std::string& agent_id, std::string_view event_id) {
  if (event_id.empty()) return;
  require(used_keys_.emplace(agent_id, event_id).second, "an idempotency key adds one row at most",
          std::string(event_id));
}

void Oracle::tally(const Reading& row, const KnownAction& action) const {
  const std::string reason = row.fact("denial_reason");
  if (action.outcome == "executed") stage_.count(Count::executed);
  if (action.outcome == "denied") stage_.count(Count::denied);
  if (action.outcome == "requested") stage_.count(Count::requested);
  if (reason == "AGENT_HALTED") stage_.count(Count::denied_halted);
  if (reason == "CIRCUIT_OPEN") stage_.count(Count::denied_circuit_open);
  if (reason == "APPROVAL_BACKLOG") stage_.count(Count::denied_backlog);
  if (reason == "POLICY_CHANGED") stage_.count(Count::denied_policy_changed);
  if (reason == "DELEGATION_UNKNOWN") stage_.count(Count::foreign_delegations_denied);
  if (reason == "DELEGATION_EXPIRED" || reason == "DELEGATION_REVOKED")
    stage_.count(Count::denied_by_delegation);
}

void Oracle::action_decided(const Reading& row) {
  const json::Value chain = row.facts["delegation_chain"];
  KnownAction now{.agent_id = row.agent_id,
                  .event_id = row.fact("event_id"),
                  .action_type = row.fact("action_type"),
                  .metadata = row.opened("metadata"),
                  .delegation_id = chain.present() ? strings(chain).back() : std::string(),
                  .request_digest = row.fact("request_digest"),
                  .outcome = row.type.substr(row.type.find('.') + 1),
                  .policy_digest = row.fact("policy_digest")};
  row.must(!agents_.at(row.agent_id).key_revoked_row, "nobody acts with a revoked key");
  row.must(!circuits_.due(row.agent_id, row.wall_ms), "a circuit changes before the next action is decided");
  if (!now.delegation_id.empty()) {
    const KnownDelegation* under = delegation(now.delegation_id);
    row.must(under && under->agent_id == row.agent_id, "an agent acts under its own delegations only");
  }
  tally(row, now);
  Verdict verdict = judge(now);
  const bool claims = !row.fact("claimed_approval_id").empty();
  const bool asks = !claims && verdict.outcome == "requested";
  if (asks && pending_of(row.agent_id) >= pending_max_)
    verdict = {.outcome = "denied", .reason = "APPROVAL_BACKLOG", .policy = verdict.policy};
  circuits_.decided(
      {row.agent_id, row.fact("audit_event_id"), now.outcome, row.fact("denial_reason"), !claims},
      row.wall_ms);
  if (claims) return action_claimed(row, now, verdict);
  const bool unknown = row.fact("denial_reason") == "DELEGATION_UNKNOWN";  // The row cannot say which it was.
  row.must(now.outcome == verdict.outcome || (unknown && now.outcome == "denied"),
           "an action comes to what the rules say");
  row.must(unknown || row.fact("denial_reason") == verdict.reason, "a denial says why");
  row.must(!actions_.contains(row.fact("audit_event_id")), "an action is decided once");
  used(now.agent_id, now.event_id);
  if (!now.event_id.empty()) decided_[{now.agent_id, now.event_id}] = row.fact("audit_event_id");
  now.row_id = row.raw.row_id;
  actions_[row.fact("audit_event_id")] = now;
  if (now.outcome == "requested") approval_asked(row);
}

void Oracle::action_claimed(const Reading& row, const KnownAction& now, Verdict verdict) {
  const auto found = approvals_.find(row.fact("claimed_approval_id"));
  row.must(found != approvals_.end(), "what is claimed was asked for");
  KnownApproval& approval = found->second;
  KnownAction& asked = actions_.at(approval.audit_event_id);
  row.must(approval.agent_id == row.agent_id, "an approval is claimed by the agent that asked");
  row.must(approval.state == "approved", "nothing is claimed that nobody approved");
  row.must(approval.claim_id.empty(), "an approval is good for one action");
  row.must(approval.timeout_ms > row.wall_ms, "an approval is not used after its time");
  if (row.fact("denial_reason") == "APPROVAL_MISMATCH") {
    const std::set<std::string>* gone = redacted(asked.row_id);
    row.must(gone && gone->contains("metadata") && now.outcome == "denied",
             "only what was redacted can no more be told from what was approved");
    approval.claim_id = row.fact("claim_id");
    asked.outcome = now.outcome;
    return stage_.count(Count::claims_redacted);
  }
  row.must(row.fact("audit_event_id") == approval.audit_event_id &&
               now.request_digest == asked.request_digest && now.action_type == asked.action_type &&
               now.metadata == asked.metadata && now.delegation_id == asked.delegation_id &&
               now.event_id == asked.event_id,
           "what the approver saw is what runs");
  if (verdict.outcome == "requested" && verdict.policy->digest == asked.policy_digest)
    verdict.outcome = "executed";
  if (verdict.outcome == "requested") verdict = {"denied", "POLICY_CHANGED"};
  row.must(now.outcome == verdict.outcome && row.fact("denial_reason") == verdict.reason,
           "the world is looked at again when an approval is claimed");
  approval.claim_id = row.fact("claim_id");
  asked.outcome = now.outcome;
  stage_.count(now.outcome == "executed" ? Count::claims : Count::claims_denied);
}

void Oracle::approval_asked(const Reading& row) {
  const json::Value asked = row.facts["approval"];
  approvals_[std::string(asked["approval_id"].string())] = {
      .audit_event_id = row.fact("audit_event_id"),
      .agent_id = row.agent_id,
      .delegation_id = actions_.at(row.fact("audit_event_id")).delegation_id,
      .quorum = asked["quorum"].as_int64().value_or(0),
      .approvers = strings(asked["approvers"]),
      .timeout_ms = row.time(asked["timeout_at"])};
}

void Oracle::approval_decided(const Reading& row) {
  KnownApproval& approval = approvals_.at(row.fact("approval_id"));
  const std::string who = row.fact("operator_name");
  row.must(approval.state == "pending" && approval.timeout_ms > row.wall_ms, "only what is open is decided");
  row.must(!approval.votes.contains(who), "an operator has one vote");
  const std::vector<std::string>& roles = roles_.at(who);
  const bool named =
      approval.approvers.empty() ||
      std::any_of(approval.approvers.begin(), approval.approvers.end(), [&](const std::string& each) {
        const bool role = each.starts_with("role:");
        return role ? std::find(roles.begin(), roles.end(), each.substr(5)) != roles.end() : each == who;
      });
  row.must(named, "those decide whom the policy names");
  const bool approves = row.fact("decision") == "approve";
  approval.votes[who] = approves;
  if (!approves) {
    approval.state = "denied";
    stage_.count(Count::refused_by_operator);
  } else if (static_cast<std::int64_t>(approval.votes.size()) >= approval.quorum) {
    approval.state = "approved";
    approval.was_approved = true;
    stage_.count(Count::approved);
  }
  row.must(row.fact("state") == approval.state, "a quorum approves, one denial ends it");
}

void Oracle::approval_ended(const Reading& row) {
  KnownApproval& approval = approvals_.at(row.fact("approval_id"));
  row.must(approval.open(), "what has ended does not end again");
  if (row.type == "approval.expired") {
    row.must(approval.timeout_ms <= row.wall_ms, "nothing expires before its time");
    stage_.count(approval.state == "approved" ? Count::expired_unclaimed : Count::expired_undecided);
  } else {
    row.must(!approval.delegation_id.empty(), "an approval is cancelled with its delegation");
    stage_.count(Count::cancelled_with_delegation);
  }
  approval.state = row.type.substr(row.type.find('.') + 1);
}

void Oracle::delegation_created(const Reading& row) {
  KnownDelegation now{.agent_id = row.agent_id,
                      .parent_id = row.fact("parent_id"),
                      .capabilities = strings(row.facts["capabilities"]),
                      .expires_ms = row.time(row.facts["expires_at"]),
                      .depth = row.facts["depth"].as_int64().value_or(0)};
  const KnownAgent& agent = agents_.at(row.agent_id);
  row.must(!agent.halted && !agent.key_revoked_row, "who may not act may not lend");
  const KnownDelegation* parent = now.parent_id.empty() ? nullptr : delegation(now.parent_id);
  if (!now.parent_id.empty()) {
    row.must(parent && parent->live && parent->agent_id == row.agent_id,
             "one lends from what is alive and one's own");
    row.must(now.expires_ms <= parent->expires_ms, "a delegation ends with its parent");
    row.must(now.depth == parent->depth + 1 && now.depth <= 5, "delegations nest five deep at most");
    stage_.count(Count::delegations_nested);
  }
  for (const std::string& capability : now.capabilities) {
    row.must(any_takes_in(parent ? parent->capabilities : agent.capabilities, capability),
             "one lends what one has");
  }
  stage_.count(Count::delegations);
  used(row.agent_id, row.fact("event_id"));
  created_[{row.agent_id, row.fact("event_id")}] = row.fact("delegation_id");
  delegations_[row.fact("delegation_id")] = std::move(now);
}

void Oracle::delegation_ended(const Reading& row) {
  const std::string id = row.fact("delegation_id");
  const bool expired = row.type == "delegation.expired";
  row.must(delegations_.at(id).live, "what has ended does not end again");
  row.must(!expired || delegations_.at(id).expires_ms <= row.wall_ms, "nothing expires before its time");
  std::set<std::string> ended{id};
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& [each, delegation] : delegations_) {
      if (ended.contains(delegation.parent_id) && ended.insert(each).second) grew = true;
    }
  }
  std::size_t live = 0;
  for (const std::string& each : ended) {
    KnownDelegation& delegation = delegations_.at(each);
    if (!delegation.live) continue;
    ++live;
    delegation.live = false;
    delegation.expired = expired;
  }
  for (const auto& [approval_id, approval] : approvals_) {
    row.must(!approval.open() || !ended.contains(approval.delegation_id),
             "a delegation takes its open approvals with it");
  }
  stage_.count(expired ? Count::delegations_expired : Count::delegations_revoked);
  if (live > 1) stage_.count(Count::subtrees_ended);
}

std::string Oracle::decided_under(const std::string& agent_id, const std::string& event_id) const {
  const auto found = decided_.find({agent_id, event_id});
  return found == decided_.end() ? std::string() : found->second;
}

std::string Oracle::created_under(const std::string& agent_id, const std::string& event_id) const {
  const auto found = created_.find({agent_id, event_id});
  return found == created_.end() ? std::string() : found->second;
}

std::vector<std::string> Oracle::live_delegations() const {
  std::vector<std::string> out;
  for (const auto& [id, delegation] : delegations_) {
    if (delegation.live) out.push_back(id);
  }
  return out;
}

std::vector<std::string> Oracle::open_approvals() const {
  std::vector<std::string> out;
  for (const auto& [id, approval] : approvals_) {
    if (approval.open()) out.push_back(id);
  }
  return out;
}

}  // namespace al::sim
