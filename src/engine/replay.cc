#include "engine/replay.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json_writer.h"
#include "engine/action_facts.h"
#include "engine/denial.h"
#include "engine/explanation.h"
#include "policy/candidates.h"

namespace al::engine {
namespace {

/// False for a denial that no policy had a part in.
bool policies_were_asked(const ActionDecided& event) {
  using policy::DenialReason;
  if (event.denial_reason == denial::approval_backlog) return true;
  constexpr std::array reasons{DenialReason::none, DenialReason::no_matching_policy,
                               DenialReason::policy_denied, DenialReason::conditions_denied,
                               DenialReason::policy_tampered};
  return std::any_of(reasons.begin(), reasons.end(),
                     [&](DenialReason reason) { return policy::text(reason) == event.denial_reason; });
}

/// True when the row commits to the field, but its value is not there.
bool is_hidden(const audit::DecodedRow& row, json::Value openings, std::string_view field) {
  return row.commitments[field].present() && !openings[field].present();
}

/// True when no policy up to the one that decides looks at anything.
bool is_unconditional(const policy::PolicySet& policies, const policy::Action& action,
                      const policy::Policy* decides) {
  for (const policy::Candidate& candidate : policy::candidates(policies, action)) {
    if (!candidate.policy->condition.empty()) return false;
    if (candidate.policy == decides) return true;
  }
  return true;
}

ActionOutcome outcome_of(policy::Verdict verdict) {
  switch (verdict) {
    case policy::Verdict::allow:
      return ActionOutcome::executed;
    case policy::Verdict::require_approval:
      return ActionOutcome::requested;
    case policy::Verdict::deny:
      break;
  }
  return ActionOutcome::denied;
}

Change compare(const Ruling& before, const Ruling& after) {
  if (before.outcome != after.outcome) return Change::outcome;
  return before == after ? Change::none : Change::grounds;
}

Error corrupt(std::uint64_t row_id, std::string_view what) {
  return {Code::ledger_corrupt, "row " + std::to_string(row_id) + ": " + std::string(what)};
}

}  // namespace

std::string_view text(Change change) {
  switch (change) {
    case Change::none:
      return "unchanged";
    case Change::grounds:
      return "other_grounds";
    case Change::outcome:
      return "changed";
    case Change::undecidable:
      return "undecidable";
    case Change::not_asked:
      return "not_asked";
  }
  return "";
}

Replay::Replay(std::vector<policy::Policy> policies) : policies_(std::move(policies)) {}

Result<std::optional<Redecision>> Replay::add(std::string_view text, std::string_view openings) {
  const std::uint64_t row_id = verifier_.rows_seen();
  verifier_.add(text, openings);
  if (const audit::Finding& finding = verifier_.finding(); finding.damage != audit::Damage::none)
    return corrupt(finding.row_id, finding.message);
  const Result<audit::DecodedRow> row = audit::decode(text);
  Result<json::Document> opened =
      json::parse(openings.empty() ? std::string_view("{}") : openings, audit::row_limits);
  if (!row) return corrupt(row_id, row.error().message);
  if (!opened) return corrupt(row_id, opened.error().message);
  const Result<Event> event = decode({text, openings});
  if (!event) return event.error();

  std::optional<Redecision> redecision;
  const auto* decided = std::get_if<ActionDecided>(&*event);
  if (decided && decided->claim_id.empty()) {
    Result<Redecision> again = decide_again(*row, *decided, opened->root());
    if (!again) return again.error();
    ++counts_[again->change];
    if (again->change == Change::outcome) ++transitions_[{again->before.outcome, again->after.outcome}];
    redecision = std::move(*again);
  }
  const Status applied = state_.apply(*event, row->row_id, row->wall_ms, nullptr);
  if (!applied) return applied.error();
  return redecision;
}

Result<Redecision> Replay::decide_again(const audit::DecodedRow& row, const ActionDecided& event,
                                        json::Value openings) const {
  const Agent* agent = state_.directory.agent(event.agent_id);
  if (!agent) return corrupt(row.row_id, "its agent was never registered");
  const delegation::Delegation* delegation = nullptr;
  if (!event.delegation_chain.empty()) {
    delegation = state_.delegations.find(event.delegation_chain.back());
    if (!delegation) return corrupt(row.row_id, "its delegation was never made");
  }
  const Ruling before{event.outcome, event.denial_reason, event.policy_name};
  Redecision again{.row_id = row.row_id,
                   .wall_ms = row.wall_ms,
                   .audit_event_id = event.audit_event_id,
                   .agent_id = agent->agent_id,
                   .agent_name = agent->name,
                   .delegation_name = delegation ? delegation->name : std::string(),
                   .action_type = event.action_type,
                   .change = Change::not_asked,
                   .before = before,
                   .after = before,
                   .conditions_evaluated = "[]"};
  if (!policies_were_asked(event)) return again;

  const policy::Action action = facts_of(state_, {.action_type = event.action_type,
                                                  .agent_id = agent->agent_id,
                                                  .agent_name = agent->name,
                                                  .delegation = delegation,
                                                  .metadata = openings["metadata"]["value"],
                                                  .data_accessed = openings["data_accessed"]["value"],
                                                  .now_ms = row.wall_ms});
  const policy::Decision decision = policies_.decide(action);
  const bool hidden = is_hidden(row, openings, "metadata") || is_hidden(row, openings, "data_accessed");
  if (hidden && !is_unconditional(policies_, action, decision.policy)) {
    again.change = Change::undecidable;
    return again;
  }
  again.after = {outcome_of(decision.verdict), std::string(policy::text(decision.reason)),
                 decision.policy ? decision.policy->name : std::string()};
  // How many waited, no policy changes.
  if (before.reason == denial::approval_backlog && again.after.outcome == ActionOutcome::requested) {
    again.after.outcome = before.outcome;
    again.after.reason = before.reason;
  }
  again.change = compare(again.before, again.after);
  again.conditions_evaluated.clear();
  json::Writer conditions(again.conditions_evaluated);
  write_conditions(conditions, decision.conditions);
  return again;
}

}  // namespace al::engine
