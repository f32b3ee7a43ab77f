#include "engine/engine.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "audit/canonical.h"
#include "audit/checkpoint.h"
#include "base/hex.h"
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
  audit::RowBatch batch;
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
      if (Status applied = apply(batch.frames()[i], batch.openings(i)); !applied) return applied;
    }
  }
  return Unit{};
}

Status Engine::judge(const audit::RowView& row) {
  const std::string where = "row " + std::to_string(ledger_.size());
  const Result<audit::RowFrame> frame = audit::read_frame(row.text);
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
  return loaded ? apply(*frame, openings) : loaded;
}

Status Engine::apply(const audit::RowFrame& frame, std::span<const audit::OpenedField> openings) {
  const Result<Event> event = decode(frame, openings);
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
  must(state_.apply(event, row.row_id, now_ms, &undo_));
}

void Engine::emit(Context& context, const Event& event) { emit(event, context.now_ms, context.entropy); }

void Engine::commit() {
  undo_.clear();
  redactions_asked_.clear();
  state_.activity.forget(state_.last_wall_ms);
  committed_ = ledger_.size();
}

void Engine::rollback() {
  undo_.run(state_);
  // What is forgotten here, and not yet by the store, stays due. What a refused row asked for is still open.
  for (const auto& [row_id, field] : std::exchange(redactions_asked_, {})) {
    const auto due = redactions_.find(row_id);
    due->second.fields.erase(field);
    if (due->second.fields.empty()) redactions_.erase(due);
  }
  ledger_.truncate(committed_);
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

// ---- Requests
// -----------------------------------------------------------------------------------------------------------------------

Answer Engine::handle(const wire::Request& request, Millis now_ms, Entropy& entropy, AskedAgain& again) {
  now_ms = std::max(now_ms, state_.last_wall_ms);
  if (ledger_.size() == 0) emit(LedgerOpened{mint_id("org-", entropy)}, now_ms, entropy);
  expire_due(now_ms, entropy);

  Context context{
      .request = request, .now_ms = now_ms, .entropy = entropy, .ledger = ledger_, .again = again};
  const std::uint64_t rows = ledger_.size();
  Answer result = dispatch(context);
  if (context.lacks_rows) {
    assert(ledger_.size() == rows);
    static_cast<void>(rows);
    const std::optional<Recall::Damage>& damage = again.recall.damage();
    result = damage ? answer(damage->error) : Answer{.lacks_rows = true};
  }
  result.response.request_id = mint_id("req-", entropy);
  return result;
}

std::optional<Principal> Engine::principal(const Digest& key_hash) const {
  std::optional<Principal> found = state_.directory.find_by_key(key_hash);
  if (const auto local = local_.find(key_hash); local != local_.end()) {
    found = Principal{};
    if (local->second.kind == PrincipalKind::agent) {
      found->agent = state_.directory.agent_named(local->second.name);
    } else {
      found->operator_ = state_.directory.operator_named(local->second.name);
    }
  }
  if (found && !found->agent && !found->operator_) found.reset();
  return found;
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

std::optional<Engine::Used> Engine::used(Context& context, std::string_view event_id) const {
  if (event_id.empty()) return {};
  const std::string& agent_id = context.principal.agent->agent_id;
  for (const std::uint64_t row_id : state_.used_keys.rows(UsedKeys::fingerprint(agent_id, event_id))) {
    const audit::Row* row = context.row(row_id);
    if (row == nullptr) continue;
    const audit::DecodedRow decoded = own(*row);
    if (decoded.agent_id != agent_id || decoded.facts["event_id"].string() != event_id) continue;
    Used used{.row_id = row_id, .wall_ms = decoded.wall_ms};
    if (decoded.type.starts_with("action.")) used.audit_event_id = decoded.facts["audit_event_id"].string();
    const bool read = read_hex(decoded.facts["request_digest"].string(), used.request_digest);
    assert(read);
    static_cast<void>(read);
    return used;
  }
  return {};
}

const audit::Row* Engine::decision(Context& context, std::string_view audit_event_id) const {
  const std::optional<std::uint64_t> row_id = row_of(audit_event_id);
  const audit::Row* first = row_id && *row_id < ledger_.size() ? context.row(*row_id) : nullptr;
  if (first == nullptr) return nullptr;
  const audit::DecodedRow decoded = own(*first);
  if (decoded.facts["audit_event_id"].string() != audit_event_id || !decoded.type.starts_with("action."))
    return nullptr;
  // The use of its approval decided it a second time.
  const approval::Approval* asked = state_.approvals.find(decoded.facts["approval"]["approval_id"].string());
  return asked && !asked->claim_id.empty() ? context.row(asked->claim_row_id) : first;
}

std::optional<Error> Engine::authenticate(Context& context) const {
  const std::string& key = context.request.api_key;
  if (key.empty()) {
    return Error{Code::unauthenticated, "no API key was sent; pass it as \"Authorization: Bearer …\""};
  }
  const std::optional<Principal> found = principal(sha256(key));
  if (!found) return Error{Code::unauthenticated, "the API key is not known here, or was revoked"};
  context.principal = *found;
  return {};
}

std::optional<Error> Engine::authorize(const Context& context) const {
  switch (wire::traits(context.route.endpoint).audience) {
    case wire::Audience::agent:
      if (context.principal.agent) return {};
      return Error{Code::forbidden, "this is for agents; an operator's key cannot act"};
    case wire::Audience::operator_:
      if (context.principal.operator_) return {};
      return Error{Code::forbidden, "this is for operators; no agent key can do it"};
    case wire::Audience::owner:
      if (context.principal.operator_ && context.principal.operator_->has_role(wire::owner_role)) return {};
      return Error{Code::forbidden, "this is for operators with the role \"owner\""};
    case wire::Audience::any_principal:
    case wire::Audience::anyone:
      break;
  }
  return {};
}

namespace {

/// RFC 9110, 8.3.1: type and subtype in any case, then parameters, perhaps behind white space.
bool is_json(std::string_view content_type) {
  constexpr std::string_view wanted = "application/json";
  const std::string_view rest = content_type.substr(std::min(wanted.size(), content_type.size()));
  const auto same = [](char a, char b) {
    return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
  };
  return std::equal(wanted.begin(), wanted.end(), content_type.begin(),
                    content_type.end() - static_cast<std::ptrdiff_t>(rest.size()), same) &&
         (rest.empty() || rest.front() == ';' || rest.front() == ' ' || rest.front() == '\t');
}

bool takes_body(const wire::EndpointTraits& endpoint) {
  const bool verb_only =
      endpoint.endpoint == wire::Endpoint::halt_agent || endpoint.endpoint == wire::Endpoint::resume_agent;
  return !verb_only && (endpoint.method == wire::Method::post || endpoint.method == wire::Method::put);
}

/// Requests with a body say what it is; an endpoint that wants one refuses an absent one by itself.
Result<json::Document> read_body(const wire::Request& request, const wire::EndpointTraits& endpoint) {
  if (request.body.empty()) return json::Document();
  if (!is_json(request.content_type)) {
    return Error{Code::unsupported_media_type, "the body must be sent as application/json"};
  }
  Result<json::Document> body =
      json::parse(request.body, {.bytes_max = wire::body_bytes_max, .depth_max = wire::body_depth_max});
  if (body && !takes_body(endpoint) && !(body->root().is_object() && body->root().size() == 0)) {
    return Error{Code::invalid_request, "this request takes no body"};
  }
  return body;
}

/// Text from outside the body goes into rows and answers, which are UTF-8.
bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = audit::utf8_sequence_bytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

Status check_texts(const wire::Request& request, const wire::Route& route) {
  if (request.event_id.size() > wire::event_id_bytes_max) {
    return Error{Code::invalid_request,
                 "the idempotency key has more than " + std::to_string(wire::event_id_bytes_max) + " bytes"};
  }
  bool sound = is_utf8(request.event_id) && is_utf8(request.delegation_id);
  for (const std::string& argument : route.arguments) sound = sound && is_utf8(argument);
  for (const auto& [name, value] : route.query) sound = sound && is_utf8(name) && is_utf8(value);
  if (!sound) return Error{Code::invalid_request, "the path, the query or a header is not well-formed UTF-8"};
  return Unit{};
}

}  // namespace

Answer Engine::dispatch(Context& context) {
  Result<wire::Route> route = wire::route(context.request.method, context.request.target);
  if (!route) return answer(route.error());
  context.route = std::move(*route);
  if (const std::optional<Error> error = authenticate(context)) return answer(*error);
  if (const std::optional<Error> error = authorize(context)) return answer(*error);
  if (const Status sound = check_texts(context.request, context.route); !sound) return answer(sound.error());
  if (const Status known = context.only_known_query(); !known) return answer(known.error());
  Result<json::Document> body = read_body(context.request, wire::traits(context.route.endpoint));
  if (!body) return answer(body.error());
  context.body = std::move(*body);

  switch (context.route.endpoint) {
    case wire::Endpoint::post_action:
      return post_action(context);
    case wire::Endpoint::get_approval:
      return get_approval(context);
    case wire::Endpoint::list_approvals:
      return list_approvals(context);
    case wire::Endpoint::decide_approval:
      return decide_approval(context);
    case wire::Endpoint::claim_approval:
      return claim_approval(context);
    case wire::Endpoint::whoami:
      return whoami(context);
    case wire::Endpoint::list_policies:
      return list_policies(context);
    case wire::Endpoint::replace_policies:
      return replace_policies(context);
    case wire::Endpoint::put_policy:
      return put_policy(context);
    case wire::Endpoint::delete_policy:
      return delete_policy(context);
    case wire::Endpoint::can_i:
      return can_i(context);
    case wire::Endpoint::list_audit:
      return list_audit(context);
    case wire::Endpoint::verify_audit:
      return verify_audit(context);
    case wire::Endpoint::get_checkpoint:
      return get_checkpoint(context);
    case wire::Endpoint::get_receipt:
      return get_receipt(context);
    case wire::Endpoint::list_entries:
      return list_entries(context);
    case wire::Endpoint::inclusion_proof:
      return inclusion_proof(context);
    case wire::Endpoint::consistency_proof:
      return consistency_proof(context);
    case wire::Endpoint::create_delegation:
      return create_delegation(context);
    case wire::Endpoint::list_delegations:
      return list_delegations(context);
    case wire::Endpoint::revoke_delegation:
      return revoke_delegation(context);
    case wire::Endpoint::report:
      return report(context);
    case wire::Endpoint::posture:
      return posture(context);
    case wire::Endpoint::register_agent:
      return register_agent(context);
    case wire::Endpoint::halt_agent:
      return set_halted(context, true);
    case wire::Endpoint::resume_agent:
      return set_halted(context, false);
    case wire::Endpoint::revoke_key:
      return revoke_key(context);
    case wire::Endpoint::register_operator:
      return register_operator(context);
    case wire::Endpoint::redact_row:
      return redact_row(context);
    case wire::Endpoint::get_settings:
      return get_settings(context);
    case wire::Endpoint::put_settings:
      return put_settings(context);
    case wire::Endpoint::openapi:
    case wire::Endpoint::healthz:
    case wire::Endpoint::readyz:
      break;  // See handle_public(); here with a query, which they do not take.
  }
  return answer(Error{Code::not_found, "there is no such path"});
}

}  // namespace al::engine
