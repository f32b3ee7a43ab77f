#include "operator.h"

#include <algorithm>
#include <utility>

#include "policies.h"
#include "settings.h"

namespace al::sim {

namespace {

constexpr auto ignore = [](const Settlement&) {};

}  // namespace

Operator::Operator(Stage& stage, Network& network, const Oracle& oracle, OperatorIdentity identity)
    : stage_(stage), network_(network), oracle_(oracle), identity_(std::move(identity)) {
  process_ = std::make_unique<Process>(stage_, network_, identity_.name,
                                       client::Config{.api_key = identity_.api_key});
}

void Operator::live(std::vector<std::string> agent_ids, std::vector<std::string> key_ids) {
  agent_ids_ = std::move(agent_ids);
  key_ids_ = std::move(key_ids);
  stage_.timeline.in(stage_.chance.between(0, 4'000), [this] { act(); });
}

void Operator::act() {
  if (!stage_.faults) return;
  const std::int64_t what = stage_.chance.between(0, 99);
  if (what < 66) {
    look_for_approvals();
  } else if (what < 80) {
    if (!seen_.empty()) consider(stage_.chance.pick(seen_));
  } else if (what < 88) {
    change_policy();
  } else if (what < 94) {
    halt_or_resume();
  } else if (what < 96) {
    redact_something();
  } else if (what < 97) {
    // One of the three is an owner.
    process_->submit({.operation = "putSettings", .body = draw_settings(stage_.chance)}, ignore);
  } else {
    revoke_something();
  }
  stage_.timeline.in(stage_.chance.between(500, 8'000), [this] { act(); });
}

// ---- Approvals --------------------------------------------------------------------------------------------

void Operator::look_for_approvals() {
  process_->submit({.operation = "approvals", .query = "status=pending&limit=6"},
                   [this](const Settlement& said) {
                     if (!said.ok) return;
                     for (const json::Value each : said["approvals"].items()) {
                       const std::string id(each["approval_id"].string());
                       if (std::find(seen_.begin(), seen_.end(), id) != seen_.end()) continue;
                       seen_.push_back(id);
                       consider(id);
                     }
                   });
}

/// People think for a while; some think for too long, some say the same twice, some change their mind.
void Operator::consider(const std::string& approval_id) {
  Chance& chance = stage_.chance;
  if (chance.percent(15)) return;
  const bool approves = chance.percent(80);
  const Millis thinks_ms = chance.percent(80) ? chance.between(0, 8'000) : chance.between(0, 120'000);
  stage_.timeline.in(thinks_ms, [this, approval_id, approves] {
    if (stage_.faults) decide(approval_id, approves);
  });
  if (chance.percent(20)) {
    stage_.timeline.in(thinks_ms + chance.between(0, 10'000),
                       [this, approval_id, again = chance.percent(60) ? approves : !approves] {
                         if (stage_.faults) decide(approval_id, again);
                       });
  }
}

void Operator::decide(const std::string& approval_id, bool approves) {
  const KnownApproval* before = oracle_.approval(approval_id);
  const bool repeats = before && before->votes.contains(identity_.name);
  process_->submit({.operation = "decide",
                    .arguments = {approval_id},
                    .body = std::string(R"({"decision":")") + (approves ? "approve" : "deny") +
                            R"(","reason":"because"})"},
                   [this, approval_id, approves, repeats](const Settlement& said) {
                     const std::string code = said.text("code");
                     if (code == "CONFLICT") stage_.count(Count::decisions_conflicting);
                     if (code == "APPROVAL_EXPIRED") stage_.count(Count::decisions_late);
                     if (!said.ok) return;
                     stage_.count(repeats ? Count::decisions_repeated : Count::decisions);
                     const KnownApproval* approval = oracle_.approval(approval_id);
                     require(approval != nullptr, "what one decides on is in the durable ledger");
                     const auto vote = approval->votes.find(identity_.name);
                     require(vote != approval->votes.end() && vote->second == approves,
                             "a decision that was acknowledged is in the durable ledger", approval_id);
                   });
}

// ---- Everything else --------------------------------------------------------------------------------------

void Operator::change_policy() {
  Chance& chance = stage_.chance;
  const std::string_view pattern = chance.pick(policy_patterns);
  const std::int64_t what = chance.between(0, 9);
  if (what == 0) {
    return process_->submit({.operation = "deletePolicy", .arguments = {policy_name(pattern)}}, ignore);
  }
  if (what == 1) {
    std::string list;
    for (const std::string_view each : policy_patterns) {
      if (chance.percent(80)) list += (list.empty() ? "" : ",") + draw_policy(each, chance);
    }
    return process_->submit({.operation = "replacePolicies", .body = "[" + list + "]"}, ignore);
  }
  std::string policy = draw_policy(pattern, chance);
  const bool mistyped = what == 2;
  if (mistyped) policy.replace(policy.find("effect"), 6, "efect");
  process_->submit({.operation = "putPolicy", .arguments = {policy_name(pattern)}, .body = std::move(policy)},
                   [this, mistyped](const Settlement& said) {
                     require(!mistyped || !said.ok, "a policy with a typing error is refused");
                     if (said.text("code") == "POLICY_INVALID") stage_.count(Count::policies_refused);
                   });
}

void Operator::halt_or_resume() {
  const std::string& agent = stage_.chance.pick(agent_ids_);
  // Who is halted is let go again soon.
  const bool halted = oracle_.agent(agent)->halted;
  const bool halts = !halted && stage_.chance.percent(40);
  process_->submit({.operation = halts ? "haltAgent" : "resumeAgent", .arguments = {agent}}, ignore);
}

void Operator::redact_something() {
  const auto& committed = oracle_.committed();
  if (committed.empty()) return;
  // Mostly what is new, and may still be under way.
  const std::size_t newest = std::min<std::size_t>(committed.size(), stage_.chance.percent(70) ? 5 : 500);
  const auto& [row_id, field] = committed[committed.size() - 1 - stage_.chance.index(newest)];
  process_->submit({.operation = "redactRow",
                    .body = R"({"row_id":)" + std::to_string(row_id) + R"(,"fields":[")" + field +
                            R"("],"reason":"asked to"})"},
                   ignore);
}

void Operator::revoke_something() {
  Chance& chance = stage_.chance;
  if (const std::vector<std::string> live = oracle_.live_delegations(); !live.empty() && chance.percent(80)) {
    return process_->submit({.operation = "revoke", .arguments = {live[chance.index(live.size())]}}, ignore);
  }
  if (!chance.percent(10)) return;
  const std::size_t which = chance.index(agent_ids_.size());
  process_->submit({.operation = "revokeKey", .arguments = {agent_ids_[which], key_ids_[which]}}, ignore);
}

}  // namespace al::sim
