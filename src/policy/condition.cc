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

  Outcome judge_list(Kind kind, const std::vector<ConditionNode>& nodes, bool wanted) {
    const bool all = kind == Kind::all;
    const std::size_t results_before = results_ == nullptr ? 0 : results_->size();
    Outcome outcome = all ? Outcome::holds : Outcome::fails;
    for (const ConditionNode& child : nodes) {
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

 private:
  Outcome judge(const ConditionNode& node, bool wanted) {
    switch (node.kind) {
      case Kind::leaf:
        return judge_leaf(node.leaf, wanted);
      case Kind::all:
      case Kind::any:
        return judge_list(node.kind, node.children, wanted);
      case Kind::negation:
        return negate(judge(node.children.front(), !wanted));
      case Kind::invalid:
        break;
    }
    return Outcome::undecidable;
  }

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

  static bool satisfies(Outcome outcome, bool wanted) {
    return wanted ? outcome == Outcome::holds : outcome == Outcome::fails || outcome == Outcome::absent;
  }

  const Action& action_;
  std::vector<ConditionResult>* results_;
};

}  // namespace

Condition::Condition() = default;
Condition::Condition(std::vector<ConditionNode> all, std::shared_ptr<const json::Document> document)
    : all_(std::move(all)), document_(std::move(document)) {}
Condition::Condition(const Condition&) = default;
Condition::Condition(Condition&&) noexcept = default;
Condition& Condition::operator=(const Condition&) = default;
Condition& Condition::operator=(Condition&&) noexcept = default;
Condition::~Condition() = default;

Outcome Condition::judge(const Action& action) const {
  return Evaluation(action, nullptr).judge_list(Kind::all, all_, true);
}

Outcome Condition::evaluate(const Action& action, std::vector<ConditionResult>& results, bool wanted) const {
  return Evaluation(action, &results).judge_list(Kind::all, all_, wanted);
}

}  // namespace al::policy
