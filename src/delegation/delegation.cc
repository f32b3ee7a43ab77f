#include "delegation/delegation.h"

#include <algorithm>
#include <array>

namespace al::delegation {

std::string_view text(State state) {
  constexpr std::array<std::string_view, 3> texts{"live", "revoked", "expired"};
  return texts[static_cast<std::size_t>(state)];
}

bool within(const std::vector<policy::Pattern>& inner, const std::vector<policy::Pattern>& outer) {
  return std::all_of(inner.begin(), inner.end(), [&](const policy::Pattern& wanted) {
    return std::any_of(outer.begin(), outer.end(),
                       [&](const policy::Pattern& held) { return held.covers(wanted); });
  });
}

bool covers(const std::vector<policy::Pattern>& capabilities, std::string_view action_type) {
  return std::any_of(capabilities.begin(), capabilities.end(),
                     [&](const policy::Pattern& capability) { return capability.matches(action_type); });
}

void Tree::erase(Lists& lists, std::string_view of, std::string_view id) {
  const auto list = lists.find(of);
  if (list == lists.end()) return;
  // From the front: what is forgotten was made first.
  if (const auto at = std::find(list->second.begin(), list->second.end(), id); at != list->second.end())
    list->second.erase(at);
  if (list->second.empty()) lists.erase(list);
}

bool Tree::can_hold(const Delegation& delegation) const {
  // Lenders are agents or delegations, by one name each.
  const std::string& id = delegation.delegation_id;
  if (id.empty() || id == delegation.agent_id || find(id) || by_agent_.contains(id) ||
      find(delegation.agent_id))
    return false;
  if (delegation.parent_id.empty()) return delegation.depth == 1;
  const Delegation* parent = find(delegation.parent_id);
  return parent && parent->state == State::live && parent->agent_id == delegation.agent_id &&
         parent->depth + 1 == delegation.depth;
}

const Delegation& Tree::root_of(const Delegation& delegation) const {
  const Delegation* at = &delegation;
  while (!at->parent_id.empty()) at = find(at->parent_id);
  return *at;
}

void Tree::add(Delegation delegation) {
  const std::string id = delegation.delegation_id;
  below_[root_of(delegation).delegation_id].push_back(id);
  deadlines_.emplace(delegation.expires_ms, id);
  by_agent_[delegation.agent_id].push_back(id);
  live_children_[delegation.lender()].push_back(id);
  by_id_.insert_or_assign(id, std::move(delegation));
}

std::vector<std::string> Tree::live_subtree(std::string_view delegation_id) const {
  // INVARIANT: below a delegation that has ended, none is live.
  const Delegation* top = find(delegation_id);
  if (!top || top->state != State::live) return {};
  std::vector<std::string> out{top->delegation_id};
  for (std::size_t next = 0; next < out.size(); ++next) {
    for (const Delegation* child : live_children(out[next])) out.push_back(child->delegation_id);
  }
  return out;
}

void Tree::end(std::string_view delegation_id, State state) {
  for (const std::string& id : live_subtree(delegation_id)) {
    Delegation& delegation = by_id_.find(id)->second;
    delegation.state = state;
    deadlines_.erase({delegation.expires_ms, id});
    erase(live_children_, delegation.lender(), id);
    if (delegation.parent_id.empty()) ended_roots_.push_back(id);
  }
}

void Tree::remove(std::string_view delegation_id) {
  const auto found = by_id_.find(delegation_id);
  if (found == by_id_.end()) return;
  const Delegation& delegation = found->second;
  deadlines_.erase({delegation.expires_ms, delegation.delegation_id});
  erase(by_agent_, delegation.agent_id, delegation.delegation_id);
  erase(below_, root_of(delegation).delegation_id, delegation.delegation_id);
  erase(live_children_, delegation.lender(), delegation.delegation_id);
  by_id_.erase(found);
}

void Tree::revive(std::string_view delegation_id) {
  const auto found = by_id_.find(delegation_id);
  if (found == by_id_.end()) return;
  Delegation& delegation = found->second;
  delegation.state = State::live;
  if (delegation.parent_id.empty()) std::erase(ended_roots_, delegation.delegation_id);
  deadlines_.emplace(delegation.expires_ms, delegation.delegation_id);
  // Siblings stand in the order in which they were made.
  std::vector<std::string>& siblings = live_children_[delegation.lender()];
  const auto later = std::find_if(siblings.begin(), siblings.end(), [&](const std::string& id) {
    return find(id)->row_id > delegation.row_id;
  });
  siblings.insert(later, delegation.delegation_id);
}

void Tree::forget(std::size_t kept_max) {
  for (; ended_roots_.size() > kept_max; ended_roots_.erase(ended_roots_.begin())) {
    const auto family = below_.find(ended_roots_.front());
    for (const std::string& id : family->second) {
      const auto gone = by_id_.find(id);
      erase(by_agent_, gone->second.agent_id, id);
      by_id_.erase(gone);
    }
    below_.erase(family);
  }
}

std::vector<Delegation> Tree::list() const {
  std::vector<Delegation> out;
  const auto take = [&](const std::vector<std::string>& family) {
    for (const std::string& id : family) out.push_back(*find(id));
  };
  for (const std::string& root : ended_roots_) take(below_.find(root)->second);
  for (const auto& [root, family] : below_) {
    if (find(root)->state == State::live) take(family);
  }
  return out;
}

bool Tree::restore(const std::vector<Delegation>& list) {
  std::map<std::uint64_t, const Delegation*> by_row;
  for (const Delegation& each : list) {
    if (!by_row.emplace(each.row_id, &each).second) return false;
  }
  for (const auto& [row_id, delegation] : by_row) {
    Delegation each = *delegation;
    each.state = State::live;
    if (!can_hold(each)) return false;
    add(std::move(each));
  }
  // Children stand behind their parents: each ends by itself, as it did.
  for (auto at = by_row.rbegin(); at != by_row.rend(); ++at) {
    if (at->second->state != State::live) end(at->second->delegation_id, at->second->state);
  }
  ended_roots_.clear();
  for (const Delegation& each : list) {
    if (each.parent_id.empty() && each.state != State::live) ended_roots_.push_back(each.delegation_id);
  }
  return true;
}

const Delegation* Tree::find(std::string_view delegation_id) const {
  const auto found = by_id_.find(delegation_id);
  return found == by_id_.end() ? nullptr : &found->second;
}

std::vector<const Delegation*> Tree::chain(std::string_view delegation_id) const {
  std::vector<const Delegation*> out;
  for (const Delegation* at = find(delegation_id); at != nullptr; at = find(at->parent_id)) out.push_back(at);
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<const Delegation*> Tree::of_agent(std::string_view agent_id) const {
  std::vector<const Delegation*> out;
  const auto found = by_agent_.find(agent_id);
  if (found == by_agent_.end()) return out;
  for (const std::string& id : found->second) out.push_back(find(id));
  return out;
}

std::vector<const Delegation*> Tree::live_children(std::string_view lender) const {
  std::vector<const Delegation*> out;
  const auto found = live_children_.find(lender);
  if (found == live_children_.end()) return out;
  for (const std::string& id : found->second) out.push_back(find(id));
  return out;
}

const Delegation* Tree::next_to_expire() const {
  return deadlines_.empty() ? nullptr : find(deadlines_.begin()->second);
}

}  // namespace al::delegation
