// Conditions that compile one by one and yet make no sense together.
#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "policy/condition_tree.h"

namespace al::policy {

namespace {

using Kind = ConditionNode::Kind;

/// The same for two nodes that ask the same.
std::string key_of(const ConditionNode& node) {
  std::string out;
  switch (node.kind) {
    case Kind::leaf:
      return out.append(node.leaf.field.key())
          .append(" ")
          .append(text(node.leaf.op))
          .append(" ")
          .append(node.leaf.expected);
    case Kind::negation:
      return out.append("not ").append(key_of(node.children.front()));
    case Kind::all:
      out = "all(";
      break;
    case Kind::any:
      out = "any(";
      break;
    case Kind::invalid:
      break;
  }
  for (const ConditionNode& child : node.children) out.append(key_of(child)).append(",");
  return out.append(")");
}

/// Which kinds of values a leaf can hold on, as bits.
constexpr unsigned number_bit = 1;
constexpr unsigned string_bit = 2;
constexpr unsigned boolean_bit = 4;
constexpr unsigned list_bit = 8;
constexpr unsigned every_bit = 15;

unsigned bit_of(Scalar::Kind kind) {
  switch (kind) {
    case Scalar::Kind::none:
      return 0;
    case Scalar::Kind::boolean:
      return boolean_bit;
    case Scalar::Kind::number:
    case Scalar::Kind::ordinal:
      return number_bit;
    case Scalar::Kind::string:
      return string_bit;
  }
  return 0;
}

unsigned kinds_of(const Leaf& leaf) {
  if (is_existence(leaf.op)) return leaf.op == Operator::exists ? every_bit : 0;
  const unsigned operand = bit_of(leaf.operands.front().kind);
  if (leaf.op == Operator::subset_of) return list_bit;
  if (leaf.op == Operator::contains || leaf.op == Operator::not_contains)
    return (operand & string_bit) | list_bit;
  return operand;
}

struct Interval {
  const Scalar* low = nullptr;
  const Scalar* high = nullptr;
  bool low_open = false;
  bool high_open = false;
};

Interval interval_of(const Leaf& leaf) {
  if (!is_ordering(leaf.op) && leaf.op != Operator::eq) return {};
  const Scalar* first = &leaf.operands.front();
  switch (leaf.op) {
    case Operator::lt:
      return {nullptr, first, false, true};
    case Operator::lte:
      return {nullptr, first, false, false};
    case Operator::gt:
      return {first, nullptr, true, false};
    case Operator::gte:
      return {first, nullptr, false, false};
    default:
      return {first, &leaf.operands.back(), false, false};
  }
}

bool above(const Interval& a, const Interval& b) {
  if (a.low == nullptr || b.high == nullptr) return false;
  const std::partial_ordering order = compare(*a.low, *b.high);
  return order > 0 || (order == 0 && (a.low_open || b.high_open));
}

bool is_choice(const Leaf& leaf) { return leaf.op == Operator::eq || leaf.op == Operator::in; }

bool holds_on(const Leaf& leaf, const Scalar& value) {
  Fact fact;
  fact.state = Fact::State::found;
  fact.scalar = value;
  return test(leaf, fact) == Outcome::holds;
}

bool no_choice_left(const Leaf& choice, const Leaf& other) {
  return is_choice(choice) && std::none_of(choice.operands.begin(), choice.operands.end(),
                                           [&](const Scalar& value) { return holds_on(other, value); });
}

/// Two ends that a string cannot both have.
bool ends_differ(const Leaf& a, const Leaf& b) {
  if (a.op != b.op) return false;
  const std::string_view x =
      a.op == Operator::starts_with || a.op == Operator::ends_with ? a.operands.front().string : "";
  const std::string_view y = x.empty() ? "" : b.operands.front().string;
  return a.op == Operator::starts_with ? !x.starts_with(y) && !y.starts_with(x)
                                       : !x.ends_with(y) && !y.ends_with(x);
}

/// True when no value can satisfy both; false when that is not known.
bool exclude_each_other(const Leaf& a, const Leaf& b) {
  if ((kinds_of(a) & kinds_of(b)) == 0) return a.op != b.op || a.op != Operator::not_exists;
  const Interval x = interval_of(a);
  const Interval y = interval_of(b);
  if (above(x, y) || above(y, x)) return true;
  if (no_choice_left(a, b) || no_choice_left(b, a)) return true;
  if (complement(a.op) == b.op && a.expected == b.expected) return true;
  return ends_differ(a, b);
}

/// One thing that must hold, and where it stands.
struct Conjunct {
  const ConditionNode* node;
  std::string pointer;
};

std::string child_pointer(const ConditionNode& node, const std::string& pointer, std::size_t index) {
  return node.kind == Kind::negation ? json::pointer_to(pointer, "not") : json::pointer_to(pointer, index);
}

/// Where the list of a nested group starts.
std::string content_pointer(const ConditionNode& node, const std::string& pointer) {
  if (node.kind == Kind::all) return json::pointer_to(pointer, "all");
  return node.kind == Kind::any ? json::pointer_to(pointer, "any") : pointer;
}

void flatten(const ConditionNode& list, const std::string& pointer, std::vector<Conjunct>& out) {
  for (std::size_t i = 0; i < list.children.size(); ++i) {
    const ConditionNode& child = list.children[i];
    const std::string at = child_pointer(list, pointer, i);
    if (list.kind == Kind::all && child.kind == Kind::all) {
      flatten(child, content_pointer(child, at), out);
    } else if (child.kind != Kind::invalid) {
      out.push_back({&child, at});
    }
  }
}

class ListCheck {
 public:
  explicit ListCheck(std::vector<json::Fault>& faults) : faults_(faults) {}

