// Actions: what an agent wants to do, what was decided, and the use of an approval.
#include <algorithm>
#include <array>
#include <cassert>

#include "base/bytes.h"
#include "engine/action_facts.h"
#include "engine/context.h"
#include "engine/denial.h"

namespace al::engine {

/// What is decided upon. The views must outlive the decision.
struct Engine::ActionRequest {
  std::string_view action_type;
  std::string_view agent_id;
  std::string_view agent_name;
  bool agent_halted = false;
  const std::vector<policy::Pattern>* agent_capabilities = nullptr;
  std::string_view delegation_id;
  std::string_view event_id;
  json::Value metadata;                   // or absent
  json::Value data_accessed;              // or absent
  std::int64_t data_count = 0;            // the sum of data_accessed's counts
  std::optional<Millis> counted_ms = {};  // of one that was asked before: when its rates counted it
};

namespace {

/// What most texts here take beside the parts that can be long, which are not to grow into it step by step.
constexpr std::size_t frame_bytes = 256;
constexpr std::size_t condition_bytes = 128;

/// SHA-256 of the canonical JSON of exactly what was asked. An idempotency key stands for it.
Digest digest_request(std::string_view agent_id, std::string_view action_type, std::string_view data_accessed,
                      std::string_view delegation_id, std::string_view metadata) {
  std::string text;
  text.reserve(frame_bytes + data_accessed.size() + metadata.size());
  json::Writer writer(text);
  writer.begin_object().field("action_type", action_type).field("agent_id", agent_id);
  if (!data_accessed.empty()) writer.raw_field("data_accessed", data_accessed);
  writer.field_if("delegation_id", delegation_id);
  if (!metadata.empty()) writer.raw_field("metadata", metadata);
  writer.end_object();
  return sha256(text);
}

/// What an approval is bound to: the request and the policy under which it was asked.
Digest digest_approval(const Digest& request, const Digest& policy) {
  return Sha256().update(request).update(policy).finish();
}

void check_data_accessed(json::ObjectReader& in, json::Value data, std::vector<json::Fault>& faults) {
  if (data.size() > wire::data_accessed_items_max) {
    in.fault("data_accessed",
             "must have at most " + std::to_string(wire::data_accessed_items_max) + " entries");
    return;
  }
  std::size_t index = 0;
  for (const json::Value item : data.items()) {
    json::ObjectReader entry(item, json::pointer_to(in.pointer("data_accessed"), index++), faults);
    entry.required_string("type");
    entry.integer("count", 0, std::int64_t{1} << 53);
    entry.string("sensitivity");
    entry.finish();
  }
}

/// Of what check_data_accessed let pass.
std::int64_t sum_counts(json::Value data) {
  std::int64_t sum = 0;
  for (const json::Value item : data.items()) sum += item["count"].as_int64().value_or(0);
  return sum;
}

/// The public result of an action, as its row tells it; of one that asked for approval, with how that stands
/// now.
std::string write_result(const ActionDecided& e, std::uint64_t row_id, const approval::Approval* asked) {
  constexpr std::array<std::string_view, 3> statuses{"executed", "denied", "requested"};
  std::string out;
  out.reserve(frame_bytes + e.conditions.size());
  json::Writer writer(out);
  writer.begin_object().field("status", statuses[static_cast<std::size_t>(e.outcome)]);
  writer.field("audit_event_id", e.audit_event_id)
      .field("action_type", e.action_type)
      .field("row_id", row_id);
  if (asked) {
    const std::string_view state = approval::text(asked->state);
    writer.field("approval_id", asked->approval_id).field("approval_status", state);
    writer.field("timeout_at", format_rfc3339(asked->timeout_ms));
    writer.field("message", asked->state == approval::State::pending
                                ? "waiting for approval"
                                : "the approval is " + std::string(state));
  } else {
    writer.field_if("approval_id", e.claimed_approval_id);
  }
  writer.field_if("denial_reason", e.denial_reason).field_if("policy_name", e.policy_name);
  writer.raw_field("conditions_evaluated", e.conditions.empty() ? "[]" : std::string_view(e.conditions))
      .end_object();
  return out;
}

}  // namespace

/// What a request is recorded as. A dry run has no need of it.
struct Engine::Recorded {
  std::string metadata;       // canonical JSON, or ""
  std::string data_accessed;  // canonical JSON, or ""
  Digest digest{};            // over these two, the action type, the agent's id and the delegation's

