// A gate: an action that waits until it may run.
//
//                  executed (no approval needed) ─────────────────────────────▶ settled
//   submitting ──┤ denied ────────────────────────────────────────────────────▶ settled
//                  requested                                                    ▲ ▲
//   (resumed) ───────▶ waiting ── pending: ask again, at once or later          │ │
//                         │ ────── denied, expired, cancelled, time is over ────┘ │
//                         │ ────── approved, and the service knows no claims ─────┤
//                         └─ approved ─▶ claiming ── executed or denied ──────────┘
//
// Rules
//   * INVARIANT: it settles ok only on `executed`: the service's answer to the submission, its answer to the
//   claim, or, where it
//     knows no claims, an approval that it calls approved. Everything else is a failure.
//   * An answer that names another approval than the one asked for is a PROTOCOL_ERROR.
//   * A held connection that dies, a service that restarts: the wait goes on, for an approval is kept by the
//   service and
//     not by the connection. Only after `gate_outage_ms_max` without any answer does it fail; its failure
//     names the approval, so that it can be resumed.
//   * It ends at the caller's deadline or the gate's time limit, and a little after the approval's own time
//   is up, so that it is
//     the service's word that says so. All of them are APPROVAL_TIMEOUT once an approval is known.
//   * The claim's id is minted once, so a claim that is tried again is the same claim.
//
// Theory of operation: the service is asked to hold its answer (`wait`) until there is a decision. One that
// holds is asked again at once; one that answers `pending` sooner than it could have held does not know how,
// and is asked every poll_interval_ms. That is found out from each answer anew, so a proxy that cuts long
// waits only slows the gate down.
#pragma once

#include <optional>
#include <string>

#include "client/call.h"
#include "wire/results.h"

namespace al::client {

/// How long after an approval's own end the service's word on it is waited for.
inline constexpr Millis gate_grace_ms = 5000;
/// For how long a service that gives no answer at all may leave a gate waiting.
inline constexpr Millis gate_outage_ms_max = 5 * 60 * 1000;
/// What an attempt that is held needs beside the hold.
inline constexpr Millis long_poll_margin_ms = 3000;

class Gate final : public Call {
 public:
  /// Submits the action of the command's body; or, resumed, waits for the approval that its first argument
  /// names.
  Gate(CallId id, Command command, bool resumed) : Call(id, std::move(command)), resumed_(resumed) {}

  [[nodiscard]] std::optional<Millis> next_deadline() const override;

 private:
  enum class State : std::uint8_t { submitting, waiting, claiming };

  void begin(Now now, Shared& shared) override;
  void on_answer(Answer answer, Now now, Shared& shared) override;
  void on_timeout(Now now, Shared& shared) override;
  /// Says which approval it was, so that the wait can be resumed.
  void complete(Failure& failure) const override;

  void on_submitted(Answer answer, Now now, Shared& shared);
  void on_approval(const Answer& answer, Now now, Shared& shared);
  void on_claimed(const Answer& answer, Shared& shared);

  void poll(Now now, Shared& shared);
  void poll_later(Millis at_ms, Now now);
  void claim(Now now, Shared& shared);
  void settle_executed(const wire::ActionResult& result, Shared& shared);
  void fail(Failure failure, const Answer& answer, Shared& shared);
  void fail(Error error, const Answer& answer, Shared& shared) {
    fail(Failure{.error = std::move(error)}, answer, shared);
  }
  void learn_end(std::optional<Millis> timeout_wall_ms, Now now);
  void on_pending(std::optional<Millis> timeout_wall_ms, Now now, Shared& shared);

  State state_ = State::submitting;
  bool resumed_;
  std::optional<wire::ActionResult> submitted_;  // what the service said to the submission
  std::string approval_id_;
  std::optional<wire::Approval> approval_;  // as approved
  std::string claim_id_;
  std::optional<Millis> approval_end_ms_;  // steady; when the approval's own time is up
  bool clocks_disagree_ = false;      // It was pending after that: the end is what the service says it is.
  std::optional<Millis> poll_at_ms_;  // steady; set while no poll is under way
  Millis held_ms_ = 0;                // what the poll under way asked the service to hold
  Millis heard_ms_ = 0;               // when the service last gave an answer
};

}  // namespace al::client
