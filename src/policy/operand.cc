// Leaf by leaf, what the compiler refuses: operators that make no sense for the field, operands of the wrong
// type, and leaves that no value could satisfy.
#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include "policy/leaf.h"

namespace al::policy {

namespace {

struct Range {
  std::int64_t min = 0;
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};

/// Of the fields whose values are ordinals; sensitivities by rank.
std::optional<Range> range_of(FieldType type) {
  switch (type) {
    case FieldType::count:
      return Range{};
    case FieldType::hour:
      return Range{0, 23};
    case FieldType::sensitivity:
      return Range{0, static_cast<std::int64_t>(sensitivity_names().size()) - 1};
    case FieldType::any:
    case FieldType::weekday:
    case FieldType::text:
    case FieldType::list:
      return {};
  }
  return {};
}

bool fits(FieldType type, Operator op) {
  if (is_existence(op)) return true;
  const bool equality =
      op == Operator::eq || op == Operator::ne || op == Operator::in || op == Operator::not_in;
  const bool containment = op == Operator::contains || op == Operator::not_contains;
  switch (type) {
    case FieldType::any:
      return true;
    case FieldType::count:
    case FieldType::hour:
    case FieldType::sensitivity:
      return equality || is_ordering(op);
    case FieldType::weekday:
      return equality;
    case FieldType::text:
      return equality || containment || is_textual(op);
    case FieldType::list:
      return containment || op == Operator::subset_of;
  }
  return false;
}

std::string misfit(const Field& field, Operator op) {
  std::string message(text(op));
  message.append(" cannot be used on ").append(field.text).append("; use ");
  std::string_view separator;
  for (std::size_t i = 0; i < operator_names().size(); ++i) {
    const auto candidate = static_cast<Operator>(i);
    if (!fits(field.type, candidate) || (is_existence(candidate) && field.always_exists())) continue;
    message.append(separator).append(text(candidate));
    separator = ", ";
  }
  return message;
}

/// Compiles operands of one leaf; every refusal is a fault.
class OperandCompiler {
 public:
  OperandCompiler(Leaf& leaf, std::vector<json::Fault>& faults) : leaf_(leaf), faults_(faults) {}

  void compile(json::Value operand, const std::string& pointer) {
    if (leaf_.op == Operator::between) return compile_bounds(operand, pointer);
    if (leaf_.op == Operator::in || leaf_.op == Operator::not_in || leaf_.op == Operator::subset_of) {
      return compile_list(operand, pointer);
    }
    if (const std::optional<Scalar> value = one(operand, pointer)) leaf_.operands = Few<Scalar>({*value});
    if (leaf_.operands.empty()) return;
    check_satisfiable(pointer);
    compile_glob(pointer);
  }

 private:
  void fault(const std::string& pointer, std::string message) {
    faults_.push_back({pointer, std::move(message)});
  }

  std::optional<Scalar> named(json::Value operand, const std::string& pointer,
                              const std::vector<std::string_view>& names) {
    if (rank_of(operand.string(), names) >= 0) return Scalar::of(operand.string());
    std::string message = "must be one of";
    for (const std::string_view name : names)
      message.append(name == names.front() ? " \"" : ", \"").append(name).append("\"");
    const std::string_view suggestion = json::closest(operand.string(), names);
    if (operand.is_string() && !suggestion.empty())
      message.append("; did you mean \"").append(suggestion).append("\"?");
    fault(pointer, std::move(message));
    return {};
  }

  std::optional<Scalar> ordinal(json::Value operand, const std::string& pointer, const Range& range) {
    const std::optional<std::int64_t> number = operand.as_int64();
    if (number && *number >= range.min && *number <= range.max) return Scalar::of_ordinal(*number);
    fault(pointer, "must be a whole number from " + std::to_string(range.min) + " to " +
                       std::to_string(range.max) + " for " + std::string(leaf_.field.text));
    return {};
  }

  /// One value that the field could have.
  std::optional<Scalar> one(json::Value operand, const std::string& pointer) {
    switch (leaf_.field.type) {
      case FieldType::weekday:
        return named(operand, pointer, weekday_names());
      case FieldType::count:
      case FieldType::hour:
        return ordinal(operand, pointer, *range_of(leaf_.field.type));
      case FieldType::sensitivity: {
        const std::optional<Scalar> name = named(operand, pointer, sensitivity_names());
        if (!name) return {};
        return Scalar::of_ordinal(rank_of(name->string, sensitivity_names()));
      }
      case FieldType::text:
      case FieldType::list:
        return of_kind(operand, pointer, Scalar::Kind::string);
      case FieldType::any:
        if (is_ordering(leaf_.op)) return of_kind(operand, pointer, Scalar::Kind::number);
        if (is_textual(leaf_.op)) return of_kind(operand, pointer, Scalar::Kind::string);
        return of_any_kind(operand, pointer);
    }
    return {};
  }

  std::optional<Scalar> of_kind(json::Value operand, const std::string& pointer, Scalar::Kind kind) {
    const Scalar value = Scalar::of(operand);
    if (value.kind == kind) return value;
    fault(pointer, "must be " + std::string(describe(kind)) + " for " + std::string(text(leaf_.op)) + " on " +
                       std::string(leaf_.field.text) + ", not " +
                       std::string(json::describe(operand.kind())));
    return {};
  }

