#include "policy/scalar.h"

#include <algorithm>
#include <cstddef>

#include "base/heap_sort.h"

namespace al::policy {

Scalar Scalar::of(json::Value value) {
  Scalar out;
  if (const std::optional<json::Number> number = value.as_number()) {
    out.kind = Kind::number;
    out.number = *number;
  } else if (value.is_string()) {
    out = of(value.string());
  } else if (const std::optional<bool> flag = value.as_bool()) {
    out.kind = Kind::boolean;
    out.boolean = *flag;
  }
  return out;
}

Scalar Scalar::of(std::string_view text) {
  Scalar out;
  out.kind = Kind::string;
  out.string = text;
  return out;
}

Scalar Scalar::of_ordinal(std::int64_t value) {
  Scalar out;
  out.kind = Kind::ordinal;
  out.number.integer = value;
  return out;
}

std::partial_ordering compare(const Scalar& a, const Scalar& b) {
  if (a.kind != b.kind) return std::partial_ordering::unordered;
  switch (a.kind) {
    case Scalar::Kind::none:
      return std::partial_ordering::unordered;
    case Scalar::Kind::boolean:
      return a.boolean <=> b.boolean;
    case Scalar::Kind::number:
    case Scalar::Kind::ordinal:
      return json::compare(a.number, b.number);
    case Scalar::Kind::string:
      return a.string <=> b.string;
  }
  return std::partial_ordering::unordered;
}

namespace {

bool less(const Scalar& a, const Scalar& b) { return compare(a, b) < 0; }

}  // namespace

void sort_values(std::vector<Scalar>& values) { heap_sort(values, less); }

bool holds_value(std::span<const Scalar> sorted, const Scalar& value) {
  const auto at = std::lower_bound(sorted.begin(), sorted.end(), value, less);
  return at != sorted.end() && compare(*at, value) == 0;
}

std::string_view describe(Scalar::Kind kind) {
  switch (kind) {
    case Scalar::Kind::none:
      return "nothing";
    case Scalar::Kind::boolean:
      return "a boolean";
    case Scalar::Kind::number:
    case Scalar::Kind::ordinal:
      return "a number";
    case Scalar::Kind::string:
      return "a string";
  }
  return "nothing";
}

const std::vector<std::string_view>& sensitivity_names() {
  static const std::vector<std::string_view> names{"none", "low", "medium", "high", "critical"};
  return names;
}

const std::vector<std::string_view>& weekday_names() {
  static const std::vector<std::string_view> names{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  return names;
}

std::int64_t rank_of(std::string_view name, const std::vector<std::string_view>& names) {
  const auto at = std::find(names.begin(), names.end(), name);
  return at == names.end() ? -1 : at - names.begin();
}

}  // namespace al::policy
