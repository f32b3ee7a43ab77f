#include "policy/condition.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "policy/condition_tree.h"
#include "policy/hint.h"

namespace al::policy {

namespace {

using Kind = ConditionNode::Kind;

Outcome negate(Outcome outcome) {
  switch (outcome) {
    case Outcome::fails:
      return Outcome::holds;
    case Outcome::holds:
      return Outcome::fails;
    case Outcome::absent:
    case Outcome::undecidable:
      return Outcome::undecidable;
  }
  return Outcome::undecidable;
}

/// Judges a tree, with `results` also explains it. INVARIANT: recursion is as deep as the compiler's depth
/// limit at most.
class Evaluation {
 public:
  Evaluation(const Action& action, std::vector<ConditionResult>* results)
      : action_(action), results_(results) {}

  Outcome judge(const ConditionNode& node, bool wanted) {
    switch (node.kind) {
      case Kind::leaf:
        return judge_leaf(node.leaf, wanted);
      case Kind::all:
      case Kind::any:
        return judge_list(node, wanted);
      case Kind::negation:
        return negate(judge(node.children.front(), !wanted));
      case Kind::invalid:
        break;
    }
    return Outcome::undecidable;
  }

 private:
  Outcome judge_leaf(const Leaf& leaf, bool wanted) {
    const Fact fact = look_up(leaf.field, action_);
    const Outcome outcome = test(leaf, fact);
    if (results_ == nullptr) return outcome;
    ConditionResult& result = results_->emplace_back();
    result.field = leaf.field.text;
    result.op = text(leaf.op);
    result.expected = leaf.expected;
    result.actual = actual_json(leaf.field, fact);
    result.result = outcome == Outcome::holds;
    if (!satisfies(outcome, wanted)) result.hint = hint(leaf, fact, wanted);
    return outcome;
  }

  Outcome judge_list(const ConditionNode& node, bool wanted) {
    const bool all = node.kind == Kind::all;
    const std::size_t results_before = results_ == nullptr ? 0 : results_->size();
    Outcome outcome = all ? Outcome::holds : Outcome::fails;
    for (const ConditionNode& child : node.children) {
      const Outcome part = judge(child, wanted);
      outcome = all ? std::min(outcome, part) : std::max(outcome, part);
      const bool settled = outcome == (all ? Outcome::fails : Outcome::holds);
      if (results_ == nullptr && settled) break;
    }
    if (results_ != nullptr && satisfies(outcome, wanted)) {
      // Nothing in this group stands in the way.
      for (std::size_t i = results_before; i < results_->size(); ++i) (*results_)[i].hint.clear();
    }
    return outcome;
  }

  static bool satisfies(Outcome outcome, bool wanted) {
    return wanted ? outcome == Outcome::holds : outcome == Outcome::fails || outcome == Outcome::absent;
  }

  const Action& action_;
  std::vector<ConditionResult>* results_;
};

}  // namespace

Condition::Condition() = default;
Condition::Condition(std::shared_ptr<const ConditionTree> tree) : tree_(std::move(tree)) {}

Outcome Condition::judge(const Action& action) const {
  return tree_ == nullptr ? Outcome::holds : Evaluation(action, nullptr).judge(tree_->root, true);
}

bool Condition::evaluate(const Action& action, std::vector<ConditionResult>& results, bool wanted) const {
  if (tree_ == nullptr) return true;
  return Evaluation(action, &results).judge(tree_->root, wanted) == Outcome::holds;
}

}  // namespace al::policy
