#include "workbench/workbench.h"

#include <map>
#include <utility>
#include <vector>

#include "base/json_position.h"
#include "base/json_reader.h"
#include "base/json_writer.h"
#include "engine/explanation.h"
#include "policy/candidates.h"
#include "policy/policy_set.h"
#include "workbench/case.h"

namespace al::workbench {
namespace {

constexpr json::Limits file_limits{.bytes_max = file_bytes_max, .depth_max = 64};

void write_position(json::Writer& writer, std::string_view text, std::string_view pointer) {
  const json::Position position = json::locate(text, pointer);
  writer.field("line", position.line).field("column", position.column);
}

/// The name of the policy that a pointer leads into, or "".
std::string_view policy_at(json::Value file, std::string_view pointer) {
  constexpr std::string_view list = "/policies";
  if (pointer.starts_with(list)) pointer.remove_prefix(list.size());
  if (!pointer.starts_with('/')) return {};
  pointer.remove_prefix(1);
  const std::string_view wanted = pointer.substr(0, pointer.find('/'));
  std::size_t index = 0;
  for (const json::Value policy : (file.is_array() ? file : file["policies"]).items()) {
    if (std::to_string(index++) == wanted) return policy["name"].string();
  }
  return {};
}

/// Faults, each with its place in the text. `details` is that of json::faults_error.
void write_faults(json::Writer& writer, std::string_view text, json::Value file, const std::string& details) {
  const Result<json::Document> document = json::parse(details, {.bytes_max = details.size()});
  writer.key("faults").begin_array();
  for (const json::Value fault : document ? document->root()["faults"].items() : json::Items({})) {
    const std::string_view pointer = fault["pointer"].string();
    writer.begin_object().field_if("policy", policy_at(file, pointer)).field("pointer", pointer);
    writer.field("message", fault["message"].string());
    write_position(writer, text, pointer);
    writer.end_object();
  }
  writer.end_array();
}

std::string with_places(std::string_view text, json::Value file, const std::string& details) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  write_faults(writer, text, file, details);
  writer.end_object();
  return out;
}

void write_policy(json::Writer& writer, const policy::Policy& policy, json::Value source) {
  writer.begin_object().field("name", policy.name).field("action_type", policy.action_type.text());
  writer.field("effect", policy::text(policy.effect)).field("conditions", source["conditions"].size());
  writer.strings("agents", policy.agents).field("enabled", policy.enabled).end_object();
}

Result<policy::PolicySet> read_policies(std::string_view text) {
  Result<std::vector<policy::Policy>> compiled = compile(text);
  if (!compiled) return compiled.error();
  return policy::PolicySet(std::move(*compiled));
}

/// What the policies make of one action.
struct Trial {
  policy::Decision decision;
  std::vector<policy::Candidate> candidates;
  /// A policy that was asked asks for the time, and the action has none.
  bool needs_time = false;
};

Trial decide(const policy::PolicySet& policies, const Given& given) {
  policy::Action action = given.action;
  action.wall_ms = given.at_ms.value_or(0);
  Trial trial{policies.decide(action), policy::candidates(policies, action)};
  if (given.at_ms) return trial;
  for (const policy::Candidate& candidate : trial.candidates) {
    for (const policy::ConditionResult& condition : candidate.conditions)
      trial.needs_time = trial.needs_time || condition.field.starts_with("time.");
    if (candidate.policy == trial.decision.policy) break;
  }
  return trial;
}

constexpr std::string_view no_time =
    "a policy asks for the time; say when it is, as in \"2026-01-31T12:00:00Z\"";

void write_decision(json::Writer& writer, const policy::Decision& decision) {
  writer.field("decision", text(decision.verdict)).field_if("reason", policy::text(decision.reason));
  if (decision.policy) writer.field("policy", decision.policy->name);
  if (decision.nearest) writer.field("nearest", decision.nearest->name);
  engine::write_conditions(writer.key("conditions_evaluated"), decision.conditions);
}

std::string_view outcome_of(const policy::Candidate& candidate) {
  switch (candidate.outcome) {
    case policy::Outcome::holds:
      return "holds";
    case policy::Outcome::undecidable:
      return "undecidable";
    case policy::Outcome::fails:
    case policy::Outcome::absent:
      break;
  }
  return "fails";
}

void write_candidate(json::Writer& writer, const policy::Candidate& candidate,
                     const policy::Decision& decision) {
  const policy::Policy& policy = *candidate.policy;
  writer.begin_object().field("policy", policy.name).field("action_type", policy.action_type.text());
  writer.field("effect", policy::text(policy.effect));
  if (policy.effect == policy::Effect::conditional) writer.field("on_fail", policy::text(policy.on_fail));
  writer.strings("agents", policy.agents).field("outcome", outcome_of(candidate));
  writer.field("decides", candidate.policy == decision.policy);
  engine::write_conditions(writer.key("conditions_evaluated"), candidate.conditions);
  writer.end_object();
}

class TestRun {
 public:
  TestRun(const policy::PolicySet& policies, std::string_view tests) : policies_(policies), tests_(tests) {}

  std::string run(const std::vector<Case>& cases) {
    std::string out;
    json::Writer writer(out);
    writer.begin_object().key("tests").begin_array();
    for (const Case& one : cases) run_one(writer, one);
    writer.end_array().field("passed", passed_).field("failed", cases.size() - passed_);
    writer.key("coverage").begin_array();
    for (const policy::Policy* policy : policies_.all()) {
      if (!policy->enabled) continue;
      writer.begin_object().field("policy", policy->name).field("tests", reached_[policy]).end_object();
    }
    writer.end_array().end_object();
    return out;
  }

