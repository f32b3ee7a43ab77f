#include "wire/endpoints.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace al::wire {
namespace {

using enum Audience;
constexpr bool doc = true;
constexpr bool ours = false;

constexpr std::array table{
    EndpointTraits{Endpoint::post_action, "execute", Method::post, "/actions", agent, doc},
    EndpointTraits{Endpoint::list_approvals, "approvals", Method::get, "/approvals", operator_, ours},
    EndpointTraits{Endpoint::get_approval, "approval", Method::get, "/approvals/{}", any_principal, ours},
    EndpointTraits{Endpoint::decide_approval, "decide", Method::post, "/approvals/{}/decision", operator_,
                   ours},
    EndpointTraits{Endpoint::claim_approval, "claim", Method::post, "/approvals/{}/claim", agent, ours},
    EndpointTraits{Endpoint::whoami, "whoami", Method::get, "/whoami", any_principal, doc},
    EndpointTraits{Endpoint::list_policies, "policies", Method::get, "/policies", any_principal, doc},
    EndpointTraits{Endpoint::replace_policies, "replacePolicies", Method::put, "/policies", owner, ours},
    EndpointTraits{Endpoint::put_policy, "putPolicy", Method::put, "/policies/{}", owner, ours},
    EndpointTraits{Endpoint::delete_policy, "deletePolicy", Method::delete_, "/policies/{}", owner, ours},
    EndpointTraits{Endpoint::can_i, "canI", Method::post, "/can-i", agent, doc},
    EndpointTraits{Endpoint::list_audit, "audit", Method::get, "/audit", any_principal, doc},
    EndpointTraits{Endpoint::verify_audit, "verifyAudit", Method::get, "/audit/verify", any_principal, doc},
    EndpointTraits{Endpoint::get_checkpoint, "checkpoint", Method::get, "/audit/checkpoint", any_principal,
                   ours},
    EndpointTraits{Endpoint::get_receipt, "receipt", Method::get, "/audit/receipts/{}", any_principal, ours},
    EndpointTraits{Endpoint::list_entries, "entries", Method::get, "/audit/entries", any_principal, ours},
    EndpointTraits{Endpoint::inclusion_proof, "inclusionProof", Method::get, "/audit/proof/inclusion",
                   any_principal, ours},
    EndpointTraits{Endpoint::consistency_proof, "consistencyProof", Method::get, "/audit/proof/consistency",
                   any_principal, ours},
    EndpointTraits{Endpoint::create_delegation, "delegate", Method::post, "/delegations", agent, doc},
    EndpointTraits{Endpoint::list_delegations, "delegations", Method::get, "/delegations", agent, doc},
    EndpointTraits{Endpoint::revoke_delegation, "revoke", Method::delete_, "/delegations/{}", any_principal,
                   doc},
    EndpointTraits{Endpoint::report, "report", Method::post, "/report", agent, doc},
    EndpointTraits{Endpoint::posture, "posture", Method::get, "/posture", any_principal, doc},
    EndpointTraits{Endpoint::register_agent, "registerAgent", Method::post, "/agents", owner, ours},
    EndpointTraits{Endpoint::halt_agent, "haltAgent", Method::post, "/agents/{}/halt", operator_, ours},
    EndpointTraits{Endpoint::resume_agent, "resumeAgent", Method::post, "/agents/{}/resume", operator_, ours},
    EndpointTraits{Endpoint::revoke_key, "revokeKey", Method::delete_, "/agents/{}/keys/{}", owner, ours},
    EndpointTraits{Endpoint::register_operator, "registerOperator", Method::post, "/operators", owner, ours},
    EndpointTraits{Endpoint::redact_row, "redactRow", Method::post, "/audit/redactions", owner, ours},
    EndpointTraits{Endpoint::get_settings, "settings", Method::get, "/settings", owner, ours},
    EndpointTraits{Endpoint::put_settings, "putSettings", Method::put, "/settings", owner, ours},
    EndpointTraits{Endpoint::openapi, "openapi", Method::get, "/openapi", anyone, doc},
    EndpointTraits{Endpoint::healthz, "healthz", Method::get, "/healthz", anyone, ours},
    EndpointTraits{Endpoint::readyz, "readyz", Method::get, "/readyz", anyone, ours},
};

/// The part of `path` up to its next slash; `path` keeps the rest.
std::string_view next_segment(std::string_view& path) {
  path.remove_prefix(path.starts_with('/') ? 1 : 0);
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

bool path_matches(std::string_view pattern, std::string_view path, std::vector<std::string_view>& arguments) {
  arguments.clear();
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = next_segment(pattern);
    const std::string_view found = next_segment(path);
    if (wanted == "{}" && !found.empty()) {
      arguments.push_back(found);
    } else if (wanted != found) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

bool decode_query(std::string_view query, std::vector<std::pair<std::string, std::string>>& out) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::optional<std::string> name = percent_decode(pair.substr(0, equals));
    std::optional<std::string> value = percent_decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return false;
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return true;
}

}  // namespace

std::span<const EndpointTraits> endpoints() { return table; }

const EndpointTraits& traits(Endpoint endpoint) {
  return *std::find_if(table.begin(), table.end(),
                       [&](const EndpointTraits& t) { return t.endpoint == endpoint; });
}

std::string target(Endpoint endpoint, std::span<const std::string_view> arguments) {
  std::string out(api_root);
  std::string_view path = traits(endpoint).path;
  for (std::size_t hole = path.find("{}"); hole != std::string_view::npos; hole = path.find("{}")) {
    assert(!arguments.empty());
    out += path.substr(0, hole);
    out += percent_encode(arguments.front());
    arguments = arguments.subspan(1);
    path.remove_prefix(hole + 2);
  }
  out += path;
  return out;
}

Result<Route> route(Method method, std::string_view target) {
  const std::size_t question = std::min(target.find('?'), target.size());
  std::string_view path = target.substr(0, question);
  const std::string_view query = target.substr(std::min(question + 1, target.size()));
  const auto unknown = [] {
    return Error{Code::not_found,
                 "there is no such path; the API's paths begin with " + std::string(api_root)};
  };
  if (!path.starts_with(api_root)) return unknown();
  path.remove_prefix(api_root.size());
  if (!path.starts_with('/')) return unknown();

  bool path_known = false;
  std::vector<std::string_view> arguments;
  for (const EndpointTraits& candidate : table) {
    if (!path_matches(candidate.path, path, arguments)) continue;
    path_known = true;
    if (candidate.method != method) continue;
    Route route{.endpoint = candidate.endpoint};
    for (const std::string_view argument : arguments) {
      std::optional<std::string> decoded = percent_decode(argument);
      if (!decoded) return Error{Code::invalid_request, "the path has a malformed percent escape"};
      route.arguments.push_back(std::move(*decoded));
    }
    if (!decode_query(query, route.query)) {
      return Error{Code::invalid_request, "the query has a malformed percent escape"};
    }
    return route;
  }
  if (!path_known) return unknown();
  return Error{Code::method_not_allowed, "this path does not take " + std::string(text(method))};
}

}  // namespace al::wire
