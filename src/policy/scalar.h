// One value that an operator can compare, wherever it comes from: the action's JSON, the policy's JSON or the
// kernel's own knowledge of the agent and the time.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace al::policy {

struct Scalar {
  /// `ordinal` is a whole number that the kernel knows itself: a count, a depth, an hour or the rank of a
  /// sensitivity.
  enum class Kind : std::uint8_t { none, boolean, number, ordinal, string };

  Kind kind = Kind::none;
  bool boolean = false;
  json::Number number;  // of an ordinal, too
  std::string_view string;

  /// `none` for anything but a boolean, a number or a string.
  [[nodiscard]] static Scalar of(json::Value value);
  [[nodiscard]] static Scalar of(std::string_view text);
  [[nodiscard]] static Scalar of_ordinal(std::int64_t value);
};

/// Exact; unordered for two values of different kinds.
[[nodiscard]] std::partial_ordering compare(const Scalar& a, const Scalar& b);

/// Sorts values of one kind, for `holds_value`.
void sort_values(std::vector<Scalar>& values);
[[nodiscard]] bool holds_value(std::span<const Scalar> sorted, const Scalar& value);

/// "a number", "a string", … for messages.
[[nodiscard]] std::string_view describe(Scalar::Kind kind);

/// Sensitivities from the lowest rank, 0, to the highest: none, low, medium, high, critical.
[[nodiscard]] const std::vector<std::string_view>& sensitivity_names();
/// "mon" (rank 0, ISO weekday 1) to "sun".
[[nodiscard]] const std::vector<std::string_view>& weekday_names();
/// -1 when `name` is none of `names`.
[[nodiscard]] std::int64_t rank_of(std::string_view name, const std::vector<std::string_view>& names);

}  // namespace al::policy