  void check_repeats(const std::vector<Conjunct>& list, bool all) {
    std::map<std::string, const Conjunct*> seen;
    for (const Conjunct& item : list) {
      const std::string key = key_of(*item.node);
      const auto [first, fresh] = seen.emplace(key, &item);
      if (!fresh) {
        faults_.push_back({item.pointer, "repeats " + first->second->pointer});
        continue;
      }
      if (!all) continue;
      const bool negation = item.node->kind == Kind::negation;
      const auto opposite = seen.find(negation ? key_of(item.node->children.front()) : "not " + key);
      if (opposite != seen.end())
        faults_.push_back({item.pointer, "contradicts " + opposite->second->pointer});
    }
  }

  void check_fields(const std::vector<Conjunct>& list) {
    std::map<std::string, std::vector<const Conjunct*>> by_field;
    for (const Conjunct& item : list) {
      if (item.node->kind == Kind::leaf) by_field[item.node->leaf.field.key()].push_back(&item);
    }
    for (const auto& [field, leaves] : by_field) {
      if (!find_pair(leaves)) check_choices(leaves);
    }
  }

 private:
  bool find_pair(const std::vector<const Conjunct*>& leaves) {
    bool any = false;
    for (std::size_t k = 1; k < leaves.size(); ++k) {
      const Leaf& later = leaves[k]->node->leaf;
      const auto earlier =
          std::find_if(leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(k),
                       [&](const Conjunct* item) { return exclude_each_other(item->node->leaf, later); });
      if (earlier == leaves.begin() + static_cast<std::ptrdiff_t>(k)) continue;
      faults_.push_back({leaves[k]->pointer, "contradicts " + (*earlier)->pointer + ": no value of " +
                                                 std::string(later.field.text) + " satisfies both"});
      any = true;
    }
    return any;
  }

  /// A choice whose every value one or the other of the rest excludes.
  void check_choices(const std::vector<const Conjunct*>& leaves) {
    for (const Conjunct* item : leaves) {
      const Leaf& choice = item->node->leaf;
      if (!is_choice(choice)) continue;
      const bool possible =
          std::any_of(choice.operands.begin(), choice.operands.end(), [&](const Scalar& value) {
            return std::all_of(leaves.begin(), leaves.end(),
                               [&](const Conjunct* other) { return holds_on(other->node->leaf, value); });
          });
      if (possible) return;
      faults_.push_back({item->pointer, "can never hold: the other conditions on " +
                                            std::string(choice.field.text) + " exclude each of its values"});
      return;
    }
  }

  std::vector<json::Fault>& faults_;
};

void walk(const ConditionNode& node, const std::string& pointer, bool checked,
          std::vector<json::Fault>& faults) {
  if (!checked && (node.kind == Kind::all || node.kind == Kind::any)) {
    std::vector<Conjunct> list;
    flatten(node, pointer, list);
    ListCheck check(faults);
    check.check_repeats(list, node.kind == Kind::all);
    if (node.kind == Kind::all) check.check_fields(list);
  }
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    const ConditionNode& child = node.children[i];
    const std::string at = content_pointer(child, child_pointer(node, pointer, i));
    walk(child, at, node.kind == Kind::all && child.kind == Kind::all, faults);
  }
}

}  // namespace

void find_contradictions(const ConditionNode& list, std::string_view pointer,
                         std::vector<json::Fault>& faults) {
  walk(list, std::string(pointer), false, faults);
}

}  // namespace al::policy
