// Decides a past again: what would other policies have made of the actions in a ledger?
//
// Rules
//  1. Each action is asked about once, as it was: at the time of its row, by the agent and the delegation
//     that the rows before it describe, with the metadata and data that it was submitted with. Everything
//     else stays as it happened, so one changed decision does not change the next.
//  2. What was decided before any policy was asked (delegation, scope, halt) stays as it was. So do the
//     words of operators and the claims of approvals; they are not looked at.
//  3. A row whose metadata or data cannot be read (redacted, or not shown to whoever reads) is undecidable,
//     unless no policy that was asked had conditions.
//  4. The ledger must be sound: the rows are verified on the way.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "audit/verifier.h"
#include "base/result.h"
#include "engine/events.h"
#include "engine/state.h"
#include "policy/policy_set.h"

namespace al::engine {

/// What was decided, without what it took.
struct Ruling {
  ActionOutcome outcome = ActionOutcome::denied;
  std::string reason;  // of a denial
  std::string policy;  // that decided; "" where none did
  bool operator==(const Ruling&) const = default;
};

enum class Change {
  none,         // the same outcome, reason and policy
  grounds,      // the same outcome, by another policy or for another reason
  outcome,      // another outcome
  undecidable,  // nobody can say
  not_asked,    // no policy was asked, then or now
};
[[nodiscard]] std::string_view text(Change change);

/// One action, decided again.
struct Redecision {
  std::uint64_t row_id = 0;
  Millis wall_ms = 0;
  std::string audit_event_id;
  std::string agent_id;
  std::string agent_name;
  std::string delegation_name;  // "" where the agent acted for itself
  std::string action_type;
  Change change = Change::none;
  Ruling before;
  Ruling after;                      // of no meaning where it is undecidable
  std::string conditions_evaluated;  // JSON, of `after`
};

class Replay {
 public:
  explicit Replay(std::vector<policy::Policy> policies);

  /// Takes the next row, from row 0 on. What it decided, decided again; nothing for a row that decides no
  /// action for the first time. Fails with `ledger_corrupt`, and then for good.
  [[nodiscard]] Result<std::optional<Redecision>> add(std::string_view text, std::string_view openings);

  [[nodiscard]] std::uint64_t rows() const { return verifier_.rows_seen(); }
  [[nodiscard]] const std::map<Change, std::uint64_t>& counts() const { return counts_; }
  /// How often one outcome would have become another, in the order of the outcomes.
  using Transition = std::tuple<ActionOutcome, ActionOutcome>;
  [[nodiscard]] const std::map<Transition, std::uint64_t>& transitions() const { return transitions_; }

 private:
  [[nodiscard]] Result<Redecision> decide_again(const audit::DecodedRow& row, const ActionDecided& event,
                                                json::Value openings) const;

  policy::PolicySet policies_;
  State state_;
  audit::Verifier verifier_;
  std::map<Change, std::uint64_t> counts_;
  std::map<Transition, std::uint64_t> transitions_;
};

}  // namespace al::engine
