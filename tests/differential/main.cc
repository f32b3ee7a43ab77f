// agentlattice_decide: what the kernel decides, for a program that knows what it should
// (tools/differential.mjs). Reads lines
//
//   {"policies":[…],"actions":[{"action_type","metadata"?,"data_accessed"?,"agent_id","agent_name","delegation_id"?,
//     "delegation_name"?,"delegation_depth"?,"wall_ms","past"?:[{"action_type","wall_ms"}],"counted_ms"?}]}
//
// and answers each with a line {"faults":[[index,pointer,message],…],"decisions":["the answer of can-i",…]}.
// A policy with faults is left out; policies that shadow others are not, for they decide too.
#include <iostream>
#include <string>

#include "base/json_writer.h"
#include "policy/policy_set.h"
#include "policy/rates.h"

using namespace al;

namespace {

void write_decision(json::Writer& out, const policy::Decision& decision) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().field("allowed", decision.verdict == policy::Verdict::allow);
  writer.field("needs_approval", decision.verdict == policy::Verdict::require_approval);
  if (decision.policy != nullptr) writer.field("policy_name", decision.policy->name);
  writer.field_if("denial_reason", policy::text(decision.reason));
  writer.key("conditions_evaluated").begin_array();
  for (const policy::ConditionResult& condition : decision.conditions) {
    writer.begin_object();
    if (!condition.actual.empty()) writer.raw_field("actual", condition.actual);
    writer.raw_field("expected", condition.expected).field("field", condition.field);
    writer.field_if("hint", condition.hint).field("operator", condition.op).field("result", condition.result);
    writer.end_object();
  }
  writer.end_array().end_object();
  out.value(std::string_view(text));
}

policy::Rates rates_of(json::Value past) {
  policy::Rates rates;
  for (const json::Value each : past.items())
    rates.add(each["action_type"].string(), each["wall_ms"].as_int64().value_or(0));
  return rates;
}

policy::Action action_of(json::Value source, const policy::Rates& rates) {
  return {.action_type = source["action_type"].string(),
          .metadata = source["metadata"],
          .data_accessed = source["data_accessed"],
          .agent_id = source["agent_id"].string(),
          .agent_name = source["agent_name"].string(),
          .delegation_id = source["delegation_id"].string(),
          .delegation_name = source["delegation_name"].string(),
          .delegation_depth = source["delegation_depth"].as_int64().value_or(0),
          .wall_ms = source["wall_ms"].as_int64().value_or(0),
          .rates = &rates,
          .counted_ms = source["counted_ms"].as_int64()};
}

std::string canonical_forms(json::Value values) {
  std::string text;
  json::Writer out(text);
  out.begin_object().key("canonical").begin_array();
  for (const json::Value value : values.items()) out.value(std::string_view(json::canonical(value)));
  out.end_array().end_object();
  return text;
}

std::string decisions(json::Value question) {
  std::string text;
  json::Writer out(text);
  out.begin_object().key("faults").begin_array();
  policy::PolicySet set;
  std::int64_t index = 0;
  for (const json::Value source : question["policies"].items()) {
    std::vector<json::Fault> faults;
    std::optional<policy::Policy> policy = policy::compile(source, "", faults);
    for (const json::Fault& fault : faults) {
      out.begin_array().value(index).value(std::string_view(fault.pointer));
      out.value(std::string_view(fault.message)).end_array();
    }
    if (policy) {
      const Digest digest = policy->digest;
      set.put(std::move(*policy), digest);
    }
    ++index;
  }
  out.end_array().key("decisions").begin_array();
  for (const json::Value source : question["actions"].items()) {
    const policy::Rates rates = rates_of(source["past"]);
    write_decision(out, set.decide(action_of(source, rates)));
  }
  out.end_array().end_object();
  return text;
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  std::string line;
  while (std::getline(std::cin, line)) {
    const Result<json::Document> question = json::parse(line, {.bytes_max = 64 << 20});
    if (!question) {
      std::cerr << question.error().message << '\n';
      return 1;
    }
    const json::Value values = question->root()["values"];
    std::cout << (values.present() ? canonical_forms(values) : decisions(question->root())) << '\n'
              << std::flush;
  }
  return 0;
}