  std::optional<Scalar> of_any_kind(json::Value operand, const std::string& pointer) {
    const Scalar value = Scalar::of(operand);
    if (value.kind != Scalar::Kind::none) return value;
    std::string message = "must be a string, a number or a boolean for " + std::string(text(leaf_.op)) +
                          ", not " + std::string(json::describe(operand.kind()));
    if (operand.is_null()) message += "; null counts as missing, not_exists asks for that";
    if (operand.is_array()) message += "; in, not_in and subset_of take a list";
    fault(pointer, std::move(message));
    return {};
  }

  void compile_bounds(json::Value operand, const std::string& pointer) {
    if (!operand.is_array() || operand.size() != 2) {
      return fault(pointer, "must be [low, high] for between");
    }
    std::vector<Scalar> bounds;
    for (const json::Value item : operand.items()) {
      const std::size_t index = bounds.size();
      const std::optional<Scalar> bound = one(item, json::pointer_to(pointer, index));
      bounds.push_back(bound.value_or(Scalar{}));
    }
    if (bounds[0].kind == Scalar::Kind::none || bounds[1].kind == Scalar::Kind::none) return;
    if (compare(bounds[0], bounds[1]) > 0) return fault(pointer, "can never hold: low is above high");
    leaf_.operands = Few<Scalar>(std::move(bounds));
  }

  void compile_list(json::Value operand, const std::string& pointer) {
    if (!operand.is_array()) {
      return fault(pointer, "must be an array for " + std::string(text(leaf_.op)) + ", not " +
                                std::string(json::describe(operand.kind())));
    }
    if (operand.size() == 0) return fault(pointer, "must not be empty");
    std::vector<Scalar> values;
    bool complete = true;
    std::size_t index = 0;
    for (const json::Value item : operand.items()) {
      const std::string at = json::pointer_to(pointer, index++);
      const std::optional<Scalar> value = one(item, at);
      if (!value) {
        complete = false;
      } else if (!values.empty() && value->kind != values.front().kind) {
        fault(at, "must be " + std::string(describe(values.front().kind)) + " like the values before it");
        complete = false;
      } else {
        values.push_back(*value);
      }
    }
    if (!complete) return;
    sort_values(values);
    const auto twin = std::adjacent_find(values.begin(), values.end(),
                                         [](const Scalar& a, const Scalar& b) { return compare(a, b) == 0; });
    if (twin != values.end()) return fault(pointer, "holds the same value twice");
    leaf_.operands = Few<Scalar>(std::move(values));
  }

  void check_satisfiable(const std::string& pointer) {
    const std::optional<Range> range = range_of(leaf_.field.type);
    const Scalar& value = leaf_.operands.front();
    if (!range || value.kind != Scalar::Kind::ordinal) return;
    const bool never = (leaf_.op == Operator::lt && value.number.integer == range->min) ||
                       (leaf_.op == Operator::gt && value.number.integer == range->max);
    if (never) fault(pointer, "can never hold: no " + std::string(leaf_.field.text) + " is beyond this");
  }

  void compile_glob(const std::string& pointer) {
    const Scalar& value = leaf_.operands.front();
    if (value.kind != Scalar::Kind::string) return;
    const bool containment = leaf_.op == Operator::contains || leaf_.op == Operator::not_contains;
    if (!containment && !is_textual(leaf_.op)) return;
    const bool of_items = leaf_.field.type == FieldType::list;
    if (value.string.empty() && !of_items)
      return fault(pointer, "must not be empty for " + std::string(text(leaf_.op)));
    if (leaf_.op == Operator::matches) leaf_.glob = rare(Glob::parse(value.string));
    if (containment && !of_items) leaf_.glob = rare(Glob::containing(value.string));
    if (leaf_.glob || of_items || leaf_.op == Operator::starts_with || leaf_.op == Operator::ends_with)
      return;
    fault(pointer, "is longer than " + std::to_string(Glob::pattern_bytes_max) + " bytes");
  }

  Leaf& leaf_;
  std::vector<json::Fault>& faults_;
};

/// The part of `canonical` that says the same as `operand`.
std::string_view text_of(json::Value operand, std::string_view canonical) {
  if (!operand.present()) return "null";
  const std::string text = json::canonical(operand);
  return canonical.substr(canonical.find(text), text.size());
}

}  // namespace

std::optional<Leaf> compile_leaf(Field field, Operator op, json::Value operand, std::string_view canonical,
                                 std::string_view pointer, std::vector<json::Fault>& faults) {
  const std::size_t faults_before = faults.size();
  const std::string value_pointer = json::pointer_to(pointer, "value");
  Leaf leaf;
  leaf.op = op;
  leaf.field = std::move(field);
  leaf.expected = text_of(operand, canonical);
  if (!fits(leaf.field.type, op)) {
    faults.push_back({json::pointer_to(pointer, "operator"), misfit(leaf.field, op)});
  } else if (is_existence(op)) {
    if (operand.present()) faults.push_back({value_pointer, "must be left out for " + std::string(text(op))});
    if (leaf.field.always_exists()) {
      faults.push_back({json::pointer_to(pointer, "field"),
                        "always exists, so " + std::string(text(op)) + " decides nothing"});
    }
  } else if (!operand.present()) {
    faults.push_back({value_pointer, "is missing"});
  } else {
    OperandCompiler(leaf, faults).compile(operand, value_pointer);
  }
  if (faults.size() != faults_before) return {};
  return leaf;
}

}  // namespace al::policy
