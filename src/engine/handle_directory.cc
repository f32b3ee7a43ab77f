// Agents and operators: who one is, and registering, stopping and disowning others.

#include "engine/context.h"

namespace al::engine {
namespace {

struct Minted {
  std::string secret;
  std::optional<Key> key;
};

Minted mint(bool wanted, std::string_view prefix, Entropy& entropy) {
  if (!wanted) return {};
  Minted out{mint_key(prefix, entropy), {}};
  out.key = Key{mint_id("key-", entropy), sha256(out.secret)};
  return out;
}

/// The answer to a registration; the key is shown this once.
void write_minted(json::Writer& writer, const Minted& minted) {
  if (minted.key) writer.field("key_id", minted.key->key_id).field("api_key", minted.secret);
}

std::vector<std::string> texts(const std::vector<policy::Pattern>& patterns) {
  std::vector<std::string> out;
  for (const policy::Pattern& pattern : patterns) out.push_back(pattern.text());
  return out;
}

std::string agent_body(const Agent& agent, const Minted& minted) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().field("agent_id", agent.agent_id).field("name", agent.name);
  writer.strings("capabilities", texts(agent.capabilities));
  write_minted(writer, minted);
  writer.end_object();
  return body;
}

std::string operator_body(const Operator& op, const Minted& minted) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object()
      .field("operator_id", op.operator_id)
      .field("name", op.name)
      .strings("roles", op.roles);
  write_minted(writer, minted);
  writer.end_object();
  return body;
}

Error name_taken(std::string_view what) {
  return Error{Code::conflict,
               "there is already " + std::string(what) +
                   " of that name with other properties, or a key was asked for again; keys are shown once"};
}

/// Whether `who` is the id or the name of the agent or operator that holds a key.
bool is_known_as(const Directory& directory, std::string_view holder, std::string_view who) {
  if (holder == who) return true;
  if (const Agent* agent = directory.agent(holder)) return agent->name == who;
  const Operator* op = directory.operator_named(holder);
  return op && op->operator_id == who;
}

}  // namespace

Answer Engine::whoami(Context& context) {
  std::string body;
  json::Writer writer(body);
  if (const Operator* op = context.principal.operator_) {
    writer.begin_object()
        .field("operator_id", op->operator_id)
        .field("name", op->name)
        .strings("roles", op->roles);
    writer.field("org_id", state_.org_id).end_object();
    return answer(200, std::move(body));
  }
  const Agent& agent = *context.principal.agent;
  writer.begin_object()
      .field("agent_id", agent.agent_id)
      .field("config_id", agent.agent_id)
      .field("name", agent.name);
  const Conduct* conduct = state_.conduct.find(agent.agent_id);
  const breaker::State circuit = agent.halted ? breaker::State::open
                                 : conduct    ? conduct->circuit.state()
                                              : breaker::State::closed;
  writer.field("org_id", state_.org_id).field("cb_state", breaker::text(circuit));
  writer.strings("capabilities", texts(agent.capabilities)).key("policies").begin_array();
  for (const policy::Policy* policy : state_.policies.all()) {
    if (policy->enabled && policy->is_for(agent.agent_id, agent.name)) write_policy(writer, *policy);
  }
  writer.end_array();
  const std::string& self = context.request.delegation_id;
  const delegation::Delegation* under = state_.delegations.find(self);
  writer.key("delegations").begin_object().key("as_child").begin_array();
  if (under && under->agent_id == agent.agent_id) write_delegation(writer, *under);
  writer.end_array().key("as_parent").begin_array();
  const bool own = under && under->agent_id == agent.agent_id;
  if (own || self.empty()) {
    for (const delegation::Delegation* each : state_.delegations.live_children(own ? self : agent.agent_id)) {
      write_delegation(writer, *each);
    }
  }
  writer.end_array().end_object().end_object();
  return answer(200, std::move(body));
}

Answer Engine::register_agent(Context& context) {
  std::vector<json::Fault> faults;
  json::ObjectReader in(context.body.root(), "", faults);
  const std::string name(bounded_text(in, "name", wire::name_bytes_max, true));
  std::vector<std::string> capabilities = read_capabilities(in, "capabilities");
  const bool issue_key = in.boolean("issue_key").value_or(true);
  in.finish();
  if (!faults.empty())
    return answer(json::faults_error(Code::invalid_request, "the agent is not valid", faults));

  if (const Agent* known = state_.directory.agent_named(name)) {
    const bool same = capabilities.empty() || capabilities == texts(known->capabilities);
    if (same && !issue_key) return answer(200, agent_body(*known, {}));
    return answer(name_taken("an agent"));
  }
  if (capabilities.empty()) capabilities.emplace_back("*");
  const Minted minted = mint(issue_key, "al_live_", context.entropy);
  const std::string agent_id = mint_id("agt-", context.entropy);
  emit(context, AgentRegistered{agent_id, name, capabilities, minted.key, context.principal.name()});
  return answer(201, agent_body(*state_.directory.agent(agent_id), minted));
}

Answer Engine::register_operator(Context& context) {
  std::vector<json::Fault> faults;
  json::ObjectReader in(context.body.root(), "", faults);
  const std::string name(bounded_text(in, "name", wire::name_bytes_max, true));
  const std::optional<std::vector<std::string>> roles = in.strings("roles");
  const bool issue_key = in.boolean("issue_key").value_or(true);
  in.finish();
  if (!faults.empty())
    return answer(json::faults_error(Code::invalid_request, "the operator is not valid", faults));

  if (const Operator* known = state_.directory.operator_named(name)) {
    const bool same = !roles || *roles == known->roles;
    if (same && !issue_key) return answer(200, operator_body(*known, {}));
    return answer(name_taken("an operator"));
  }
  const Minted minted = mint(issue_key, "op_live_", context.entropy);
  emit(context,
       OperatorRegistered{mint_id("opr-", context.entropy), name, roles.value_or(std::vector<std::string>()),
                          minted.key, context.principal.name()});
  return answer(201, operator_body(*state_.directory.operator_named(name), minted));
}

Answer Engine::set_halted(Context& context, bool halted) {
  const Agent* agent = state_.directory.agent(context.argument(0));
  if (!agent) agent = state_.directory.agent_named(context.argument(0));
  if (!agent) return answer(Error{Code::not_found, "there is no such agent"});
  const Conduct* conduct = state_.conduct.find(agent->agent_id);
  const bool stopped = conduct && conduct->circuit.state() != breaker::State::closed;
  if (agent->halted != halted || (!halted && stopped))
    emit(context, AgentHalted{agent->agent_id, halted, context.principal.name()});
  return answer(200, halted ? R"({"halted":true})" : R"({"halted":false})");
}

Answer Engine::revoke_key(Context& context) {
  const std::string& who = context.argument(0);
  const std::string& key_id = context.argument(1);
  const Directory& directory = state_.directory;
  const std::string holder(directory.key_holder(key_id));
  if (!holder.empty() && is_known_as(directory, holder, who)) {
    emit(context, KeyRevoked{holder, key_id, context.principal.name()});
    return answer(200, R"({"revoked":true})");
  }
  if (directory.agent(who) || directory.agent_named(who) || directory.operator_named(who))
    return answer(Error{Code::not_found, "\"" + who + "\" has no such key"});
  return answer(Error{Code::not_found, "there is no agent \"" + who + "\", and no operator of that name"});
}

}  // namespace al::engine
