// Delegations: lending less than one has, for a while.
#include <algorithm>

#include "engine/context.h"
#include "engine/denial.h"

namespace al::engine {
namespace {

/// The details of an error: the reason that an action would be denied for.
std::string because(std::string_view reason) {
  std::string details;
  json::Writer(details).begin_object().field("reason", reason).end_object();
  return details;
}

}  // namespace

Answer Engine::create_delegation(Context& context) {
  std::vector<json::Fault> faults;
  json::ObjectReader in(context.body.root(), "", faults);
  const std::string name(bounded_text(in, "name", wire::name_bytes_max, true));
  const std::size_t faults_before = faults.size();
  const std::vector<std::string> capabilities = read_capabilities(in, "capabilities");
  if (capabilities.empty() && faults.size() == faults_before)
    in.fault("capabilities", "must name at least one action type or pattern");
  const bool has_ttl = in.any("ttl").present();
  const std::optional<std::int64_t> ttl_s = in.integer("ttl", 1, wire::delegation_ttl_s_max);
  if (!has_ttl)
    in.fault("ttl", "is missing: the seconds, 1 to 86400, after which the delegation ends by itself");
  in.finish();
  if (!faults.empty())
    return answer(json::faults_error(Code::invalid_request, "the delegation is not valid", faults));

  const Agent& agent = *context.principal.agent;
  const std::string& parent_id = context.request.delegation_id;
  Sha256 hash;
  hash.update(parent_id).update("\n").update(json::canonical(context.body.root()));
  const Digest digest = hash.finish();
  const auto created = [&](const delegation::Delegation& delegation) {
    std::string body;
    json::Writer writer(body);
    write_delegation(writer, delegation);
    return answer(201, std::move(body));
  };
  const std::optional<Used> before = used(context, context.request.event_id);
  if (context.lacks_rows) return {};
  if (before) {
    for (const delegation::Delegation* mine : state_.delegations.of_agent(agent.agent_id)) {
      if (before->request_digest == digest && mine->row_id == before->row_id) return created(*mine);
    }
    if (before->request_digest == digest) {
      return answer(
          Error{Code::conflict,
                "the delegation of this idempotency key ended, and is no longer kept; use a new one"});
    }
    return answer(Error{Code::idempotency_mismatch, "this idempotency key was used for another request"});
  }

  const delegation::Delegation* parent = nullptr;
  if (!parent_id.empty()) {
    parent = state_.delegations.find(parent_id);
    if (!parent || parent->agent_id != agent.agent_id) {
      return answer(Error{Code::forbidden, "the delegation to lend from is not known",
                          because(denial::delegation_unknown)});
    }
    if (parent->state != delegation::State::live) {
      const bool expired = parent->state == delegation::State::expired;
      return answer(Error{Code::forbidden, "the delegation to lend from has ended",
                          because(expired ? denial::delegation_expired : denial::delegation_revoked)});
    }
  }
  if (agent.halted)
    return answer(Error{Code::forbidden, "this agent is halted", because(denial::agent_halted)});
  const std::vector<policy::Pattern>& held = parent ? parent->capabilities : agent.capabilities;
  for (const policy::Pattern& wanted : parse_patterns(capabilities)) {
    if (delegation::within({wanted}, held)) continue;
    return answer(Error{Code::forbidden,
                        "the capability \"" + wanted.text() + "\" is wider than what " +
                            (parent ? parent->name : agent.name) + " holds itself; ask for less",
                        because(denial::delegation_scope)});
  }
  const std::int64_t depth = parent ? parent->depth + 1 : 1;
  if (depth > wire::delegation_depth_max) {
    return answer(
        Error{Code::delegation_limit,
              "delegations may nest " + std::to_string(wire::delegation_depth_max) + " deep at most"});
  }
  if (state_.delegations.live_children(parent ? parent_id : agent.agent_id).size() >=
      wire::delegation_children_max) {
    return answer(Error{Code::delegation_limit, "there are already " +
                                                    std::to_string(wire::delegation_children_max) +
                                                    " live delegations below this parent; end some first"});
  }
  Millis expires_ms = context.now_ms + *ttl_s * 1000;
  if (parent) expires_ms = std::min(expires_ms, parent->expires_ms);
  const std::string delegation_id = mint_id("del-", context.entropy);
  emit(context, DelegationCreated{.delegation_id = delegation_id,
                                  .parent_id = parent_id,
                                  .agent_id = agent.agent_id,
                                  .event_id = context.request.event_id,
                                  .name = name,
                                  .capabilities = capabilities,
                                  .depth = depth,
                                  .expires_ms = expires_ms,
                                  .request_digest = digest});
  enforce(context, agent.agent_id, {});
  return created(*state_.delegations.find(delegation_id));
}

Answer Engine::list_delegations(Context& context) {
  const std::string_view role = context.query("role").value_or("");
  const std::string_view active = context.query("active_only").value_or("true");
  if (!role.empty() && role != "parent" && role != "child") {
    return answer(Error{Code::invalid_request, "the query parameter \"role\" must be parent or child"});
  }
  if (active != "true" && active != "false") {
    return answer(Error{Code::invalid_request, "the query parameter \"active_only\" must be true or false"});
  }
  // Seen from whoever asks: the agent itself, or the delegation that it acts under.
  const std::string& agent_id = context.principal.agent->agent_id;
  const std::string& self = context.request.delegation_id;
  const delegation::Delegation* under = state_.delegations.find(self);
  const bool own = under && under->agent_id == agent_id;
  std::vector<const delegation::Delegation*> candidates;
  if (active == "false") {
    candidates = state_.delegations.of_agent(agent_id);
  } else if (own || self.empty()) {
    candidates = state_.delegations.live_children(own ? self : agent_id);
    if (own && under->state == delegation::State::live) candidates.insert(candidates.begin(), under);
  }
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("delegations").begin_array();
  for (const delegation::Delegation* each : candidates) {
    const bool mine_as_parent = each->parent_id == self;
    const bool mine_as_child = !self.empty() && each->delegation_id == self;
    if ((mine_as_parent && role != "child") || (mine_as_child && role != "parent"))
      write_delegation(writer, *each);
  }
  writer.end_array().end_object();
  return answer(200, std::move(body));
}

Answer Engine::revoke_delegation(Context& context) {
  const delegation::Delegation* delegation = state_.delegations.find(context.argument(0));
  const Agent* agent = context.principal.agent;
  if (!delegation || (agent && delegation->agent_id != agent->agent_id)) {
    return answer(Error{Code::not_found, "there is no such delegation"});
  }
  if (const std::string& self = context.request.delegation_id; agent && !self.empty()) {
    // A sub-agent ends what it lent itself, and may hand back its own; not its siblings'.
    const std::vector<const delegation::Delegation*> chain =
        state_.delegations.chain(delegation->delegation_id);
    const bool below = std::any_of(chain.begin(), chain.end(), [&](const delegation::Delegation* link) {
      return link->delegation_id == self;
    });
    if (!below)
      return answer(Error{Code::forbidden, "a sub-agent can end only its own delegation and those below it"});
  }
  if (delegation->state == delegation::State::live) {
    end_delegation({delegation->delegation_id, delegation->agent_id, false, context.principal.name()},
                   context.now_ms, context.entropy);
  }
  return answer(200, R"({"revoked":true})");
}

}  // namespace al::engine
