#include "workbench/case.h"

#include <array>
#include <map>
#include <utility>

#include "wire/limits.h"

namespace al::workbench {
namespace {

constexpr std::array verdicts{policy::Verdict::allow, policy::Verdict::deny,
                              policy::Verdict::require_approval};

void read_data(json::Value data, const std::string& pointer, std::vector<json::Fault>& faults) {
  std::size_t index = 0;
  for (const json::Value item : data.items()) {
    json::ObjectReader entry(item, json::pointer_to(pointer, index++), faults);
    entry.required_string("type");
    entry.integer("count", 0, std::int64_t{1} << 53);
    entry.string("sensitivity");
    entry.finish();
  }
}

void read_delegation(json::Value value, const std::string& pointer, policy::Action& action,
                     std::vector<json::Fault>& faults) {
  json::ObjectReader in(value, pointer, faults);
  action.delegation_name = in.required_string("name");
  action.delegation_id = in.string("id").value_or("delegation");
  action.delegation_depth = in.integer("depth", 1, wire::delegation_depth_max).value_or(1);
  in.finish();
}

Expected read_expected(json::Value value, const std::string& pointer, std::vector<json::Fault>& faults) {
  json::ObjectReader in(value, pointer, faults);
  Expected out;
  const std::string_view decision = in.required_string("decision");
  bool known = decision.empty();
  for (const policy::Verdict verdict : verdicts) {
    if (text(verdict) != decision) continue;
    out.decision = verdict;
    known = true;
  }
  if (!known) in.fault("decision", "must be \"allow\", \"deny\" or \"require_approval\"");
  out.reason = in.string("reason");
  if (out.reason && out.decision != policy::Verdict::deny && known)
    in.fault("reason", "is only there where the decision is \"deny\"");
  out.policy = in.any("policy");
  if (out.policy.present() && !out.policy.is_string() && !out.policy.is_null())
    in.fault("policy", "must be a policy's name, or null where none decides");
  out.conditions = in.array("conditions");
  std::size_t index = 0;
  for (const json::Value condition : out.conditions.items()) {
    json::ObjectReader entry(condition, json::pointer_to(in.pointer("conditions"), index++), faults);
    entry.required_string("field");
    entry.string("operator");
    entry.any("expected");
    entry.any("actual");
    entry.boolean("result");
    entry.string("hint");
    entry.finish();
  }
  in.finish();
  return out;
}

}  // namespace

std::string_view text(policy::Verdict verdict) {
  switch (verdict) {
    case policy::Verdict::allow:
      return "allow";
    case policy::Verdict::require_approval:
      return "require_approval";
    case policy::Verdict::deny:
      break;
  }
  return "deny";
}

Given read_given(json::Value value, const std::string& pointer, std::vector<json::Fault>& faults) {
  json::ObjectReader in(value, pointer, faults);
  Given out;
  policy::Action& action = out.action;
  action.action_type = in.required_string("action_type");
  if (!action.action_type.empty() && !policy::is_action_type(action.action_type))
    in.fault("action_type", "must be dot-separated words such as \"pr.merge\"");
  action.metadata = in.object("metadata");
  action.data_accessed = in.array("data_accessed");
  read_data(action.data_accessed, in.pointer("data_accessed"), faults);
  action.agent_name = in.string("agent").value_or(std::string_view());
  action.agent_id = in.string("agent_id").value_or(action.agent_name);
  if (const json::Value delegation = in.any("delegation"); delegation.present())
    read_delegation(delegation, in.pointer("delegation"), action, faults);
  if (const std::optional<std::string_view> at = in.string("at")) {
    out.at_ms = parse_rfc3339(*at);
    if (!out.at_ms) in.fault("at", "must be a moment such as \"2026-01-31T12:00:00Z\"");
  }
  in.finish();
  return out;
}

Result<std::vector<Case>> read_cases(json::Value file) {
  std::vector<json::Fault> faults;
  std::vector<Case> cases;
  std::map<std::string_view, std::string> pointer_of_name;
  json::ObjectReader reader(file, "", faults);
  static_cast<void>(reader.string("$schema"));
  static_cast<void>(reader.string("policies"));
  const json::Value tests = reader.array("tests");
  if (file.is_object() && !file["tests"].present()) reader.fault("tests", "is missing");
  // A test run that tests nothing must not look like one that passed.
  if (tests.is_array() && tests.size() == 0) reader.fault("tests", "must not be empty");
  if (tests.size() > tests_max)
    reader.fault("tests", "holds more than " + std::to_string(tests_max) + " tests");
  reader.finish();
  if (tests.size() <= tests_max) {
    std::size_t index = 0;
    for (const json::Value test : tests.items()) {
      Case one;
      one.pointer = json::pointer_to("/tests", index++);
      json::ObjectReader in(test, one.pointer, faults);
      one.name = in.required_string("name");
      one.given = read_given(in.any("given"), in.pointer("given"), faults);
      one.expected = read_expected(in.any("expect"), in.pointer("expect"), faults);
      in.finish();
      const auto [first, fresh] = pointer_of_name.emplace(one.name, one.pointer);
      if (!fresh && !one.name.empty()) in.fault("name", "is also the name of " + first->second);
      cases.push_back(std::move(one));
    }
  }
  if (!faults.empty()) return json::faults_error(Code::invalid_argument, "the tests are not valid", faults);
  return cases;
}

}  // namespace al::workbench
