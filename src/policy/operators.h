// The operators of conditions: their names, and what each of them asks of its field and of its operand.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace al::policy {

enum class Operator : std::uint8_t {
  eq,
  ne,
  lt,
  lte,
  gt,
  gte,
  in,
  not_in,
  contains,
  not_contains,
  starts_with,
  ends_with,
  matches,
  exists,
  not_exists,
  between,
  subset_of,
};

/// The name that policies use.
[[nodiscard]] std::string_view text(Operator op);
[[nodiscard]] std::optional<Operator> parse_operator(std::string_view name);
/// In the order of the enumeration.
[[nodiscard]] const std::vector<std::string_view>& operator_names();
/// What somebody who wrote `name` most likely meant ("==", "equals", "gtee"), or empty.
[[nodiscard]] std::string_view suggest_operator(std::string_view name);

/// The operator that holds exactly where this one fails, on a field of the right type; nothing when there is
/// none.
[[nodiscard]] std::optional<Operator> complement(Operator op);

/// ne, not_in and not_contains: those that the absence of a value seems to satisfy. It does not.
[[nodiscard]] bool is_negative(Operator op);
/// lt, lte, gt, gte and between.
[[nodiscard]] bool is_ordering(Operator op);
/// starts_with, ends_with and matches: those for strings alone.
[[nodiscard]] bool is_textual(Operator op);
/// exists and not_exists, which have no operand.
[[nodiscard]] bool is_existence(Operator op);

}  // namespace al::policy