 private:
  void run_one(json::Writer& writer, const Case& one) {
    const Trial trial = decide(policies_, one.given);
    if (trial.decision.policy) ++reached_[trial.decision.policy];
    writer.begin_object().field("name", one.name).field("pointer", one.pointer);
    write_position(writer, tests_, one.pointer);
    write_decision(writer, trial.decision);
    writer.key("differences").begin_array();
    const std::size_t differences = write_differences(writer, one.expected, trial);
    writer.end_array().field("passed", differences == 0).end_object();
    if (differences == 0) ++passed_;
  }

  static std::size_t write_differences(json::Writer& writer, const Expected& expected, const Trial& trial) {
    std::size_t count = 0;
    const auto differ = [&](std::string_view what, const std::string& wanted, const std::string& found) {
      ++count;
      writer.begin_object().field("what", what).raw_field("expected", wanted).raw_field("actual", found);
      writer.end_object();
    };
    const policy::Decision& decision = trial.decision;
    const std::string_view reason = policy::text(decision.reason);
    const std::string policy = decision.policy ? quoted(decision.policy->name) : "null";
    if (trial.needs_time) differ("at", quoted(no_time), "null");
    if (expected.decision != decision.verdict)
      differ("decision", quoted(text(expected.decision)), quoted(text(decision.verdict)));
    if (expected.reason && *expected.reason != reason)
      differ("reason", quoted(*expected.reason), reason.empty() ? "null" : quoted(reason));
    if (expected.policy.present() && json::canonical(expected.policy) != policy)
      differ("policy", json::canonical(expected.policy), policy);
    write_missing(expected.conditions, decision.conditions, differ);
    return count;
  }

  template <typename Differ>
  static void write_missing(json::Value wanted, const std::vector<policy::ConditionResult>& found,
                            const Differ& differ) {
    if (!wanted.present()) return;
    std::string text;
    json::Writer writer(text);
    engine::write_conditions(writer, found);
    const Result<json::Document> evaluated = json::parse(text, {.bytes_max = text.size()});
    for (const json::Value condition : wanted.items()) {
      bool met = false;
      for (const json::Value each : (evaluated ? evaluated->root() : json::Value()).items())
        met = met || has_all_of(each, condition);
      if (!met) differ("conditions", json::canonical(condition), text);
    }
  }

  static bool has_all_of(json::Value evaluated, json::Value wanted) {
    for (const auto& [name, value] : wanted.members()) {
      if (!evaluated[name].present() || !json::equal(evaluated[name], value)) return false;
    }
    return true;
  }

  static std::string quoted(std::string_view text) {
    std::string out;
    json::append_string(out, text);
    return out;
  }

  const policy::PolicySet& policies_;
  std::string_view tests_;
  std::map<const policy::Policy*, std::size_t> reached_;
  std::size_t passed_ = 0;
};

}  // namespace

Result<std::vector<policy::Policy>> compile(std::string_view policies) {
  const Result<json::Document> file = json::parse(policies, file_limits);
  if (!file) return file.error();
  Result<std::vector<policy::Policy>> compiled = policy::PolicySet::compile_file(file->root());
  if (compiled) return compiled;
  Error error = compiled.error();
  error.details = with_places(policies, file->root(), error.details);
  return error;
}

Result<std::string> check(std::string_view policies) {
  const Result<json::Document> file = json::parse(policies, file_limits);
  if (!file) return file.error();
  const json::Value root = file->root();
  const Result<std::vector<policy::Policy>> compiled = policy::PolicySet::compile_file(root);
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("policies").begin_array();
  if (compiled) {
    auto policy = compiled->begin();
    for (const json::Value source : (root.is_array() ? root : root["policies"]).items())
      write_policy(writer, *policy++, source);
  }
  writer.end_array();
  write_faults(writer, policies, root, compiled ? std::string(R"({"faults":[]})") : compiled.error().details);
  writer.end_object();
  return out;
}

Result<std::string> explain(std::string_view policies, std::string_view action) {
  const Result<policy::PolicySet> set = read_policies(policies);
  if (!set) return set.error();
  const Result<json::Document> document = json::parse(action, file_limits);
  if (!document) return document.error();
  std::vector<json::Fault> faults;
  const Given given = read_given(document->root(), "", faults);
  if (!faults.empty()) return json::faults_error(Code::invalid_argument, "the action is not valid", faults);
  const Trial trial = decide(*set, given);
  if (trial.needs_time) return Error{Code::invalid_argument, std::string(no_time)};

  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  write_decision(writer, trial.decision);
  writer.key("candidates").begin_array();
  for (const policy::Candidate& candidate : trial.candidates)
    write_candidate(writer, candidate, trial.decision);
  writer.end_array().end_object();
  return out;
}

Result<std::string> test(std::string_view policies, std::string_view tests) {
  const Result<policy::PolicySet> set = read_policies(policies);
  if (!set) return set.error();
  const Result<json::Document> document = json::parse(tests, file_limits);
  if (!document) return document.error();
  const Result<std::vector<Case>> cases = read_cases(document->root());
  if (!cases) {
    Error error = cases.error();
    if (!error.details.empty()) error.details = with_places(tests, {}, error.details);
    return error;
  }
  return TestRun(*set, tests).run(*cases);
}

}  // namespace al::workbench
