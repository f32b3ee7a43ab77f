// What the tests of policies share: texts in, decisions out.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "policy/policy.h"
#include "policy/policy_set.h"

namespace al::policy::testing {

/// Test texts use ' for ": {'name':'x'}.
inline std::string quoted(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c == '\'') c = '"';
  }
  return out;
}

inline json::Document document(std::string_view text) {
  Result<json::Document> parsed = json::parse(quoted(text));
  INFO(text);
  REQUIRE(parsed.ok());
  return std::move(*parsed);
}

struct Compiled {
  std::optional<Policy> policy;
  std::vector<json::Fault> faults;
};

/// The document is gone afterwards, as it is after a request: a policy must not look into it.
inline Compiled compiled(std::string_view text, std::string_view pointer = "",
                         const CompileLimits& limits = {}) {
  const json::Document source = document(text);
  Compiled out;
  out.policy = compile(source.root(), pointer, out.faults, limits);
  return out;
}

inline Policy policy(std::string_view text) {
  Compiled out = compiled(text);
  for (const json::Fault& fault : out.faults) UNSCOPED_INFO(fault.pointer << " " << fault.message);
  REQUIRE(out.policy.has_value());
  return std::move(*out.policy);
}

/// An allow for pr.merge under these conditions (a JSON array).
inline Policy with_conditions(std::string_view conditions) {
  return policy(
      "{'name':'p','action_type':'pr.merge','effect':'allow','conditions':" + std::string(conditions) + "}");
}

inline PolicySet set_of(const std::vector<std::string>& texts) {
  PolicySet set;
  for (const std::string& text : texts) {
    Policy one = policy(text);
    const Digest recorded = one.digest;
    set.put(std::move(one), recorded);
  }
  return set;
}

/// An action that keeps the JSON it shows.
class Act {
 public:
  explicit Act(std::string_view action_type, std::string_view metadata = "{}", std::string_view data = "")
      : metadata_(document(metadata)) {
    if (!data.empty()) data_ = document(data);
    action.action_type = action_type;
    action.metadata = metadata_.root();
    action.data_accessed = data_.root();
    action.agent_id = "agt-1";
    action.agent_name = "merger";
    action.wall_ms = 1'769'860'800'000;  // 2026-01-31T12:00:00Z, a Saturday
  }

  Action action;

 private:
  json::Document metadata_;
  json::Document data_;
};

}  // namespace al::policy::testing
