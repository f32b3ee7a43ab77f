// Conditions: {field, operator, value}, grouped by any / all / not. Evaluation is total and bounded: a
// missing field or a value of the wrong type makes a comparison fail, and a failure of that kind is not
// turned into a pass by `not`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace al::policy {

class Rates;

/// What is decided upon. All views must outlive the decision.
struct Action {
  std::string_view action_type;
  json::Value metadata;       // an object, or absent
  json::Value data_accessed;  // an array of {type, count?, sensitivity?}, or absent
  std::string_view agent_id;
  std::string_view agent_name;
  std::string_view delegation_id;  // "" when the agent acts for itself
  std::string_view delegation_name;
  std::int64_t delegation_depth = 0;  // 0 when the agent acts for itself
  Millis wall_ms = 0;
  const Rates* rates = nullptr;           // of the agent; null: it did nothing yet
  std::optional<Millis> counted_ms = {};  // when `rates` counts this very action already: since when
};

/// What a condition comes to. Only `holds` is a pass. The order is that of the logic: all of several is the
/// least of them, any the greatest; `not` swaps fails and holds and makes undecidable of both others.
///
///   leaf on …                          eq lt in matches …   ne not_in not_contains   exists   not_exists
///   a value of the right type          fails / holds        fails / holds            holds    fails
///   a value of the wrong type          undecidable          undecidable              holds    fails
///   nothing, or null, from the agent   undecidable          undecidable              fails    holds
///   no delegation (no agent name)      absent               undecidable              fails    holds
///   data_accessed that is incomplete   undecidable          undecidable              undecidable
///     or malformed
enum class Outcome {
  fails,
  /// Fails, because the kernel knows that there is no such thing as the field; `not` does not make that a
  /// pass.
  absent,
  /// Fails, because the agent left open what the field is. Whoever must rule something out cannot rule this
  /// out.
  undecidable,
  holds,
};

/// How one leaf came out: what people and agents read to correct themselves (wire: conditions_evaluated[]).
/// The views look into the compiled condition and live as long as the policy.
struct ConditionResult {
  std::string_view field;
  std::string_view op;
  std::string_view expected;  // JSON; "null" for exists and not_exists, which expect no value.
  std::string actual;         // JSON, bounded (hint.h says how); empty when the field is missing.
  bool result = false;        // The leaf's own outcome, also under `not`.
  std::string hint;  // The smallest change that would help, where this leaf stands in the way; or empty.
};

struct ConditionNode;  // condition_tree.h

/// Compiled conditions, all of which must hold. Default ones are empty, and always hold.
class Condition {
 public:
  Condition() = default;
  /// Takes a copy of the texts that the nodes look into.
  explicit Condition(std::vector<ConditionNode> all);

  [[nodiscard]] Outcome judge(const Action& action) const;
  /// The same with an explanation: appends a result for every leaf in the order of the policy (no short cut).
  /// Hints lead to the outcome that is `wanted`: true for the condition to hold.
  [[nodiscard]] Outcome evaluate(const Action& action, std::vector<ConditionResult>& results,
                                 bool wanted = true) const;
  [[nodiscard]] bool empty() const { return all_.empty(); }

 private:
  std::span<const ConditionNode> all_;
  /// Of the nodes, and behind them of their texts: whoever reads a condition waits for one place in memory.
  std::shared_ptr<const void> memory_;
};

}  // namespace al::policy
