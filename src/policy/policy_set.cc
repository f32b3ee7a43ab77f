#include "policy/policy_set.h"

#include <algorithm>
#include <utility>

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

PolicySet::PolicySet(const PolicySet& other) {
  for (const auto& [name, entry] : other.by_name_) restore(name, entry);
}

PolicySet::PolicySet(std::vector<Policy> policies) {
  for (Policy& policy : policies) {
    const Digest own = policy.digest;
    put(std::move(policy), own);
  }
}

void PolicySet::put(Policy policy, const Digest& recorded) {
  const bool tampered = policy.digest != recorded;
  const std::string name = policy.name;
  restore(name,
          std::make_shared<const RecordedPolicy>(RecordedPolicy{tampered, std::move(policy), recorded}));
}

bool PolicySet::put(const std::string& source, const Digest& recorded) {
  const Result<json::Document> document = json::parse(source);
  if (!document) return false;
  std::vector<json::Fault> faults;
  std::optional<Policy> policy = compile(document->root(), "", faults);
  if (policy) put(std::move(*policy), recorded);
  return policy.has_value();
}

std::vector<std::pair<std::string, Digest>> PolicySet::sources() const {
  std::vector<std::pair<std::string, Digest>> out;
  for (const auto& [name, entry] : by_name_) out.emplace_back(entry->policy.source, entry->recorded);
  return out;
}

bool PolicySet::remove(std::string_view name) {
  const bool was_there = by_name_.contains(name);
  restore(name, nullptr);
  return was_there;
}

std::shared_ptr<const RecordedPolicy> PolicySet::recorded(std::string_view name) const {
  const auto at = by_name_.find(name);
  return at == by_name_.end() ? nullptr : at->second;
}

void PolicySet::restore(std::string_view name, std::shared_ptr<const RecordedPolicy> entry) {
  if (const auto at = by_name_.find(name); at != by_name_.end()) {
    index_.remove(at->second.get());
    by_name_.erase(at);
  }
  if (entry == nullptr) return;
  if (entry->policy.enabled || entry->tampered) index_.add(entry.get());
  const std::string& its_name = entry->policy.name;
  by_name_.emplace(its_name, std::move(entry));
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

/// What holds where approvals cannot be ruled out: the strictest of those, and of the one that is required in
/// any case, is required. Where none is the strictest, no one approval is known to do for all of them.
void restrict(Decision& decision, const std::vector<const Policy*>& suspended) {
  std::vector<const Policy*> required = suspended;
  if (decision.verdict == Verdict::require_approval) required.insert(required.begin(), decision.policy);
  // Whoever is as strict as all others is never given up for one of them.
  const Policy* strictest = required.front();
  for (const Policy* each : required) {
    if (!strictest->approval.as_strict_as(each->approval)) strictest = each;
  }
  const bool known = std::all_of(required.begin(), required.end(), [&](const Policy* each) {
    return strictest->approval.as_strict_as(each->approval);
  });
  if (!known) {
    decision = decision_by(*suspended.front(), Verdict::deny, DenialReason::conditions_denied);
  } else if (strictest != decision.policy) {
    decision = decision_by(*strictest, Verdict::require_approval, DenialReason::none);
  }
}

}  // namespace

Decision PolicySet::decide(const Action& action) const {
  if (!is_action_type(action.action_type)) return {};
  Decision decision;
  std::vector<const Policy*> suspended;  // They may demand an approval; nothing rules it out.
  const Policy* nearest = nullptr;
  index_.visit(action.action_type, action.agent_id, action.agent_name, [&](const RecordedPolicy& entry) {
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
    if (restricts) suspended.push_back(&policy);
    if (policy.effect != Effect::deny && nearest == nullptr) nearest = &policy;
    return false;
  });
  if (decision.verdict != Verdict::deny && !suspended.empty()) restrict(decision, suspended);
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
  index_.visit(action_type, agent_id, agent_name, [&](const RecordedPolicy& entry) {
    // A tampered policy is a candidate for every agent, even while it is not enabled.
    covered = entry.policy.enabled && entry.policy.is_for(agent_id, agent_name);
    return covered;
  });
  return covered;
}

}  // namespace al::policy
