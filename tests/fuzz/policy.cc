// The policy compiler and the decision: {"policies": a policy file, "action": {"type", "metadata", "data",
// "agent", "delegation", "at_ms"}}.
#include "base/json.h"
#include "fuzz.h"
#include "policy/policy_set.h"

using namespace al;
using fuzz::must;

namespace {

policy::Action action_of(json::Value source) {
  return {.action_type = source["type"].string(),
          .metadata = source["metadata"],
          .data_accessed = source["data"],
          .agent_id = "agt_1",
          .agent_name = source["agent"].string(),
          .delegation_id = source["delegation"].string(),
          .delegation_name = source["delegation"].string(),
          .delegation_depth = source["delegation"].present() ? 1 : 0,
          .wall_ms = source["at_ms"].as_int64().value_or(0) % 4'000'000'000'000};
}

bool is_json(std::string_view text) { return json::parse(text, {.bytes_max = 8 << 20}).ok(); }

void check_decision(const policy::Decision& decision) {
  const bool denies = decision.verdict == policy::Verdict::deny;
  must(denies == (decision.reason != policy::DenialReason::none), "a denial has a reason, and only a denial");
  must(denies || decision.policy != nullptr, "nothing goes through without a policy that says so");
  must(decision.policy == nullptr || decision.policy->enabled, "only enabled policies decide");
  for (const policy::ConditionResult& result : decision.conditions) {
    must(is_json(result.expected), "what is expected is JSON");
    must(result.actual.empty() || is_json(result.actual), "what was found is JSON");
  }
}

/// A policy that a ledger gives back means what the first one meant.
policy::PolicySet reread(const std::vector<policy::Policy>& policies) {
  policy::PolicySet set;
  for (const policy::Policy& each : policies) {
    const Result<json::Document> source = json::parse(each.source);
    must(source.ok(), "the source of a policy is JSON");
    std::vector<json::Fault> faults;
    std::optional<policy::Policy> again = policy::compile(source->root(), "", faults);
    must(again && faults.empty(), "the source of a policy compiles");
    must(again->digest == each.digest, "the source of a policy is its own");
    set.put(std::move(*again), each.digest);
  }
  return set;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const Result<json::Document> input = json::parse(fuzz::text_of(bytes, size));
  if (!input) return 0;
  Result<std::vector<policy::Policy>> compiled = policy::PolicySet::compile_file(input->root()["policies"]);
  if (!compiled) {
    must(compiled.error().code == Code::policy_invalid, "bad policies have their own code");
    must(is_json(compiled.error().details), "faults are JSON");
    return 0;
  }
  const policy::PolicySet again = reread(*compiled);
  policy::PolicySet set;
  for (policy::Policy& each : *compiled) {
    const Digest digest = each.digest;
    set.put(std::move(each), digest);
  }
  const policy::Action action = action_of(input->root()["action"]);
  const policy::Decision decision = set.decide(action);
  check_decision(decision);
  const policy::Decision twin = again.decide(action);
  must(twin.verdict == decision.verdict && twin.reason == decision.reason, "a decision is repeatable");
  must((twin.policy == nullptr) == (decision.policy == nullptr) &&
           (twin.policy == nullptr || twin.policy->name == decision.policy->name),
       "the same policy decides");
  return 0;
}
