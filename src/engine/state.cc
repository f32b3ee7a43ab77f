#include "engine/state.h"

#include <optional>
#include <utility>
#include <vector>

#include "engine/denial.h"
#include "wire/endpoints.h"

namespace al::engine {
namespace {

std::vector<policy::Pattern> patterns(const std::vector<std::string>& texts, bool& valid) {
  std::vector<policy::Pattern> out;
  for (const std::string& text : texts) {
    std::optional<policy::Pattern> pattern = policy::Pattern::parse(text);
    if (pattern) {
      out.push_back(std::move(*pattern));
    } else {
      valid = false;
    }
  }
  return out;
}

posture::Standing standing(ActionOutcome outcome) {
  switch (outcome) {
    case ActionOutcome::executed:
      return posture::Standing::approved;
    case ActionOutcome::requested:
      return posture::Standing::pending;
    case ActionOutcome::denied:
      break;
  }
  return posture::Standing::refused;
}

breaker::Decided seen_by_circuit(ActionOutcome outcome) {
  if (outcome == ActionOutcome::executed) return breaker::Decided::executed;
  return outcome == ActionOutcome::requested ? breaker::Decided::requested : breaker::Decided::denied;
}

}  // namespace

/// One overload an event.
struct State::Applier {
  State& state;
  std::uint64_t row_id;
  Millis wall_ms;
  Undo* undo;
  bool valid = true;

  /// Notes how to take back what comes next.
  template <typename Step>
  void remember(Step step) {
    if (undo != nullptr) undo->push(std::move(step));
  }
  void remember_approval(const std::string& approval_id) {
    if (undo == nullptr) return;
    const approval::Approval* now = state.approvals.find(approval_id);
    undo->push([approval_id, before = now ? std::optional(*now) : std::nullopt](State& s) {
      s.approvals.restore(approval_id, before);
    });
  }
  /// It has many counters, and is kept once a batch.
  template <typename Change>
  void change_conduct(const std::string& agent_id, Change change) {
    if (undo != nullptr && undo->keep_conduct(agent_id)) {
      const Conduct* now = state.conduct.find(agent_id);
      remember([agent_id, before = now ? std::optional(*now) : std::nullopt](State& s) {
        s.conduct.restore(agent_id, before);
      });
    }
    state.conduct.change(agent_id, change);
  }
  /// The row uses an idempotency key, if it has one.
  void use(std::string_view agent_id, std::string_view event_id) {
    if (event_id.empty()) return;
    const UsedKeys::Fingerprint key = UsedKeys::fingerprint(agent_id, event_id);
    remember([key, row = row_id](State& s) { s.used_keys.remove(key, row); });
    state.used_keys.add(key, row_id);
  }
  /// Each change says itself what there was before.
  using Before = std::optional<posture::Activity::Before>;
  template <typename Change>
  void change_activity(Change change) {
    if (undo == nullptr) return change(nullptr);
    Before before;
    change(&before);
    if (before) remember([before = std::move(*before)](State& s) { s.activity.restore(before); });
  }
  void settle(const std::string& audit_event_id, bool approved) {
    change_activity([&](Before* before) { state.activity.settle(audit_event_id, approved, before); });
  }

  void operator()(const LedgerOpened& e) {
    state.org_id = e.org_id;
    remember([](State& s) {
      s.directory.remove_operator(std::string(host_operator));
      s.org_id.clear();
    });
    state.directory.add_operator(
        {std::string(host_operator), std::string(host_operator), {std::string(wire::owner_role)}}, {});
  }

  void operator()(const AgentRegistered& e) {
    remember([id = e.agent_id](State& s) { s.directory.remove_agent(id); });
    state.directory.add_agent({e.agent_id, e.name, patterns(e.capabilities, valid), false}, e.key);
  }

  void operator()(const OperatorRegistered& e) {
    remember([name = e.name](State& s) { s.directory.remove_operator(name); });
    state.directory.add_operator({e.operator_id, e.name, e.roles}, e.key);
  }

