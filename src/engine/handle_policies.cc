// Policies: reading them, and changing them as an operator. A policy that does not compile completely is
// refused with every fault.
#include <unordered_set>

#include "engine/context.h"

namespace al::engine {

Answer Engine::list_policies(Context& context) {
  const Agent* agent = context.principal.agent;
  const std::string_view scope = context.query("scope").value_or(agent ? "own" : "org");
  if (scope != "own" && scope != "org") {
    return answer(Error{Code::invalid_request, "the query parameter \"scope\" must be own or org"});
  }
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("policies").begin_array();
  for (const policy::Policy* each : state_.policies.all()) {
    if (scope == "own" && agent && !each->is_for(agent->agent_id, agent->name)) continue;
    write_policy(writer, *each);
  }
  writer.end_array().end_object();
  return answer(200, std::move(body));
}

Answer Engine::replace_policies(Context& context) {
  Result<std::vector<policy::Policy>> compiled = policy::PolicySet::compile_file(context.body.root());
  if (!compiled) return answer(compiled.error());
  const std::string& by = context.principal.name();
  std::int64_t changed = 0;
  std::unordered_set<std::string_view> kept;
  for (const policy::Policy& policy : *compiled) kept.insert(policy.name);
  std::vector<std::string> gone;
  for (const policy::Policy* old : state_.policies.all()) {
    if (!kept.contains(old->name)) gone.push_back(old->name);
  }
  for (const std::string& name : gone) {
    emit(context, PolicyChanged{name, {}, state_.policies.find(name)->digest, by});
    ++changed;
  }
  for (const policy::Policy& policy : *compiled) {
    const policy::Policy* old = state_.policies.find(policy.name);
    if (old && old->digest == policy.digest) continue;
    emit(context, PolicyChanged{policy.name, policy.source, policy.digest, by});
    ++changed;
  }
  std::string body;
  json::Writer writer(body);
  writer.begin_object().field("policies", compiled->size()).field("changed", changed).end_object();
  return answer(200, std::move(body));
}

Answer Engine::put_policy(Context& context) {
  const Result<policy::Policy> compiled = state_.policies.compile_for(context.body.root());
  if (!compiled) return answer(compiled.error());
  if (compiled->name != context.argument(0)) {
    return answer(Error{Code::policy_invalid, "the policy's name is \"" + compiled->name +
                                                  "\", but its path says \"" + context.argument(0) + "\""});
  }
  const policy::Policy* old = state_.policies.find(compiled->name);
  if (!old || old->digest != compiled->digest) {
    emit(context,
         PolicyChanged{compiled->name, compiled->source, compiled->digest, context.principal.name()});
  }
  std::string body;
  json::Writer writer(body);
  write_policy(writer, *state_.policies.find(compiled->name));
  return answer(200, std::move(body));
}

Answer Engine::delete_policy(Context& context) {
  const policy::Policy* policy = state_.policies.find(context.argument(0));
  if (!policy) return answer(Error{Code::not_found, "there is no policy of that name"});
  emit(context, PolicyChanged{policy->name, {}, policy->digest, context.principal.name()});
  return answer(200, R"({"deleted":true})");
}

}  // namespace al::engine
