// The compiled form of a condition, and its compiler.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/json_reader.h"
#include "policy/leaf.h"
#include "policy/policy.h"

namespace al::policy {

struct ConditionNode {
  enum class Kind : std::uint8_t { leaf, all, any, negation, invalid };

  Kind kind = Kind::invalid;  // `invalid`: stands for what did not compile; never in a finished tree.
  std::vector<ConditionNode> children;  // of all and any; one, of negation
  Leaf leaf;
};

/// Compiles `conditions`, an array: all of them must hold. Appends every fault; the result is of use only
/// when there is none. It looks into the document of `conditions` and into `canonical`, the canonical JSON of
/// the policy.
[[nodiscard]] ConditionNode compile_conditions(json::Value conditions, std::string_view canonical,
                                               std::string_view pointer, const CompileLimits& limits,
                                               std::vector<json::Fault>& faults);

/// Appends a fault for every leaf or group that repeats another of its list and for every one that cannot
/// hold together with another of the same field. `pointer` is that of the list.
void find_contradictions(const ConditionNode& list, std::string_view pointer,
                         std::vector<json::Fault>& faults);

}  // namespace al::policy