  void operator()(const KeyRevoked& e) {
    remember([keys = state.directory.keys_of(e.key_id)](State& s) { s.directory.restore(keys); });
    state.directory.revoke_key(e.key_id);
  }

  void operator()(const AgentHalted& e) {
    const Agent* agent = state.directory.agent(e.agent_id);
    remember(
        [id = e.agent_id, before = agent && agent->halted](State& s) { s.directory.set_halted(id, before); });
    state.directory.set_halted(e.agent_id, e.halted);
    if (e.halted) return;
    change_conduct(e.agent_id, [](Conduct& its) { its.circuit.resume(); });
  }

  void operator()(const SettingsChanged& e) {
    remember([before = state.settings](State& s) { s.settings = before; });
    valid = state.restore_settings(e.settings);
  }

  void operator()(const BreakerChanged& e) {
    change_conduct(e.agent_id, [&](Conduct& its) { valid = its.circuit.apply(e.change); });
  }

  void operator()(const AnomalyDetected& e) {
    change_activity([&](Before* before) { state.activity.add_anomaly(wall_ms, e.agent_id, row_id, before); });
    change_conduct(e.agent_id,
                   [&](Conduct& its) { its.baseline.reported(e.finding.kind, e.finding.severity); });
  }

  void operator()(const PolicyChanged& e) {
    remember([name = e.name, before = state.policies.recorded(e.name)](State& s) {
      s.policies.restore(name, before);
    });
    if (e.source.empty()) {
      state.policies.remove(e.name);
      return;
    }
    valid = state.policies.put(e.source, e.digest);
  }

  void operator()(const ActionDecided& e) {
    if (e.outcome == ActionOutcome::executed) await_outcome(row_of(e.audit_event_id).value_or(row_id));
    note_conduct(e);
    if (e.claim_id.empty()) {
      use(e.agent_id, e.event_id);
      change_activity([&](Before* before) {
        state.activity.add(e.audit_event_id, wall_ms, e.agent_id, e.action_type, standing(e.outcome), row_id,
                           before);
      });
    } else {
      remember_approval(e.claimed_approval_id);
      state.approvals.claim(e.claimed_approval_id, e.claim_id, row_id);
    }
    if (!e.approval) return;
    remember_approval(e.approval->approval_id);
    state.approvals.open(
        {.approval_id = e.approval->approval_id,
         .audit_event_id = e.audit_event_id,
         .agent_id = e.agent_id,
         .delegation_id = e.delegation_chain.empty() ? std::string() : e.delegation_chain.back(),
         .row_id = row_id,
         .digest = e.approval->digest,
         .quorum = e.approval->quorum,
         .approvers = e.approval->approvers,
         .created_ms = wall_ms,
         .timeout_ms = e.approval->timeout_ms});
  }

  /// `decided`: the row that decided the action first.
  void await_outcome(std::uint64_t decided) {
    if (decided > row_id) return;  // No row of ours says so.
    remember([decided](State& s) { s.unreported_.erase(decided); });
    state.unreported_.insert(decided);
  }

  void note_conduct(const ActionDecided& e) {
    // Using an approval is the second decision on one action, which counts once.
    const bool first = e.claim_id.empty();
    const bool stopped = e.denial_reason == denial::agent_halted || e.denial_reason == denial::circuit_open;
    const bool out_of_scope =
        e.denial_reason == denial::agent_scope || e.denial_reason == denial::delegation_scope;
    change_conduct(e.agent_id, [&](Conduct& its) {
      if (first && e.outcome != ActionOutcome::denied) its.rates.add(e.action_type, wall_ms);
      if (first) its.baseline.acted(e.action_type, e.data_count, out_of_scope, wall_ms);
      if (stopped) return;
      its.circuit.decided(seen_by_circuit(e.outcome), first, e.audit_event_id, wall_ms,
                          state.settings.breaker);
    });
  }

