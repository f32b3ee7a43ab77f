#include "policy/operators.h"

#include <array>
#include <cstddef>
#include <utility>

#include "base/json_reader.h"

namespace al::policy {

namespace {

using Alias = std::pair<std::string_view, Operator>;

// What other policy languages call them.
constexpr std::array aliases{
    Alias{"=", Operator::eq},
    Alias{"==", Operator::eq},
    Alias{"===", Operator::eq},
    Alias{"is", Operator::eq},
    Alias{"equals", Operator::eq},
    Alias{"!=", Operator::ne},
    Alias{"<>", Operator::ne},
    Alias{"neq", Operator::ne},
    Alias{"not_eq", Operator::ne},
    Alias{"not_equals", Operator::ne},
    Alias{"<", Operator::lt},
    Alias{"less_than", Operator::lt},
    Alias{"<=", Operator::lte},
    Alias{"le", Operator::lte},
    Alias{"max", Operator::lte},
    Alias{">", Operator::gt},
    Alias{"greater_than", Operator::gt},
    Alias{">=", Operator::gte},
    Alias{"ge", Operator::gte},
    Alias{"min", Operator::gte},
    Alias{"one_of", Operator::in},
    Alias{"any_of", Operator::in},
    Alias{"nin", Operator::not_in},
    Alias{"none_of", Operator::not_in},
    Alias{"has", Operator::contains},
    Alias{"includes", Operator::contains},
    Alias{"prefix", Operator::starts_with},
    Alias{"suffix", Operator::ends_with},
    Alias{"glob", Operator::matches},
    Alias{"like", Operator::matches},
    Alias{"regex", Operator::matches},
    Alias{"present", Operator::exists},
    Alias{"missing", Operator::not_exists},
    Alias{"absent", Operator::not_exists},
    Alias{"range", Operator::between},
    Alias{"subset", Operator::subset_of},
};

}  // namespace

const std::vector<std::string_view>& operator_names() {
  static const std::vector<std::string_view> names{
      "eq",      "ne",     "lt",         "lte",          "gt",          "gte",
      "in",      "not_in", "contains",   "not_contains", "starts_with", "ends_with",
      "matches", "exists", "not_exists", "between",      "subset_of"};
  return names;
}

std::string_view text(Operator op) { return operator_names()[static_cast<std::size_t>(op)]; }

std::optional<Operator> parse_operator(std::string_view name) {
  const std::vector<std::string_view>& names = operator_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<Operator>(i);
  }
  return {};
}

std::string_view suggest_operator(std::string_view name) {
  for (const auto& [alias, op] : aliases) {
    if (alias == name) return text(op);
  }
  return json::closest(name, operator_names());
}

std::optional<Operator> complement(Operator op) {
  switch (op) {
    case Operator::eq:
      return Operator::ne;
    case Operator::ne:
      return Operator::eq;
    case Operator::lt:
      return Operator::gte;
    case Operator::lte:
      return Operator::gt;
    case Operator::gt:
      return Operator::lte;
    case Operator::gte:
      return Operator::lt;
    case Operator::in:
      return Operator::not_in;
    case Operator::not_in:
      return Operator::in;
    case Operator::contains:
      return Operator::not_contains;
    case Operator::not_contains:
      return Operator::contains;
    case Operator::exists:
      return Operator::not_exists;
    case Operator::not_exists:
      return Operator::exists;
    case Operator::starts_with:
    case Operator::ends_with:
    case Operator::matches:
    case Operator::between:
    case Operator::subset_of:
      return {};
  }
  return {};
}

bool is_negative(Operator op) {
  return op == Operator::ne || op == Operator::not_in || op == Operator::not_contains;
}

bool is_ordering(Operator op) {
  return op == Operator::lt || op == Operator::lte || op == Operator::gt || op == Operator::gte ||
         op == Operator::between;
}

bool is_textual(Operator op) {
  return op == Operator::starts_with || op == Operator::ends_with || op == Operator::matches;
}

bool is_existence(Operator op) { return op == Operator::exists || op == Operator::not_exists; }

}  // namespace al::policy
