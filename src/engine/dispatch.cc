// A request on its way to its handler: who asks, for what, and whether that can be.
#include <algorithm>
#include <cassert>
#include <utility>

#include "base/hex.h"
#include "base/utf8.h"
#include "engine/context.h"

namespace al::engine {

Answer Engine::handle(const wire::Request& request, Millis now_ms, Entropy& entropy, AskedAgain& again,
                      const Digest* key_hash) {
  now_ms = std::max(now_ms, state_.last_wall_ms);
  if (ledger_.size() == 0) emit(LedgerOpened{mint_id("org-", entropy)}, now_ms, entropy);
  expire_due(now_ms, entropy);

  Context context{.request = request,
                  .now_ms = now_ms,
                  .entropy = entropy,
                  .ledger = ledger_,
                  .again = again,
                  .key_hash = key_hash};
  const std::uint64_t rows = ledger_.size();
  Answer result = dispatch(context);
  if (context.lacks_rows) {
    assert(ledger_.size() == rows);
    static_cast<void>(rows);
    const std::optional<Recall::Damage>& damage = again.recall.damage();
    result = damage ? answer(damage->error) : Answer{.lacks_rows = true};
  }
  return result;
}

std::optional<Principal> Engine::principal(const Digest& key_hash) const {
  std::optional<Principal> found;
  if (const auto local = local_.find(key_hash); local == local_.end()) {
    found = state_.directory.find_by_key(key_hash);
  } else if (local->second.kind == PrincipalKind::agent) {
    found = Principal{.agent = state_.directory.agent_named(local->second.name)};
  } else {
    found = Principal{.operator_ = state_.directory.operator_named(local->second.name)};
  }
  if (found && !found->agent && !found->operator_) found.reset();
  return found;
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
  if (key.empty() && !context.key_hash) {
    return Error{Code::unauthenticated, "no API key was sent; pass it as \"Authorization: Bearer …\""};
  }
  const std::optional<Principal> found = principal(context.key_hash ? *context.key_hash : sha256(key));
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
  constexpr std::string_view wanted = wire::media_type::json;
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
