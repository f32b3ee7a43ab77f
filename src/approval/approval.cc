#include "approval/approval.h"

#include <algorithm>

namespace al::approval {

std::string_view text(State state) {
  constexpr std::array<std::string_view, state_count> texts{"pending", "approved", "denied", "expired",
                                                            "cancelled"};
  return texts[static_cast<std::size_t>(state)];
}

bool Approval::may_decide(std::string_view operator_name, const std::vector<std::string>& roles) const {
  constexpr std::string_view role_mark = "role:";
  if (approvers.empty()) return true;
  return std::any_of(approvers.begin(), approvers.end(), [&](std::string_view approver) {
    if (!approver.starts_with(role_mark)) return approver == operator_name;
    return std::find(roles.begin(), roles.end(), approver.substr(role_mark.size())) != roles.end();
  });
}

Result<Weight> weigh(const Approval& approval, std::string_view operator_id, bool approves, Millis now_ms) {
  const auto earlier = std::find_if(approval.votes.begin(), approval.votes.end(),
                                    [&](const Vote& vote) { return vote.operator_id == operator_id; });
  if (earlier != approval.votes.end() && earlier->approves == approves) return Weight::repeats;
  if (approval.state == State::expired ||
      (approval.state == State::pending && now_ms >= approval.timeout_ms)) {
    return Error{Code::approval_expired, "the approval expired at " + format_rfc3339(approval.timeout_ms) +
                                             "; the agent must ask again"};
  }
  if (approval.state != State::pending) {
    return Error{Code::conflict, "the approval is already " + std::string(text(approval.state))};
  }
  if (earlier != approval.votes.end()) {
    return Error{Code::conflict, "you approved this request before; a vote cannot be changed"};
  }
  if (!approves) return Weight::denies;
  const auto given = static_cast<std::int64_t>(approval.votes.size()) + 1;
  return given >= approval.quorum ? Weight::approves : Weight::counts;
}

void Book::add_to_index(const Approval& approval) {
  in_state_[static_cast<std::size_t>(approval.state)].emplace(approval.row_id, approval.approval_id);
  if (approval.state == State::pending) ++pending_of_[approval.agent_id];
  if (!approval.open()) return;
  deadlines_.emplace(approval.timeout_ms, approval.approval_id);
  if (!approval.delegation_id.empty()) by_delegation_.emplace(approval.delegation_id, approval.approval_id);
}

void Book::remove_from_index(const Approval& approval) {
  in_state_[static_cast<std::size_t>(approval.state)].erase(approval.row_id);
  if (const auto pending = pending_of_.find(approval.agent_id);
      approval.state == State::pending && --pending->second == 0) {
    pending_of_.erase(pending);
  }
  deadlines_.erase({approval.timeout_ms, approval.approval_id});
  by_delegation_.erase({approval.delegation_id, approval.approval_id});
}

void Book::open(Approval approval) {
  add_to_index(approval);
  by_id_.insert_or_assign(approval.approval_id, std::move(approval));
}

void Book::move(Approval& approval, State state) {
  remove_from_index(approval);
  approval.state = state;
  add_to_index(approval);
}

void Book::restore(std::string_view approval_id, std::optional<Approval> before) {
  if (const auto found = by_id_.find(approval_id); found != by_id_.end()) {
    remove_from_index(found->second);
    by_id_.erase(found);
  }
  if (before) open(std::move(*before));
}

void Book::record(std::string_view approval_id, Vote vote, State state_after) {
  const auto found = by_id_.find(approval_id);
  if (found == by_id_.end()) return;
  found->second.votes.push_back(std::move(vote));
  move(found->second, state_after);
}

void Book::close(std::string_view approval_id, State state) {
  const auto found = by_id_.find(approval_id);
  if (found == by_id_.end()) return;
  move(found->second, state);
}

void Book::claim(std::string_view approval_id, std::string claim_id, std::uint64_t row_id) {
  const auto found = by_id_.find(approval_id);
  if (found == by_id_.end()) return;
  found->second.claim_id = std::move(claim_id);
  found->second.claim_row_id = row_id;
  move(found->second, found->second.state);
}

void Book::redact_reason(std::string_view approval_id, std::string_view operator_id) {
  const auto found = by_id_.find(approval_id);
  if (found == by_id_.end()) return;
  for (Vote& vote : found->second.votes) {
    if (vote.operator_id == operator_id) vote.reason.clear();
  }
}

const Approval* Book::find(std::string_view approval_id) const {
  const auto found = by_id_.find(approval_id);
  return found == by_id_.end() ? nullptr : &found->second;
}

std::vector<const Approval*> Book::in_state(State state, std::uint64_t from_row, std::size_t limit) const {
  const std::map<std::uint64_t, std::string>& ids = in_state_[static_cast<std::size_t>(state)];
  std::vector<const Approval*> out;
  for (auto at = ids.lower_bound(from_row); at != ids.end() && out.size() < limit; ++at)
    out.push_back(find(at->second));
  return out;
}

std::int64_t Book::pending_of(std::string_view agent_id) const {
  const auto found = pending_of_.find(agent_id);
  return found == pending_of_.end() ? 0 : found->second;
}

std::uint64_t Book::settled() const {
  return by_id_.size() - in_state_[static_cast<std::size_t>(State::pending)].size();
}

std::vector<const Approval*> Book::open_for_delegation(std::string_view delegation_id) const {
  std::vector<const Approval*> out;
  auto at = by_delegation_.lower_bound({std::string(delegation_id), std::string()});
  for (; at != by_delegation_.end() && at->first == delegation_id; ++at) out.push_back(find(at->second));
  return out;
}

bool Book::is_of(std::uint64_t rows) const {
  return std::all_of(by_id_.begin(), by_id_.end(), [rows](const auto& each) {
    return each.second.row_id < rows && each.second.claim_row_id < rows;
  });
}

const Approval* Book::next_to_expire() const {
  return deadlines_.empty() ? nullptr : find(deadlines_.begin()->second);
}

}  // namespace al::approval
