// Which policies could decide an action: found by its type and its agent, however many there are.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_map.h"
#include "base/text_table.h"
#include "policy/policy.h"
#include "policy/shadow.h"

namespace al::policy {

/// A policy as the ledger holds it.
struct RecordedPolicy {
  bool tampered = false;  // The policy's own digest is not the recorded one.
  Policy policy;
  Digest recorded{};
};

class PolicyIndex {
 public:
  /// An entry that could decide something; it must outlive its place here.
  void add(const RecordedPolicy* entry);
  void remove(const RecordedPolicy* entry);

  /// Shows `visit` each candidate, in the order in which they decide, until it returns true.
  template <typename Visit>
  void visit(std::string_view action_type, std::string_view agent_id, std::string_view agent_name,
             Visit visit) const;

  /// The policies of the same pattern, each once, in no order.
  [[nodiscard]] std::vector<const Policy*> same_pattern(const Pattern& pattern) const;

 private:
  using Policies = std::vector<const RecordedPolicy*>;

  /// The policies of one pattern where they are several, or not for all agents; each list in the order in
  /// which they decide.
  struct Group {
    std::string prefix;
    Policies tampered;
    TextMap<Policies> of_agent;
    Policies of_all;
    inline static const Policies nobody{};

    void add(const RecordedPolicy* entry);
    void remove(const RecordedPolicy* entry);
    [[nodiscard]] bool empty() const { return tampered.empty() && of_agent.empty() && of_all.empty(); }
    [[nodiscard]] const Policies& of(std::string_view agent) const;
    template <typename Visit>
    bool visit(std::string_view agent_id, std::string_view agent_name, Visit& visit) const;
  };

  /// All policies of one pattern. Mostly that is one, for all agents; it stands in the index itself.
  struct Bucket {
    const RecordedPolicy* one = nullptr;
    std::unique_ptr<Group> several;

    [[nodiscard]] bool empty() const { return one == nullptr && several == nullptr; }
    [[nodiscard]] std::string_view name() const;
    void add(const RecordedPolicy* entry);
    void remove(const RecordedPolicy* entry);
  };

  /// By Pattern::prefix(), which tells patterns apart: that of an exact one does not end in a dot.
  TextTable<Bucket> by_prefix_;
};

template <typename Visit>
bool PolicyIndex::Group::visit(std::string_view agent_id, std::string_view agent_name, Visit& visit) const {
  const auto show = [&](const RecordedPolicy* entry) { return visit(*entry); };
  if (std::any_of(tampered.begin(), tampered.end(), show)) return true;
  // Two sorted lists, merged; a policy that names the agent both by id and by name is in both.
  const Policies& by_id = of(agent_id);
  const Policies& by_name = agent_name == agent_id ? nobody : of(agent_name);
  auto i = by_id.begin();
  auto k = by_name.begin();
  while (i != by_id.end() || k != by_name.end()) {
    const bool from_id =
        k == by_name.end() || (i != by_id.end() && !decides_before((*k)->policy, (*i)->policy));
    const RecordedPolicy* next = from_id ? *i : *k;
    if (i != by_id.end() && *i == next) ++i;
    if (k != by_name.end() && *k == next) ++k;
    if (show(next)) return true;
  }
  return std::any_of(of_all.begin(), of_all.end(), show);
}

template <typename Visit>
void PolicyIndex::visit(std::string_view action_type, std::string_view agent_id, std::string_view agent_name,
                        Visit visit) const {
  // "pr.merge.fast", then "pr.merge.", "pr.", "".
  std::string_view prefix = action_type;
  while (true) {
    const Bucket* bucket = by_prefix_.find(prefix);
    if (bucket != nullptr) {
      if (bucket->one ? visit(*bucket->one) : bucket->several->visit(agent_id, agent_name, visit)) return;
    }
    if (prefix.empty()) return;
    const std::size_t dot = prefix.substr(0, prefix.size() - 1).rfind('.');
    prefix = dot == std::string_view::npos ? std::string_view() : prefix.substr(0, dot + 1);
  }
}

}  // namespace al::policy
