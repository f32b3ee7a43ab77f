#include "engine/engine.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "audit/canonical.h"
#include "audit/checkpoint.h"
#include "engine/context.h"

namespace al::engine {

namespace {

/// What a load or an append of our own making cannot fail with.
void must(const Status& status) {
  assert(status.ok());
  static_cast<void>(status);
}

}  // namespace

Status Engine::load(std::span<const audit::RowView> rows) {
  audit::RowBatch batch(audit::RowBatch::Facts::kept);
  while (!rows.empty()) {
    const auto some = rows.first(std::min(rows.size(), audit::RowBatch::rows_max));
    rows = rows.subspan(some.size());
    if (!batch.check(some, {ledger_.size(), ledger_.head(), state_.last_wall_ms})) {
      for (const audit::RowView& row : some) {
        if (Status sound = judge(row); !sound) return sound;
      }
      continue;
    }
    ledger_.load(some, batch);
    for (std::size_t i = 0; i < some.size(); ++i) {
      if (Status applied = apply(batch.frames()[i], batch.facts(i), batch.openings(i)); !applied)
        return applied;
    }
  }
  return Unit{};
}

Status Engine::judge(const audit::RowView& row) {
  const std::string where = "row " + std::to_string(ledger_.size());
  std::vector<audit::CanonicalMember> facts;
  const Result<audit::RowFrame> frame = audit::read_frame(row.text, facts);
  if (!frame) return Error{Code::ledger_corrupt, where + ": " + frame.error().message};
  if (frame->wall_ms < state_.last_wall_ms) {
    return Error{Code::ledger_corrupt,
                 "row " + std::to_string(frame->row_id) + " is older than the row before it"};
  }
  std::vector<audit::OpenedField> openings;
  Status opened = audit::check_openings(frame->commitments, row.openings);
  if (opened) opened = audit::read_openings(frame->commitments, row.openings, openings);
  if (!opened) return Error{Code::ledger_corrupt, where + ", openings: " + opened.error().message};
  Status loaded =
      ledger_.load({frame->row_id, std::string(row.text), std::string(row.openings)}, frame->prev_hash);
  return loaded ? apply(*frame, facts, openings) : loaded;
}

Status Engine::apply(const audit::RowFrame& frame, std::span<const audit::CanonicalMember> facts,
                     std::span<const audit::OpenedField> openings) {
  // What an action was decided upon is in the ledger, and in no state.
  const bool action = frame.type.starts_with("action.");
  const Result<Event> event = decode(frame, facts, action ? std::span<const audit::OpenedField>() : openings);
  if (!event) return event.error();
  if (frame.row_id == 0 && !std::holds_alternative<LedgerOpened>(*event)) {
    return Error{Code::ledger_corrupt,
                 "row 0 must be of type \"ledger.opened\", not \"" + audit::unescaped(frame.type) + "\""};
  }
  Status applied = state_.apply(*event, frame.row_id, frame.wall_ms, nullptr);
  note_hidden(frame, openings);
  if (const auto* redacted = std::get_if<RowRedacted>(&*event); applied && redacted)
    load_redaction(*redacted);
  commit();
  return applied;
}

void Engine::attach(PrincipalKind kind, std::string name, const Digest& key_hash) {
  local_.insert_or_assign(key_hash, LocalPrincipal{kind, std::move(name)});
}

void Engine::emit(const Event& event, Millis now_ms, Entropy& entropy) {
  const audit::Row& row = ledger_.append(encode(event, now_ms), entropy);
  must(state_.apply(event, row.row_id, now_ms, home_ == LedgerHome::host ? &undo_ : nullptr));
}

void Engine::emit(Context& context, const Event& event) { emit(event, context.now_ms, context.entropy); }

void Engine::commit() {
  undo_.clear();
  redactions_asked_.clear();
  state_.activity.forget(state_.last_wall_ms);
  state_.delegations.forget(wire::delegations_ended_max);
  committed_ = ledger_.size();
}

void Engine::rollback() {
  assert(home_ == LedgerHome::host);
  undo_.run(state_);
  // What is forgotten here, and not yet by the store, stays due. What a refused row asked for is still open.
  for (const auto& [row_id, field] : std::exchange(redactions_asked_, {})) {
    const auto due = redactions_.find(row_id);
    due->second.fields.erase(field);
    if (due->second.fields.empty()) redactions_.erase(due);
  }
  ledger_.truncate(committed_);
}

void Engine::take_read(Recall& recall, RowRange range, std::span<const audit::RowView> rows) {
  recall.add(ledger_, range, rows);
  if (const std::optional<Recall::Damage>& damage = recall.damage())
    broken_row_ = std::min(broken_row_.value_or(damage->row_id), damage->row_id);
  // The store may still keep what is to go.
  for (const auto& [row_id, due] : redactions_) {
    if (const audit::Row* row = recall.find(row_id)) recall.reopen(row_id, without(*row, due.fields));
  }
}

std::string Engine::checkpoint(std::uint64_t rows) const {
  return audit::note_body({state_.org_id, rows, ledger_.tree().root(rows)});
}

Status Engine::keep_signature(std::uint64_t rows, const std::string& text,
                              std::span<const std::uint8_t> signature) {
  if (!signer_ || signature.size() != audit::ed25519_signature_bytes) {
    return Error{Code::ledger_unavailable, "the signer answered with " + std::to_string(signature.size()) +
                                               " bytes, which are no Ed25519 signature"};
  }
  signer_sound_ = true;
  signed_rows_ = rows;
  signed_note_ = text + "\n" + audit::signature_line(*signer_, signature);
  return Unit{};
}

// ---- Time
// ---------------------------------------------------------------------------------------------------------------------------

void Engine::end_delegation(const DelegationEnded& ended, Millis now_ms, Entropy& entropy) {
  // The approvals that wait on behalf of the subtree end with it, and say so before it is gone.
  for (const std::string& delegation_id : state_.delegations.live_subtree(ended.delegation_id)) {
    for (const approval::Approval* open : state_.approvals.open_for_delegation(delegation_id)) {
      emit(ApprovalEnded{open->approval_id, open->audit_event_id, open->agent_id, false}, now_ms, entropy);
    }
  }
  emit(ended, now_ms, entropy);
}

void Engine::expire_due(Millis now_ms, Entropy& entropy) {
  for (;;) {
    const approval::Approval* approval = state_.approvals.next_to_expire();
    const delegation::Delegation* delegation = state_.delegations.next_to_expire();
    const std::optional<ConductBook::Due> circuit = state_.conduct.next_due();
    const bool approval_due = approval && approval->timeout_ms <= now_ms;
    const bool delegation_due = delegation && delegation->expires_ms <= now_ms;
    if (circuit && circuit->at_ms <= now_ms) {
      // What happens to a circuit and to the others at one time has no order that matters.
      const std::optional<breaker::Change> change = circuit->circuit.due(now_ms, state_.settings.breaker);
      assert(change);
      emit(BreakerChanged{circuit->agent_id, *change}, now_ms, entropy);
    } else if (approval_due && (!delegation_due || approval->timeout_ms <= delegation->expires_ms)) {
      emit(ApprovalEnded{approval->approval_id, approval->audit_event_id, approval->agent_id, true}, now_ms,
           entropy);
    } else if (delegation_due) {
      end_delegation({delegation->delegation_id, delegation->agent_id, true, {}}, now_ms, entropy);
    } else {
      return;
    }
  }
}

void Engine::handle_timeout(Millis now_ms, Entropy& entropy) {
  expire_due(std::max(now_ms, state_.last_wall_ms), entropy);
}

bool Engine::is_due(Millis now_ms) const {
  const std::optional<Millis> due_ms = next_deadline();
  return due_ms && *due_ms <= std::max(now_ms, state_.last_wall_ms);
}

std::optional<Millis> Engine::next_deadline() const {
  const approval::Approval* approval = state_.approvals.next_to_expire();
  const delegation::Delegation* delegation = state_.delegations.next_to_expire();
  const std::optional<ConductBook::Due> circuit = state_.conduct.next_due();
  std::optional<Millis> next;
  const auto consider = [&](Millis at_ms) { next = std::min(next.value_or(at_ms), at_ms); };
  if (approval) consider(approval->timeout_ms);
  if (delegation) consider(delegation->expires_ms);
  if (circuit) consider(circuit->at_ms);
  return next;
}

}  // namespace al::engine
