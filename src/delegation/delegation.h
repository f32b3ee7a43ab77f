// Delegations: what an agent lends to a sub-agent. Always narrower than what the lender holds, always ending,
// and never outliving what it was lent from.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/archive.h"
#include "base/result.h"
#include "base/time.h"
#include "policy/pattern.h"

namespace al::delegation {

enum class State : std::uint8_t { live, revoked, expired };
[[nodiscard]] std::string_view text(State state);

struct Delegation {
  std::string delegation_id;
  std::string parent_id;  // the delegation it was lent from; "" for the agent itself
  std::string agent_id;   // the agent at the root, whose key the child uses
  std::string name;
  std::vector<policy::Pattern> capabilities;
  std::int64_t depth = 1;  // 1 for a child of the agent itself
  Millis created_ms = 0;
  Millis expires_ms = 0;  // wall clock
  State state = State::live;
  std::uint64_t row_id = 0;  // the row that created it
  /// Whoever lent it: a delegation or the agent itself.
  [[nodiscard]] const std::string& lender() const { return parent_id.empty() ? agent_id : parent_id; }
  template <typename Archive>
  void archive(Archive& fields) {
    fields(delegation_id, parent_id, agent_id, name, capabilities, depth, created_ms, expires_ms,
           enumeration(state, State::expired), row_id);
  }
};

/// True when each of `inner` is covered by one of `outer`: patterns compared as sets.
[[nodiscard]] bool within(const std::vector<policy::Pattern>& inner,
                          const std::vector<policy::Pattern>& outer);
[[nodiscard]] bool covers(const std::vector<policy::Pattern>& capabilities, std::string_view action_type);

class Tree {
 public:
  /// Whether it can have been made: by its agent or by one that lives, one level below that, under a new
  /// name. Else whoever goes up or down the tree might not come to an end.
  [[nodiscard]] bool can_hold(const Delegation& delegation) const;
  /// PRE: can_hold(delegation).
  void add(Delegation delegation);
  /// Ends a delegation and its whole subtree; a no-op for one that has ended.
  void end(std::string_view delegation_id, State state);
  // The inverses of the two, latest first: what was added is removed, what ended lives again.
  void remove(std::string_view delegation_id);
  void revive(std::string_view delegation_id);
  /// Forgets, of those that agents themselves had lent and that ended, the ones that ended first, each with
  /// all below it, until `kept_max` are left. What was forgotten cannot live again.
  void forget(std::size_t kept_max);

  [[nodiscard]] const Delegation* find(std::string_view delegation_id) const;
  /// The chain from the agent's own child down to this one.
  [[nodiscard]] std::vector<const Delegation*> chain(std::string_view delegation_id) const;
  /// Those still live of a delegation and everything below it, parents first.
  [[nodiscard]] std::vector<std::string> live_subtree(std::string_view delegation_id) const;
  /// In the order in which they were made, all those of one agent.
  [[nodiscard]] std::vector<const Delegation*> of_agent(std::string_view agent_id) const;
  /// What a lender (a delegation's id, or an agent's) has lent and is still live, in the order in which it
  /// was made.
  [[nodiscard]] std::vector<const Delegation*> live_children(std::string_view lender) const;
  /// The live one that ends first, or null.
  [[nodiscard]] const Delegation* next_to_expire() const;

  template <typename Archive>
  void archive(Archive& fields) {
    std::vector<Delegation> delegations;
    if constexpr (!Archive::reads) delegations = list();
    fields(delegations);
    if constexpr (Archive::reads) {
      if (!restore(delegations)) fields.fail();
    }
  }

 private:
  /// All, those that agents themselves had lent and that ended in the order in which they did.
  [[nodiscard]] std::vector<Delegation> list() const;
  /// False where one cannot have been made after those of earlier rows.
  [[nodiscard]] bool restore(const std::vector<Delegation>& list);

  using Lists = std::map<std::string, std::vector<std::string>, std::less<>>;  // of ids
  static void erase(Lists& lists, std::string_view of, std::string_view id);
  /// The agent's own child that a delegation comes down from.
  [[nodiscard]] const Delegation& root_of(const Delegation& delegation) const;

  std::map<std::string, Delegation, std::less<>> by_id_;
  Lists live_children_;  // by lender
  Lists by_agent_;
  Lists below_;                                         // by the agent's own child, which stands first
  std::vector<std::string> ended_roots_;                // those of them that ended, the latest last
  std::set<std::pair<Millis, std::string>> deadlines_;  // of live ones
};

}  // namespace al::delegation