  explicit Recorded(const ActionRequest& request)
      : metadata(canonical_or_empty(request.metadata)),
        data_accessed(canonical_or_empty(request.data_accessed)),
        digest(digest_request(request.agent_id, request.action_type, data_accessed, request.delegation_id,
                              metadata)) {}

  /// Says in `e` what was asked, and binds an approval to that.
  void complete(ActionDecided& e, const ActionRequest& request) && {
    e.agent_id = request.agent_id;
    e.action_type = request.action_type;
    e.request_digest = digest;
    e.metadata = std::move(metadata);
    e.data_accessed = std::move(data_accessed);
    e.data_count = request.data_count;
    if (e.approval) e.approval->digest = digest_approval(digest, *e.policy_digest);
  }
};

/// Everything that a decision rests on, apart from who sends it: used live and again when an approval is
/// claimed. What was asked is not repeated in it (Recorded::complete).
ActionDecided Engine::decide(const ActionRequest& request, Millis now_ms, ConditionsAs form) const {
  ActionDecided e;
  const auto deny = [&](std::string_view reason) {
    e.outcome = ActionOutcome::denied;
    e.denial_reason = reason;
    return std::move(e);
  };
  const delegation::Delegation* delegation = nullptr;
  if (!request.delegation_id.empty()) {
    delegation = state_.delegations.find(request.delegation_id);
    // Another agent's delegation is as unknown as one that never was.
    if (!delegation || delegation->agent_id != request.agent_id) return deny(denial::delegation_unknown);
    for (const delegation::Delegation* link : state_.delegations.chain(request.delegation_id)) {
      e.delegation_chain.push_back(link->delegation_id);
    }
    if (delegation->state == delegation::State::expired) return deny(denial::delegation_expired);
    if (delegation->state == delegation::State::revoked) return deny(denial::delegation_revoked);
    if (!delegation::covers(delegation->capabilities, request.action_type))
      return deny(denial::delegation_scope);
  }
  if (request.agent_halted) return deny(denial::agent_halted);
  const Conduct* conduct = state_.conduct.find(request.agent_id);
  if (conduct && !conduct->circuit.lets_through(now_ms, state_.settings.breaker))
    return deny(denial::circuit_open);
  if (!delegation::covers(*request.agent_capabilities, request.action_type)) return deny(denial::agent_scope);

  const policy::Decision decision = state_.policies.decide(
      facts_of(state_, {request.action_type, request.agent_id, request.agent_name, delegation,
                        request.metadata, request.data_accessed, now_ms, request.counted_ms}));
  e.conditions.reserve(condition_bytes * decision.conditions.size());
  json::Writer conditions(e.conditions);
  write_conditions(conditions, decision.conditions, form);
  if (decision.policy) {
    e.policy_name = decision.policy->name;
    e.policy_digest = decision.policy->digest;
  }
  if (decision.verdict == policy::Verdict::deny) return deny(policy::text(decision.reason));
  if (decision.verdict == policy::Verdict::allow) {
    e.outcome = ActionOutcome::executed;
    return e;
  }
  // Who is asked too often no longer looks. One that was asked before is in nobody's way.
  const bool anew = !request.counted_ms;
  if (anew && state_.approvals.pending_of(request.agent_id) >= state_.settings.approvals.pending_max)
    return deny(denial::approval_backlog);
  e.outcome = ActionOutcome::requested;
  const policy::ApprovalTerms& terms = decision.policy->approval;
  e.approval = ApprovalAsked{
      .quorum = terms.quorum, .approvers = terms.approvers, .timeout_ms = now_ms + terms.timeout_ms};
  return e;
}

/// Reads the body of POST /actions and POST /can-i, which the views show.
Result<Engine::ActionRequest> Engine::read_action(const Agent& agent, json::Value body) {
  std::vector<json::Fault> faults;
  json::ObjectReader in(body, "", faults);
  const std::string_view action_type = in.required_string("action_type");
  if (!action_type.empty() && !policy::is_action_type(action_type)) {
    in.fault("action_type", "must be dot-separated words such as \"pr.merge\", at most " +
                                std::to_string(wire::action_type_bytes_max) + " bytes");
  }
  const json::Value metadata = in.object("metadata");
  const json::Value data = in.array("data_accessed");
  check_data_accessed(in, data, faults);
  in.finish();
  if (!faults.empty()) return json::faults_error(Code::invalid_request, "the action is not valid", faults);

  return ActionRequest{.action_type = action_type,
                       .agent_id = agent.agent_id,
                       .agent_name = agent.name,
                       .agent_halted = agent.halted,
                       .agent_capabilities = &agent.capabilities,
                       .delegation_id = {},
                       .event_id = {},
                       .metadata = metadata,
                       .data_accessed = data,
                       .data_count = sum_counts(data)};
}

Answer Engine::post_action(Context& context) {
  Result<ActionRequest> request = read_action(*context.principal.agent, context.body.root());
  if (!request) return answer(request.error());
  request->delegation_id = context.request.delegation_id;
  request->event_id = context.request.event_id;
  Recorded recorded(*request);
  const std::optional<Used> before = used(context, request->event_id);
  if (context.lacks_rows) return {};
  if (before && before->request_digest != recorded.digest) {
    return answer(Error{Code::idempotency_mismatch,
                        "this idempotency key was used for another request; use a new one for each request"});
  }
  if (before) {
    const audit::Row* row = decision(context, before->audit_event_id);
    if (row != nullptr) return recorded_action(*row);
    // The same digest under another kind of request cannot be; were it so, it is no action of this key.
    return answer(
        Error{Code::idempotency_mismatch, "this idempotency key was used for another kind of request"});
  }
  settle_circuit(context, context.principal.agent->agent_id);
  ActionDecided decided = decide(*request, context.now_ms);
  std::move(recorded).complete(decided, *request);
  decided.event_id = request->event_id;
  decided.audit_event_id = mint_audit_event_id(ledger_.size(), context.entropy);
  if (decided.approval) decided.approval->approval_id = mint_id("apr-", context.entropy);
  return emit_action(context, std::move(decided));
}

Answer Engine::emit_action(Context& context, ActionDecided decided) {
  const Event event(std::move(decided));
  emit(context, event);
  const auto& e = std::get<ActionDecided>(event);
  const std::uint64_t row_id = ledger_.size() - 1;
  enforce(context, e.agent_id, e.audit_event_id);
  return answer_action(e, row_id);
}

Answer Engine::answer_action(const ActionDecided& decided, std::uint64_t row_id) const {
  const approval::Approval* asked =
      decided.approval ? state_.approvals.find(decided.approval->approval_id) : nullptr;
  Answer result = answer(asked ? 202 : 200, write_result(decided, row_id, asked));
  result.response.executed = decided.outcome == ActionOutcome::executed;
  return result;
}

/// The result that a row of our own recorded.
Answer Engine::recorded_action(const audit::Row& row) const {
  const Result<Event> event = decode({row.text, row.openings});
  return answer_action(std::get<ActionDecided>(*event), row.row_id);
}

namespace {

/// The answer to a dry run, and the same without names: its values in that order, "" for what is left out.
std::string write_dry_run(const ActionDecided& e, ConditionsAs form) {
  const bool allowed = e.outcome == ActionOutcome::executed;
  const bool needs_approval = e.outcome == ActionOutcome::requested;
  const std::string_view conditions = e.conditions.empty() ? "[]" : std::string_view(e.conditions);
  std::string out;
  out.reserve(frame_bytes + conditions.size());
  json::Writer writer(out);
  if (form == ConditionsAs::values) {
    writer.begin_array().value(allowed).value(needs_approval).value(e.policy_name).value(e.denial_reason);
    writer.raw(conditions).end_array();
  } else {
    writer.begin_object().field("allowed", allowed).field("needs_approval", needs_approval);
    writer.field_if("policy_name", e.policy_name).field_if("denial_reason", e.denial_reason);
    writer.raw_field("conditions_evaluated", conditions).end_object();
  }
  return out;
}

}  // namespace

Result<std::string> Engine::dry_run(const Agent& agent, json::Value asked, std::string_view delegation_id,
                                    Millis now_ms, ConditionsAs form) const {
  Result<ActionRequest> request = read_action(agent, asked);
  if (!request) return request.error();
  request->delegation_id = delegation_id;
  return write_dry_run(decide(*request, now_ms, form), form);
}

Answer Engine::can_i(Context& context) {
  Result<std::string> said = dry_run(*context.principal.agent, context.body.root(),
                                     context.request.delegation_id, context.now_ms, ConditionsAs::objects);
  return said ? answer(200, std::move(*said)) : answer(said.error());
}

std::optional<std::string> Engine::can_i_now(const Digest& key_hash, std::string_view asked,
                                             Millis now_ms) const {
  now_ms = std::max(now_ms, state_.last_wall_ms);
  if (ledger_.size() == 0 || is_due(now_ms)) return {};
  const std::optional<Principal> sender = principal(key_hash);
  const Result<json::Document> body =
      json::parse(asked, {.bytes_max = wire::body_bytes_max, .depth_max = wire::body_depth_max});
  if (!sender || !sender->agent || !body) return {};
  Result<std::string> said = dry_run(*sender->agent, body->root(), {}, now_ms, ConditionsAs::values);
  if (!said) return {};
  return std::move(*said);
}

const approval::Approval* Engine::own_approval(const Context& context, std::string_view approval_id) const {
  const approval::Approval* found = state_.approvals.find(approval_id);
  if (!found || found->agent_id != context.principal.agent->agent_id) return nullptr;
  const std::string& self = context.request.delegation_id;
  if (self.empty() || self == found->delegation_id) return found;
  const std::vector<const delegation::Delegation*> chain = state_.delegations.chain(found->delegation_id);
  const bool below = std::any_of(chain.begin(), chain.end(), [&](const delegation::Delegation* link) {
    return link->delegation_id == self;
  });
  return below ? found : nullptr;
}

Answer Engine::claim_approval(Context& context) {
  std::vector<json::Fault> faults;
  json::ObjectReader in(context.body.root(), "", faults);
  const std::string claim_id(bounded_text(in, "claim_id", wire::event_id_bytes_max, true));
  in.finish();
  if (!faults.empty())
    return answer(json::faults_error(Code::invalid_request, "the claim is not valid", faults));

  const approval::Approval* approval = own_approval(context, context.argument(0));
  if (!approval) return answer(Error{Code::not_found, "this agent has no such approval"});
  if (!approval->claim_id.empty()) {
    if (approval->claim_id == claim_id) {
      const audit::Row* claimed = context.row(approval->claim_row_id);
      return claimed ? recorded_action(*claimed) : Answer{};
    }
    return answer(Error{Code::conflict, "the approval was used already; an approval is good for one action"});
  }
  if (approval->state == approval::State::expired) {
    return answer(Error{Code::approval_expired, "the approval expired before it was used; ask again"});
  }
  if (approval->state != approval::State::approved) {
    return answer(
        Error{Code::approval_not_approved,
              "the approval is " + std::string(approval::text(approval->state)) + ", not approved"});
  }

  // The world is looked at again, with exactly the request that was approved.
  const audit::Row* asked_row = context.row(approval->row_id);
  if (asked_row == nullptr) return {};
  const OwnRow asked = take_apart(*asked_row);
  const json::Value facts = asked.decoded.facts;
  const Agent& agent = *context.principal.agent;
  const json::Value data_accessed = asked.opened("data_accessed");
  const ActionRequest request{.action_type = facts["action_type"].string(),
                              .agent_id = agent.agent_id,
                              .agent_name = agent.name,
                              .agent_halted = agent.halted,
                              .agent_capabilities = &agent.capabilities,
                              .delegation_id = approval->delegation_id,
                              .event_id = {},
                              .metadata = asked.opened("metadata"),
                              .data_accessed = data_accessed,
                              .data_count = sum_counts(data_accessed),
                              .counted_ms = approval->created_ms};
  settle_circuit(context, agent.agent_id);
  ActionDecided e = decide(request, context.now_ms);
  Recorded(request).complete(e, request);
  e.audit_event_id = approval->audit_event_id;
  e.claimed_approval_id = approval->approval_id;
  e.claim_id = claim_id;
  e.event_id = facts["event_id"].string();
  if (to_hex(e.request_digest) != facts["request_digest"].string()) {
    e.outcome =
        ActionOutcome::denied;  // Its metadata was redacted: nobody can say any more what was approved.
    e.denial_reason = denial::approval_mismatch;
  } else if (e.outcome == ActionOutcome::requested && e.approval->digest != approval->digest) {
    e.outcome = ActionOutcome::denied;  // What was approved was approved under another policy.
    e.denial_reason = denial::policy_changed;
  } else if (e.outcome == ActionOutcome::requested) {
    e.outcome = ActionOutcome::executed;
  }
  e.approval.reset();
  return emit_action(context, std::move(e));
}

}  // namespace al::engine
