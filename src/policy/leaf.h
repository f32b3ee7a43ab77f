// A leaf of a condition, compiled: which field, which operator, which operand.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/few.h"
#include "base/json.h"
#include "base/json_reader.h"
#include "policy/condition.h"
#include "policy/field.h"
#include "policy/glob.h"
#include "policy/operators.h"
#include "policy/rare.h"
#include "policy/scalar.h"

namespace al::policy {

struct Leaf {
  Field field;
  Operator op = Operator::eq;
  /// One value; for in, not_in and subset_of sorted; for between low, high; for exists and not_exists none.
  Few<Scalar> operands;
  /// For matches, and for contains and not_contains of a string.
  Rare<Glob> glob;
  /// Canonical JSON of the operand; "null" where there is none.
  std::string_view expected;
};

/// Compiles the operand of a leaf whose field and operator are understood; on failure appends every fault.
/// The leaf looks into the operand's document and into `canonical`, the canonical JSON of a policy with it.
[[nodiscard]] std::optional<Leaf> compile_leaf(Field field, Operator op, json::Value operand,
                                               std::string_view canonical, std::string_view pointer,
                                               std::vector<json::Fault>& faults);

[[nodiscard]] Outcome test(const Leaf& leaf, const Fact& fact);

}  // namespace al::policy
