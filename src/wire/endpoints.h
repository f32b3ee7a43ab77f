// The one table of the wire API's endpoints, used by the client that calls them and the engine that answers.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/http.h"

namespace al::wire {

enum class Endpoint {
  post_action,
  get_approval,
  list_approvals,
  decide_approval,
  claim_approval,
  whoami,
  list_policies,
  replace_policies,
  put_policy,
  delete_policy,
  can_i,
  list_audit,
  verify_audit,
  get_checkpoint,
  get_receipt,
  list_entries,
  inclusion_proof,
  consistency_proof,
  create_delegation,
  list_delegations,
  revoke_delegation,
  report,
  posture,
  register_agent,
  halt_agent,
  resume_agent,
  revoke_key,
  register_operator,
  redact_row,
  get_settings,
  put_settings,
  openapi,
  healthz,
  readyz,
};

/// Who may call an endpoint. What decides over who decides (policies, agents' keys, operators and their
/// roles) is for operators with the role "owner" alone: otherwise one approver could make itself a quorum.
/// What is for anyone needs no key, says nothing about the organisation, and is answered whatever else goes
/// on.
enum class Audience { agent, operator_, owner, any_principal, anyone };
inline constexpr std::string_view owner_role = "owner";

struct EndpointTraits {
  Endpoint endpoint;
  std::string_view name;  // The operation's name across the JavaScript boundary, e.g. "execute".
  Method method;
  std::string_view path;  // Below the API's root; "{}" stands for one path argument.
  Audience audience;
  /// True where the hosted service documents the path; false where this project defined it.
  bool documented;
};

inline constexpr std::string_view api_root = "/api/v1";

[[nodiscard]] std::span<const EndpointTraits> endpoints();
[[nodiscard]] const EndpointTraits& traits(Endpoint endpoint);

/// "/api/v1/approvals/apr-1/claim" for the path of `endpoint` with its arguments filled in, percent-encoded.
[[nodiscard]] std::string target(Endpoint endpoint, std::span<const std::string_view> arguments = {});

/// What a request line means.
struct Route {
  Endpoint endpoint = Endpoint::whoami;
  std::vector<std::string> arguments;                      // decoded, in order
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
};

/// Fails with `not_found` for an unknown path, `method_not_allowed` for a known one, `invalid_request` for
/// bad escapes.
[[nodiscard]] Result<Route> route(Method method, std::string_view target);

}  // namespace al::wire