  void operator()(const ApprovalDecided& e) {
    approval::State after = approval::State::pending;
    if (e.state_after == approval::text(approval::State::approved)) after = approval::State::approved;
    if (e.state_after == approval::text(approval::State::denied)) after = approval::State::denied;
    remember_approval(e.approval_id);
    state.approvals.record(e.approval_id, {e.operator_id, e.operator_name, e.approves, wall_ms, e.reason},
                           after);
    if (after != approval::State::pending) {
      settle(e.audit_event_id, after == approval::State::approved);
    }
  }

  void operator()(const ApprovalEnded& e) {
    remember_approval(e.approval_id);
    state.approvals.close(e.approval_id, e.expired ? approval::State::expired : approval::State::cancelled);
    settle(e.audit_event_id, false);
  }

  void operator()(const DelegationCreated& e) {
    delegation::Delegation made{.delegation_id = e.delegation_id,
                                .parent_id = e.parent_id,
                                .agent_id = e.agent_id,
                                .name = e.name,
                                .capabilities = patterns(e.capabilities, valid),
                                .depth = e.depth,
                                .created_ms = wall_ms,
                                .expires_ms = e.expires_ms,
                                .row_id = row_id};
    if (state.delegations.can_hold(made)) {
      remember([id = e.delegation_id](State& s) { s.delegations.remove(id); });
      state.delegations.add(std::move(made));
    } else {
      valid = false;
    }
    use(e.agent_id, e.event_id);
    change_conduct(e.agent_id, [&](Conduct& its) { its.baseline.delegated(wall_ms); });
  }

  void operator()(const DelegationEnded& e) {
    for (const std::string& id : state.delegations.live_subtree(e.delegation_id))
      remember([id](State& s) { s.delegations.revive(id); });
    state.delegations.end(e.delegation_id,
                          e.expired ? delegation::State::expired : delegation::State::revoked);
  }

  void operator()(const OutcomeReported& e) {
    use(e.agent_id, e.event_id);
    // Reporting again corrects the record, but must not drown what was reported first.
    const std::optional<std::uint64_t> decided = row_of(e.audit_event_id);
    if (!decided || !state.unreported_.contains(*decided)) return;
    remember([row = *decided](State& s) { s.unreported_.insert(row); });
    state.unreported_.erase(*decided);
    change_conduct(e.agent_id, [&](Conduct& its) {
      its.circuit.reported(e.audit_event_id, e.status == "failure", wall_ms, state.settings.breaker);
    });
  }

  /// What it says is done to rows, by the engine, once it is durable.
  void operator()(const RowRedacted& e) { valid = valid && e.row_id < row_id; }

  /// It is about what all rows before it came to.
  void operator()(const SnapshotTaken&) {}
};

void Undo::run(State& state) {
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) (*step)(state);
  clear();
}

bool State::restore_settings(const std::string& text) {
  const Result<json::Document> document = json::parse(text);
  const Result<Settings> read = document ? read_settings(document->root()) : document.error();
  if (read) settings = *read;
  return read.ok();
}

bool State::is_of(std::uint64_t rows) const {
  return used_keys.is_of(rows) && approvals.is_of(rows) && activity.is_of(rows);
}

Status State::apply(const Event& event, std::uint64_t row_id, Millis wall_ms, Undo* undo) {
  Applier applier{*this, row_id, wall_ms, undo};
  applier.remember([before = last_wall_ms](State& s) { s.last_wall_ms = before; });
  std::visit(applier, event);
  last_wall_ms = wall_ms;
  if (applier.valid) return Unit{};
  return Error{Code::ledger_corrupt,
               "row " + std::to_string(row_id) +
                   " holds something that is not valid: a policy, a pattern, a delegation, a row "
                   "number, settings or a change of a circuit"};
}

}  // namespace al::engine
