// Approvals as people and waiting agents see them.
#include <algorithm>

#include "base/bytes.h"
#include "engine/context.h"

namespace al::engine {

/// `asked`: the row that asked for it.
void Engine::write_approval(json::Writer& writer, const audit::Row& asked,
                            const approval::Approval& approval) const {
  const OwnRow row = take_apart(asked);
  const json::Value facts = row.decoded.facts;
  const Agent* agent = state_.directory.agent(approval.agent_id);
  const delegation::Delegation* delegation = state_.delegations.find(approval.delegation_id);

  writer.begin_object()
      .field("approval_id", approval.approval_id)
      .field("status", approval::text(approval.state));
  writer.field("claimable", true).field("claimed", !approval.claim_id.empty());
  writer.field("audit_event_id", approval.audit_event_id).field("agent_id", approval.agent_id);
  if (agent) writer.field("agent_name", agent->name);
  writer.field_if("delegation_id", approval.delegation_id);
  if (delegation) writer.field("delegation_name", delegation->name);
  writer.key("action_type").value(facts["action_type"]);
  for (const std::string_view field : {"metadata", "data_accessed"}) {
    const json::Value value = row.opened(field);
    if (value.present()) writer.key(field).value(value);
  }
  writer.field("digest", to_hex(approval.digest));
  if (facts["policy_name"].present()) writer.key("policy_name").value(facts["policy_name"]);
  const json::Value conditions = row.opened("conditions");
  writer.key("conditions_evaluated");
  if (conditions.present()) {
    writer.value(conditions);
  } else {
    writer.raw("[]");
  }
  writer.field("quorum", approval.quorum).strings("approvers", approval.approvers);
  writer.field("created_at", format_rfc3339(approval.created_ms));
  writer.field("timeout_at", format_rfc3339(approval.timeout_ms)).key("votes").begin_array();
  for (const approval::Vote& vote : approval.votes) {
    writer.begin_object()
        .field("decided_by", vote.operator_name)
        .field("decision", vote.approves ? "approve" : "deny");
    writer.field_if("reason", vote.reason).field("decided_at", format_rfc3339(vote.wall_ms)).end_object();
  }
  writer.end_array();
  const bool decided =
      approval.state == approval::State::approved || approval.state == approval::State::denied;
  if (decided && !approval.votes.empty()) {
    const approval::Vote& last = approval.votes.back();
    writer.field("decided_by", last.operator_name).field("decided_at", format_rfc3339(last.wall_ms));
    writer.field_if("reason", last.reason);
  }
  writer.end_object();
}

Answer Engine::get_approval(Context& context) {
  const Result<std::int64_t> wait_s = context.query_integer("wait", 0, 0, wire::approval_wait_s_max);
  if (!wait_s) return answer(wait_s.error());
  const std::string& approval_id = context.argument(0);
  const approval::Approval* approval =
      context.principal.agent ? own_approval(context, approval_id) : state_.approvals.find(approval_id);
  if (!approval) return answer(Error{Code::not_found, "there is no such approval"});
  const audit::Row* asked = context.row(approval->row_id);
  if (asked == nullptr) return {};
  std::string body;
  json::Writer writer(body);
  write_approval(writer, *asked, *approval);
  Answer out = answer(200, std::move(body));
  if (approval->state == approval::State::pending && *wait_s > 0) {
    out.wait_approval_id = approval->approval_id;
    out.wait_ms = *wait_s * 1000;
  }
  return out;
}

Answer Engine::list_approvals(Context& context) {
  const Result<std::int64_t> limit =
      context.query_integer("limit", wire::page_items_default, 1, wire::page_items_max);
  const Result<std::int64_t> from_row = context.query_integer("cursor", 0, 0, std::int64_t{1} << 53);
  if (!limit) return answer(limit.error());
  if (!from_row) return answer(from_row.error());
  const std::string_view wanted = context.query("status").value_or("pending");
  std::optional<approval::State> state;
  for (const auto candidate : {approval::State::pending, approval::State::approved, approval::State::denied,
                               approval::State::expired, approval::State::cancelled}) {
    if (approval::text(candidate) == wanted) state = candidate;
  }
  if (!state) {
    return answer(
        Error{Code::invalid_request,
              "the query parameter \"status\" must be pending, approved, denied, expired or cancelled"});
  }
  // A page begins at a row, so that what is decided meanwhile moves nothing past the reader.
  const auto page = static_cast<std::size_t>(*limit);
  const std::vector<const approval::Approval*> found =
      state_.approvals.in_state(*state, static_cast<std::uint64_t>(*from_row), page + 1);
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("approvals").begin_array();
  std::size_t shown = 0;
  for (std::size_t lacking = 0; shown < std::min(page, found.size()) && context.page_has_room(); ++shown) {
    const audit::Row* asked = context.row(found[shown]->row_id);
    if (asked != nullptr) {
      write_approval(writer, *asked, *found[shown]);
    } else if (++lacking == Ledger::page_rows) {
      return {};
    }
  }
  writer.end_array().key("next_cursor");
  if (found.size() > shown) {
    writer.value(std::string_view(std::to_string(found[shown]->row_id)));
  } else {
    writer.null();
  }
  writer.end_object();
  return answer(200, std::move(body));
}

Answer Engine::decide_approval(Context& context) {
  std::vector<json::Fault> faults;
  json::ObjectReader in(context.body.root(), "", faults);
  const std::string_view decision = in.required_string("decision");
  if (!decision.empty() && decision != "approve" && decision != "deny") {
    in.fault("decision", "must be \"approve\" or \"deny\"");
  }
  const std::string reason(bounded_text(in, "reason", wire::reason_bytes_max, false));
  in.finish();
  if (!faults.empty())
    return answer(json::faults_error(Code::invalid_request, "the decision is not valid", faults));

  const approval::Approval* approval = state_.approvals.find(context.argument(0));
  if (!approval) return answer(Error{Code::not_found, "there is no such approval"});
  const std::uint64_t asked = approval->row_id;
  if (context.row(asked) == nullptr) return {};
  const Operator& op = *context.principal.operator_;
  if (!approval->may_decide(op.name, op.roles)) {
    return answer(Error{Code::forbidden, "the policy names other approvers for this request"});
  }
  const bool approves = decision == "approve";
  const Result<approval::Weight> weight =
      approval::weigh(*approval, op.operator_id, approves, context.now_ms);
  if (!weight) return answer(weight.error());
  if (*weight != approval::Weight::repeats) {
    approval::State after = approval::State::pending;
    if (*weight == approval::Weight::approves) after = approval::State::approved;
    if (*weight == approval::Weight::denies) after = approval::State::denied;
    emit(context, ApprovalDecided{.approval_id = approval->approval_id,
                                  .audit_event_id = approval->audit_event_id,
                                  .agent_id = approval->agent_id,
                                  .operator_id = op.operator_id,
                                  .operator_name = op.name,
                                  .approves = approves,
                                  .state_after = std::string(approval::text(after)),
                                  .reason = reason});
  }
  std::string body;
  json::Writer writer(body);
  write_approval(writer, *context.row(asked), *state_.approvals.find(context.argument(0)));
  return answer(200, std::move(body));
}

}  // namespace al::engine
