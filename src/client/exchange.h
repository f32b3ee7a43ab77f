// One HTTP exchange: a request, and as many attempts as it takes and is allowed.
//
//            send                 answer that is final
//   idle ───────────▶ in_flight ───────────────────────▶ finished
//                      │    ▲                                ▲
//         failed, but  │    │ back-off is over: next attempt │
//         may be tried ▼    │                                │
//         again       backing_off ───────────────────────────┘ gave up: no time, no attempts, no budget
//
// Rules
//   * Tried again are: attempts without an answer (connection failed, timed out) and the statuses 408, 425,
//   429 and 5xx.
//     Every other answer is final, whatever it says; what it means is the parent's business.
//   * INVARIANT: at most one attempt is in flight. One whose time is over is aborted before the next begins,
//   and its id is
//     forgotten, so a late answer to it cannot be taken for an answer to another.
//   * Each attempt has its own time limit; all of them and the waits between them end at the deadline.
//   * A wait that would reach beyond the deadline is not begun: the exchange fails at once, with what it
//   knows.
//
// Theory of operation: each verb returns what came of it: an Answer, once, when the exchange is finished,
// else nothing. What it wants done (Send, Abort) goes to Shared::outputs, in order. The parent asks
// next_deadline() after each verb.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "client/retry.h"
#include "client/shared.h"
#include "wire/http.h"

namespace al::client {

/// What an exchange came to: a response of the service, or the error that stands in its place.
struct Answer {
  std::optional<Error> error;  // set: there is no response worth reading
  wire::Response response = {};
  std::optional<Millis> retry_after_ms = {};  // what the service asked for, where it was not waited for
  /// True when the service may have carried out the request without its answer having arrived.
  bool outcome_unknown = false;
};

class Exchange {
 public:
  struct Limits {
    int attempts_max = 3;
    Millis attempt_timeout_ms = 30'000;
    Millis retry_first_ms = 1000;
    Millis retry_last_ms = 4000;
    std::optional<Millis> deadline_ms = {};  // steady
    /// A `retry-after` longer than this is not waited for, nor one beyond the deadline.
    Millis asked_wait_ms_max = retry_after_ms_max;
    bool draws_on_budget = true;
  };
  /// What the settings say of every exchange.
  [[nodiscard]] static Limits limits(const Config& config, std::optional<Millis> deadline_ms);

  /// Begins; only when none is under way.
  void start(wire::Request request, const Limits& limits, Now now, Shared& shared);
  [[nodiscard]] std::optional<Answer> handle_response(AttemptId attempt, wire::Response response, Now now,
                                                      Shared& shared);
  [[nodiscard]] std::optional<Answer> handle_failure(AttemptId attempt, std::string_view why, Now now,
                                                     Shared& shared);
  [[nodiscard]] std::optional<Answer> handle_timeout(Now now, Shared& shared);
  /// Ends it without an answer.
  void abort(Shared& shared);
  /// Goes on without a deadline; the attempt in flight keeps its own time limit.
  void lift_deadline() { limits_.deadline_ms.reset(); }

  [[nodiscard]] bool under_way() const { return state_ == State::in_flight || state_ == State::backing_off; }
  /// The attempt in flight.
  [[nodiscard]] std::optional<AttemptId> attempt() const;
  [[nodiscard]] std::optional<Millis> next_deadline() const;
  /// When the attempt in flight, or the last one, was sent.
  [[nodiscard]] Millis sent_ms() const { return sent_ms_; }
  /// True when an attempt is in flight, or ended without a definite answer: the service may have acted.
  [[nodiscard]] bool outcome_unknown() const { return outcome_unknown_ || state_ == State::in_flight; }

 private:
  enum class State : std::uint8_t { idle, in_flight, backing_off, finished };

  void send(Now now, Shared& shared);
  [[nodiscard]] bool reached_deadline(Now now) const;
  [[nodiscard]] Answer finish(Answer answer);
  /// The attempt came to nothing: either a back-off begins, or this is the end.
  [[nodiscard]] std::optional<Answer> retry(Answer answer, Now now, Shared& shared);

  State state_ = State::idle;
  wire::Request request_;
  Limits limits_;
  AttemptId attempt_ = 0;
  int attempts_made_ = 0;
  Millis sent_ms_ = 0;
  Millis wake_ms_ = 0;  // in_flight: the attempt's end; backing_off: the next attempt
  bool outcome_unknown_ = false;
};

}  // namespace al::client
