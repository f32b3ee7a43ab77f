// One case of a policy test: an action that is given, and the decision that is expected.
//
//   {"tests":[{"name": "small pull requests pass",
//              "given":  {"action_type": "pr.open", "metadata": {…}, "data_accessed": […],
//                         "agent": "release-bot", "agent_id": "agt_1",
//                         "delegation": {"name": "reader", "id": "dlg_1", "depth": 1},
//                         "at": "2026-01-31T12:00:00Z"},
//              "expect": {"decision": "allow" | "deny" | "require_approval", "reason": "POLICY_DENIED",
//                         "policy": "small" | null, "conditions": [{"field": "pr_size", "result": false}]}}]}
//
// Of `given`, only action_type is required; of `expect`, only decision. An expected condition is met by one
// that was evaluated and has all of its members. The file may name its "policies" and "$schema"; both are for
// whoever reads it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/json_reader.h"
#include "base/time.h"
#include "policy/policy_set.h"

namespace al::workbench {

inline constexpr std::size_t tests_max = 10'000;

/// An action as a case gives it. Looks into the JSON it was read from.
struct Given {
  policy::Action action;  // without a time
  std::optional<Millis> at_ms;
};

/// Appends every fault; the result is of use only when there is none.
[[nodiscard]] Given read_given(json::Value value, const std::string& pointer,
                               std::vector<json::Fault>& faults);

struct Expected {
  policy::Verdict decision = policy::Verdict::deny;
  std::optional<std::string_view> reason;
  json::Value policy;      // a string, null (none decides), or absent
  json::Value conditions;  // an array, or absent
};

struct Case {
  std::string_view name;
  std::string pointer;
  Given given;
  Expected expected;
};

/// Reads a whole test file, as strictly as policies are read. Fails with `invalid_argument`.
[[nodiscard]] Result<std::vector<Case>> read_cases(json::Value file);

[[nodiscard]] std::string_view text(policy::Verdict verdict);

}  // namespace al::workbench
