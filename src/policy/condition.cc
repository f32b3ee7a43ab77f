#include "policy/condition.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
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

  Outcome judge_list(Kind kind, std::span<const ConditionNode> nodes, bool wanted) {
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

/// Shows `visit` each text that the leaves look into.
template <typename Visit>
void each_text(std::vector<ConditionNode>& nodes, Visit visit) {
  for (ConditionNode& node : nodes) {
    each_text(node.children, visit);
    if (node.kind != Kind::leaf) continue;
    visit(node.leaf.field.text);
    visit(node.leaf.expected);
    for (Scalar& operand : node.leaf.operands) visit(operand.string);
  }
}

}  // namespace

Condition::Condition(std::vector<ConditionNode> all) {
  const std::size_t nodes_bytes = all.size() * sizeof(ConditionNode);
  std::size_t texts_bytes = 0;
  each_text(all, [&](std::string_view& text) { texts_bytes += text.size(); });
  void* memory = ::operator new(nodes_bytes + texts_bytes);

  char* end = static_cast<char*>(memory) + nodes_bytes;
  each_text(all, [&](std::string_view& text) {
    char* begin = end;
    end = std::copy(text.begin(), text.end(), begin);
    text = {begin, end};
  });
  const auto nodes = static_cast<ConditionNode*>(memory);
  std::uninitialized_move(all.begin(), all.end(), nodes);
  all_ = {nodes, all.size()};
  memory_ = std::shared_ptr<const void>(nodes, [nodes, count = all.size()](const void*) {
    std::destroy_n(nodes, count);
    ::operator delete(nodes);
  });
}

Outcome Condition::judge(const Action& action) const {
  return Evaluation(action, nullptr).judge_list(Kind::all, all_, true);
}

Outcome Condition::evaluate(const Action& action, std::vector<ConditionResult>& results, bool wanted) const {
  return Evaluation(action, &results).judge_list(Kind::all, all_, wanted);
}

}  // namespace al::policy
