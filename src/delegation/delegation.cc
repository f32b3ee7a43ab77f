#include "delegation/delegation.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace al::delegation {

std::string_view text(State state) {
  constexpr std::array<std::string_view, 3> texts{"live", "revoked", "expired"};
  return texts[static_cast<std::size_t>(state)];
}

bool within(const std::vector<policy::Pattern>& inner, const std::vector<policy::Pattern>& outer) {
  return std::all_of(inner.begin(), inner.end(), [&](const policy::Pattern& wanted) {
    return std::any_of(outer.begin(), outer.end(), [&](const policy::Pattern& held) { return held.covers(wanted); });
  });
}

bool covers(const std::vector<policy::Pattern>& capabilities, std::string_view action_type) {
  return std::any_of(capabilities.begin(), capabilities.end(),
                     [&](const policy::Pattern& capability) { return capability.matches(action_type); });
}

void Tree::add(Delegation delegation) {
  const std::string id = delegation.delegation_id;
  deadlines_.emplace(delegation.expires_ms, id);
  by_agent_[delegation.agent_id].push_back(id);
  if (delegation.parent_id.empty()) {
    ++live_roots_[delegation.agent_id];
  } else {
    children_[delegation.parent_id].push_back(id);
    const auto parent = by_id_.find(delegation.parent_id);
    if (parent != by_id_.end()) ++parent->second.live_children;
  }
  by_id_.insert_or_assign(id, std::move(delegation));
}

std::vector<std::string> Tree::live_subtree(std::string_view delegation_id) const {
  // INVARIANT: below a delegation that has ended, none is live.
  const auto live = [&](std::string_view id) {
    const Delegation* delegation = find(id);
    return delegation && delegation->state == State::live;
  };
  std::vector<std::string> out;
  if (live(delegation_id)) out.emplace_back(delegation_id);
  for (std::size_t next = 0; next < out.size(); ++next) {
    const auto children = children_.find(out[next]);
    if (children == children_.end()) continue;
    std::copy_if(children->second.begin(), children->second.end(), std::back_inserter(out), live);
  }
  return out;
}

void Tree::end(std::string_view delegation_id, State state) {
  for (const std::string& id : live_subtree(delegation_id)) {
    Delegation& delegation = by_id_.find(id)->second;
    delegation.state = state;
    deadlines_.erase({delegation.expires_ms, id});
    if (delegation.parent_id.empty()) {
      --live_roots_[delegation.agent_id];
    } else if (const auto parent = by_id_.find(delegation.parent_id); parent != by_id_.end()) {
      --parent->second.live_children;
    }
  }
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

std::int64_t Tree::live_children(std::string_view agent_id, std::string_view parent_id) const {
  if (!parent_id.empty()) {
    const Delegation* parent = find(parent_id);
    return parent ? parent->live_children : 0;
  }
  const auto found = live_roots_.find(agent_id);
  return found == live_roots_.end() ? 0 : found->second;
}

const Delegation* Tree::next_to_expire() const {
  return deadlines_.empty() ? nullptr : find(deadlines_.begin()->second);
}

}  // namespace al::delegation
