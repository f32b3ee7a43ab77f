// One approval: a question to operators about exactly one request, and its states.
//
//            vote (quorum reached)
//   pending ─────────────────────▶ approved ── claim (once) ─▶ consumed
//      │ one denial ▶ denied           │
//      │ time is up ▶ expired          │ time is up ▶ expired (never claimed)
//      └ its delegation ended, or its agent's request withdrawn ▶ cancelled
//
// Only `pending` and unclaimed `approved` have a way out. This file answers what a vote would mean; the
// engine records it, and record() is the only thing that changes an approval.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/archive.h"
#include "base/result.h"
#include "base/sha256.h"
#include "base/time.h"

namespace al::approval {

enum class State : std::uint8_t { pending, approved, denied, expired, cancelled };
inline constexpr std::size_t state_count = 5;
[[nodiscard]] std::string_view text(State state);

struct Settings {
  std::int64_t pending_max = 1000;  // of one agent
};

struct Vote {
  std::string operator_id;
  std::string operator_name;
  bool approves = false;
  Millis wall_ms = 0;
  std::string reason;
  template <typename Archive>
  void archive(Archive& fields) {
    fields(operator_id, operator_name, approves, wall_ms, reason);
  }
};

struct Approval {
  std::string approval_id;
  std::string audit_event_id;  // the action it belongs to
  std::string agent_id;        // who asked
  std::string delegation_id;   // on whose behalf, or ""
  std::uint64_t row_id = 0;    // the row that asked
  Digest digest{};             // of exactly what was asked, the policy included
  std::int64_t quorum = 1;
  std::vector<std::string> approvers;  // operator names or "role:…"; empty: any operator
  Millis created_ms = 0;
  Millis timeout_ms = 0;  // wall clock

  State state = State::pending;
  std::vector<Vote> votes;
  std::string claim_id;            // who consumed it, or ""
  std::uint64_t claim_row_id = 0;  // and the row that says what came of it

  /// Open: something can still happen to it.
  [[nodiscard]] bool open() const {
    return state == State::pending || (state == State::approved && claim_id.empty());
  }
  [[nodiscard]] bool may_decide(std::string_view operator_name, const std::vector<std::string>& roles) const;
  template <typename Archive>
  void archive(Archive& fields) {
    fields(approval_id, audit_event_id, agent_id, delegation_id, row_id, digest, quorum, approvers,
           created_ms, timeout_ms, enumeration(state, State::cancelled), votes, claim_id, claim_row_id);
  }
};

/// What a vote amounts to, before it is recorded.
enum class Weight : std::uint8_t {
  counts,    // recorded; the quorum is not reached yet
  approves,  // recorded; reaches the quorum
  denies,    // recorded; ends it
  repeats,   // this operator said the same before: nothing to record
};
/// Fails with `conflict` where the approval is decided otherwise already, or this operator changes its mind;
/// with `approval_expired` where its time is up.
[[nodiscard]] Result<Weight> weigh(const Approval& approval, std::string_view operator_id, bool approves,
                                   Millis now_ms);

/// All approvals of an organisation.
class Book {
 public:
  void open(Approval approval);
  void record(std::string_view approval_id, Vote vote, State state_after);
  void close(std::string_view approval_id, State state);
  /// Forgets why an operator decided as it did.
  void redact_reason(std::string_view approval_id, std::string_view operator_id);
  void claim(std::string_view approval_id, std::string claim_id, std::uint64_t row_id);
  /// Makes an approval what it was, or as if it had never been asked.
  void restore(std::string_view approval_id, std::optional<Approval> before);

  [[nodiscard]] const Approval* find(std::string_view approval_id) const;
  /// In the order in which they were asked, those of row `from_row` and later, `limit` at most.
  [[nodiscard]] std::vector<const Approval*> in_state(State state, std::uint64_t from_row,
                                                      std::size_t limit) const;
  /// Open ones on behalf of a delegation.
  [[nodiscard]] std::vector<const Approval*> open_for_delegation(std::string_view delegation_id) const;
  /// How many of an agent's are pending.
  [[nodiscard]] std::int64_t pending_of(std::string_view agent_id) const;
  /// How many are no longer pending. While this stays, nobody's wait for a decision is over.
  [[nodiscard]] std::uint64_t settled() const;
  /// Whether the rows that asked for them, and used them, are among the first `rows`.
  [[nodiscard]] bool is_of(std::uint64_t rows) const;
  /// The open one whose time is up first, or null.
  [[nodiscard]] const Approval* next_to_expire() const;

  template <typename Archive>
  void archive(Archive& fields) {
    std::vector<Approval> approvals;
    if constexpr (!Archive::reads) {
      for (const auto& [id, approval] : by_id_) approvals.push_back(approval);
    }
    fields(approvals);
    if constexpr (Archive::reads) {
      for (Approval& approval : approvals) {
        if (find(approval.approval_id)) fields.fail();
        open(std::move(approval));
      }
    }
  }

 private:
  void add_to_index(const Approval& approval);
  void remove_from_index(const Approval& approval);
  void move(Approval& approval, State state);

  std::map<std::string, Approval, std::less<>> by_id_;
  std::array<std::map<std::uint64_t, std::string>, state_count> in_state_;  // ids by row
  std::map<std::string, std::int64_t, std::less<>> pending_of_;             // by agent; none that are 0
  std::set<std::pair<Millis, std::string>> deadlines_;                      // of open approvals
  std::set<std::pair<std::string, std::string>> by_delegation_;  // (delegation, approval) of open ones
};

}  // namespace al::approval
