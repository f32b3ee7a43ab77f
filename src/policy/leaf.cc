#include "policy/leaf.h"

namespace al::policy {

namespace {

Outcome from(bool holds) { return holds ? Outcome::holds : Outcome::fails; }

Outcome negate(Outcome outcome) {
  if (outcome == Outcome::holds) return Outcome::fails;
  return outcome == Outcome::fails ? Outcome::holds : outcome;
}

Outcome order(Operator op, const Few<Scalar>& operands, const Scalar& value) {
  const std::partial_ordering order = compare(value, operands.front());
  if (order == std::partial_ordering::unordered) return Outcome::undecidable;
  switch (op) {
    case Operator::lt:
      return from(order < 0);
    case Operator::lte:
      return from(order <= 0);
    case Operator::gt:
      return from(order > 0);
    case Operator::gte:
      return from(order >= 0);
    case Operator::between:
      return from(order >= 0 && compare(value, operands.back()) <= 0);
    default:
      return Outcome::undecidable;
  }
}

/// An item of a kind that cannot be compared is not known to differ.
Outcome contains_item(const Fact& fact, const Scalar& wanted) {
  bool all_comparable = true;
  for (const json::Value item : fact.value.items()) {
    const Scalar element = fact.element(item);
    if (compare(element, wanted) == 0) return Outcome::holds;
    if (element.kind != wanted.kind) all_comparable = false;
  }
  return all_comparable ? Outcome::fails : Outcome::undecidable;
}

Outcome contains(const Leaf& leaf, const Fact& fact) {
  if (fact.is_list()) return contains_item(fact, leaf.operands.front());
  if (!leaf.glob || fact.scalar.kind != Scalar::Kind::string) return Outcome::undecidable;
  return from(leaf.glob->matches(fact.scalar.string));
}

Outcome is_subset(const Leaf& leaf, const Fact& fact) {
  if (!fact.is_list()) return Outcome::undecidable;
  bool all_comparable = true;
  for (const json::Value item : fact.value.items()) {
    const Scalar element = fact.element(item);
    if (element.kind != leaf.operands.front().kind) {
      all_comparable = false;
    } else if (!holds_value(leaf.operands, element)) {
      return Outcome::fails;
    }
  }
  return all_comparable ? Outcome::holds : Outcome::undecidable;
}

Outcome match_text(const Leaf& leaf, const Scalar& value) {
  if (value.kind != Scalar::Kind::string) return Outcome::undecidable;
  if (leaf.op == Operator::matches) return from(leaf.glob && leaf.glob->matches(value.string));
  const std::string_view wanted = leaf.operands.front().string;
  return from(leaf.op == Operator::starts_with ? value.string.starts_with(wanted)
                                               : value.string.ends_with(wanted));
}

}  // namespace

Outcome test(const Leaf& leaf, const Fact& fact) {
  if (is_existence(leaf.op) && fact.state != Fact::State::malformed) {
    return from((fact.state == Fact::State::found) == (leaf.op == Operator::exists));
  }
  if (fact.state == Fact::State::absent && !is_negative(leaf.op)) return Outcome::absent;
  if (fact.state != Fact::State::found) return Outcome::undecidable;

  const bool same_kind = fact.scalar.kind == leaf.operands.front().kind;
  switch (leaf.op) {
    case Operator::eq:
    case Operator::ne:
      if (!same_kind) return Outcome::undecidable;
      return from((compare(fact.scalar, leaf.operands.front()) == 0) == (leaf.op == Operator::eq));
    case Operator::in:
    case Operator::not_in:
      if (!same_kind) return Outcome::undecidable;
      return from(holds_value(leaf.operands, fact.scalar) == (leaf.op == Operator::in));
    case Operator::contains:
      return contains(leaf, fact);
    case Operator::not_contains:
      return negate(contains(leaf, fact));
    case Operator::starts_with:
    case Operator::ends_with:
    case Operator::matches:
      return match_text(leaf, fact.scalar);
    case Operator::subset_of:
      return is_subset(leaf, fact);
    case Operator::lt:
    case Operator::lte:
    case Operator::gt:
    case Operator::gte:
    case Operator::between:
      return order(leaf.op, leaf.operands, fact.scalar);
    case Operator::exists:
    case Operator::not_exists:
      break;
  }
  return Outcome::undecidable;
}

}  // namespace al::policy
