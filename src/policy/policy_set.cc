#include "policy/policy_set.h"

#include <algorithm>
#include <utility>

#include "policy/shadow.h"

namespace al::policy {

std::string_view text(DenialReason reason) {
  switch (reason) {
    case DenialReason::none:
      return "";
    case DenialReason::no_matching_policy:
      return "NO_MATCHING_POLICY";
    case DenialReason::policy_denied:
      return "POLICY_DENIED";
    case DenialReason::conditions_denied:
      return "CONDITIONS_DENIED";
    case DenialReason::policy_tampered:
      return "POLICY_TAMPERED";
  }
  return "";
}

PolicySet::PolicySet(std::vector<Policy> policies) {
  for (Policy& policy : policies) {
    const Digest own = policy.digest;
    put(std::move(policy), own);
  }
}

void PolicySet::put(Policy policy, const Digest& recorded) {
  remove(policy.name);
  const bool tampered = policy.digest != recorded;
  std::string name = policy.name;
  auto entry = std::make_shared<const Entry>(Entry{std::move(policy), recorded, tampered});
  add_to_index(entry.get());
  by_name_.emplace(std::move(name), std::move(entry));
}

bool PolicySet::put(const std::string& source, const Digest& recorded) {
  const Result<json::Document> document = json::parse(source);
  if (!document) return false;
  std::vector<json::Fault> faults;
  std::optional<Policy> policy = compile(document->root(), "", faults);
  if (policy) put(std::move(*policy), recorded);
  return policy.has_value();
}

std::vector<std::pair<std::string, Digest>> PolicySet::recorded() const {
  std::vector<std::pair<std::string, Digest>> out;
  for (const auto& [name, entry] : by_name_) out.emplace_back(entry->policy.source, entry->recorded);
  return out;
}

bool PolicySet::remove(std::string_view name) {
  const auto at = by_name_.find(name);
  if (at == by_name_.end()) return false;
  remove_from_index(at->second.get());
  by_name_.erase(at);
  return true;
}

const Policy* PolicySet::find(std::string_view name) const {
  const auto at = by_name_.find(name);
  return at == by_name_.end() ? nullptr : &at->second->policy;
}

std::vector<const Policy*> PolicySet::all() const {
  std::vector<const Policy*> out;
  out.reserve(by_name_.size());
  for (const auto& [name, entry] : by_name_) out.push_back(&entry->policy);
  return out;
}

std::size_t PolicySet::size() const { return by_name_.size(); }

void PolicySet::insert(std::vector<const Entry*>& list, const Entry* entry) {
  const auto at = std::upper_bound(list.begin(), list.end(), entry, [](const Entry* a, const Entry* b) {
    return decides_before(a->policy, b->policy);
  });
  list.insert(at, entry);
}

void PolicySet::add_to_index(const Entry* entry) {
  const Policy& policy = entry->policy;
  if (!policy.enabled && !entry->tampered) return;
  Bucket& bucket = by_prefix_[std::string(policy.action_type.prefix())];
  if (entry->tampered) {
    insert(bucket.tampered, entry);
  } else if (policy.agents.empty()) {
    insert(bucket.of_all, entry);
  } else {
    for (const std::string& agent : policy.agents) insert(bucket.of_agent[agent], entry);
  }
}

void PolicySet::remove_from_index(const Entry* entry) {
  const auto at = by_prefix_.find(entry->policy.action_type.prefix());
  if (at == by_prefix_.end()) return;
  Bucket& bucket = at->second;
  std::erase(bucket.tampered, entry);
  std::erase(bucket.of_all, entry);
  for (const std::string& agent : entry->policy.agents) {
    const auto list = bucket.of_agent.find(agent);
    if (list == bucket.of_agent.end()) continue;
    std::erase(list->second, entry);
    if (list->second.empty()) bucket.of_agent.erase(list);
  }
  if (bucket.tampered.empty() && bucket.of_all.empty() && bucket.of_agent.empty()) by_prefix_.erase(at);
}

template <typename Visit>
void PolicySet::visit_candidates(std::string_view action_type, std::string_view agent_id,
                                 std::string_view agent_name, Visit visit) const {
  static const std::vector<const Entry*> nobody;
  const auto list_of = [](const Bucket& bucket, std::string_view agent) -> const std::vector<const Entry*>& {
    const auto at = bucket.of_agent.find(agent);
    return at == bucket.of_agent.end() ? nobody : at->second;
  };
  const auto visit_bucket = [&](const Bucket& bucket) {
    if (std::any_of(bucket.tampered.begin(), bucket.tampered.end(),
                    [&](const Entry* e) { return visit(*e); }))
      return true;
    // Two sorted lists, merged; a policy that names the agent both by id and by name is in both.
    const std::vector<const Entry*>& by_id = list_of(bucket, agent_id);
    const std::vector<const Entry*>& by_name = agent_name == agent_id ? nobody : list_of(bucket, agent_name);
    auto i = by_id.begin();
    auto k = by_name.begin();
    while (i != by_id.end() || k != by_name.end()) {
      const bool from_id =
          k == by_name.end() || (i != by_id.end() && !decides_before((*k)->policy, (*i)->policy));
      const Entry* next = from_id ? *i : *k;
      if (i != by_id.end() && *i == next) ++i;
      if (k != by_name.end() && *k == next) ++k;
      if (visit(*next)) return true;
    }
    return std::any_of(bucket.of_all.begin(), bucket.of_all.end(), [&](const Entry* e) { return visit(*e); });
  };

  // "pr.merge.fast", then "pr.merge.", "pr.", "".
  std::string_view prefix = action_type;
  while (true) {
    const auto at = by_prefix_.find(prefix);
    if (at != by_prefix_.end() && visit_bucket(at->second)) return;
    if (prefix.empty()) return;
    const std::size_t dot = prefix.substr(0, prefix.size() - 1).rfind('.');
    prefix = dot == std::string_view::npos ? std::string_view() : prefix.substr(0, dot + 1);
  }
}

namespace {

Decision decision_by(const Policy& policy, Verdict verdict, DenialReason reason) {
  Decision decision;
  decision.verdict = verdict;
  decision.reason = reason;
  decision.policy = &policy;
  return decision;
}

/// What one policy makes of an action, by the outcome of its conditions; nothing when it does not apply.
std::optional<Decision> apply(const Policy& policy, Outcome outcome) {
  const bool holds = outcome == Outcome::holds;
  switch (policy.effect) {
    case Effect::allow:
      if (holds) return decision_by(policy, Verdict::allow, DenialReason::none);
      return {};
    case Effect::deny:
      if (holds) return decision_by(policy, Verdict::deny, DenialReason::policy_denied);
      if (outcome == Outcome::undecidable)
        return decision_by(policy, Verdict::deny, DenialReason::conditions_denied);
      return {};
    case Effect::require_approval:
      if (holds) return decision_by(policy, Verdict::require_approval, DenialReason::none);
      return {};
    case Effect::conditional:
      if (holds) return decision_by(policy, Verdict::allow, DenialReason::none);
      if (policy.on_fail == Effect::require_approval)
        return decision_by(policy, Verdict::require_approval, DenialReason::none);
      return decision_by(policy, Verdict::deny, DenialReason::conditions_denied);
  }
  return {};
}

}  // namespace

Decision PolicySet::decide(const Action& action) const {
  if (!is_action_type(action.action_type)) return {};
  Decision decision;
  // The first policy that may demand an approval, which nothing rules out.
  const Policy* suspended = nullptr;
  const Policy* nearest = nullptr;
  visit_candidates(action.action_type, action.agent_id, action.agent_name, [&](const Entry& entry) {
    const Policy& policy = entry.policy;
    if (entry.tampered) {
      decision = decision_by(policy, Verdict::deny, DenialReason::policy_tampered);
      return true;
    }
    // A conditional one decides, whatever its conditions come to: they are explained as they are judged.
    std::vector<ConditionResult> conditions;
    const Outcome outcome = policy.effect == Effect::conditional
                                ? policy.condition.evaluate(action, conditions)
                                : policy.condition.judge(action);
    if (std::optional<Decision> made = apply(policy, outcome)) {
      decision = std::move(*made);
      decision.conditions = std::move(conditions);
      return true;
    }
    const bool restricts = policy.effect == Effect::require_approval && outcome == Outcome::undecidable;
    if (restricts && suspended == nullptr) suspended = &policy;
    if (policy.effect != Effect::deny && nearest == nullptr) nearest = &policy;
    return false;
  });
  if (decision.verdict == Verdict::allow && suspended != nullptr) {
    decision = decision_by(*suspended, Verdict::require_approval, DenialReason::none);
  }
  if (decision.policy == nullptr) decision.nearest = nearest;
  const Policy* explained = decision.policy != nullptr ? decision.policy : nearest;
  const bool unexplained = decision.conditions.empty() && decision.reason != DenialReason::policy_tampered;
  if (explained != nullptr && unexplained) {
    // Whoever is denied by a deny policy is helped by what makes it not apply.
    const bool wanted = explained->effect != Effect::deny;
    static_cast<void>(explained->condition.evaluate(action, decision.conditions, wanted));
  }
  return decision;
}

bool PolicySet::covers(std::string_view action_type, std::string_view agent_id,
                       std::string_view agent_name) const {
  if (!is_action_type(action_type)) return false;
  bool covered = false;
  visit_candidates(action_type, agent_id, agent_name, [&](const Entry& entry) {
    const std::vector<std::string>& agents = entry.policy.agents;
    // A tampered policy is a candidate for every agent, even while it is not enabled.
    covered = entry.policy.enabled &&
              (agents.empty() || std::any_of(agents.begin(), agents.end(), [&](const std::string& agent) {
                 return agent == agent_id || agent == agent_name;
               }));
    return covered;
  });
  return covered;
}

}  // namespace al::policy
