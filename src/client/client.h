// The client of a governance service, without its I/O.
//
// Contract: after each verb (submit, cancel, close, handle_*), drain poll_output() until it is empty and
// carry out what comes, in order; then call handle_timeout() at next_deadline(), or any other verb before.
// Nothing else happens in between.
//
// Rules
//   * INVARIANT: every submitted call settles exactly once: also one that is refused, cancelled, or open when
//   the client is closed.
//   * Answers to attempts that are over, unknown attempts, and timeouts with nothing due are no-ops, and
//   counted.
//   * After a call has settled, only clean-up is sent for it (delegation_call.h). close() settles every call
//   at once; clean-up that
//     is under way goes on until background_calls() is 0, and the host that stops driving before leaves it to
//     the ttl.
//   * `closed` has no way out.
//
// Theory of operation: this is only a switchboard. Calls live under serial numbers of its own, because an
// application's id is free again while a call cleans up; attempts and deadlines are indexed, so that an input
// costs hardly more with 10,000 calls open.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/deadlines.h"
#include "base/entropy.h"
#include "client/call.h"
#include "client/config.h"
#include "client/shared.h"

namespace al::client {

class Client {
 public:
  Client(Config config, Entropy entropy);

  /// `call` must not be in use; a submission under an id that is has no effect, and is counted.
  void submit(CallId call, Command command, Now now);

  /// With a service that answers at once (a lattice in this process) an action needs no call: its request,
  /// without a key and with the command's body, and, from the response, its settlement. Either is nothing
  /// where a call has to say what is wrong, or to wait: then submit() the command, the body put back. It has
  /// an idempotency key by now, so whatever was done for it is not done twice.
  [[nodiscard]] std::optional<wire::Request> begin_now(Command& command);
  [[nodiscard]] std::optional<Settle> end_now(CallId call, const Command& command, wire::Response response);

  /// Settles the call with ABORTED, unless it has settled.
  void cancel(CallId call, Now now);
  /// Settles every open call with CLOSED; later submissions too.
  void close(Now now);

  void handle_response(AttemptId attempt, wire::Response response, Now now);
  /// The attempt came to nothing before there was an answer; `why` is for people.
  void handle_failure(AttemptId attempt, std::string_view why, Now now);
  void handle_timeout(Now now);

  [[nodiscard]] std::optional<Output> poll_output();
  /// On the steady clock.
  [[nodiscard]] std::optional<Millis> next_deadline() const { return deadlines_.next(); }
  /// Calls that have not settled.
  [[nodiscard]] std::size_t open_calls() const { return by_id_.size(); }
  /// Calls that have settled, and still clean up.
  [[nodiscard]] std::size_t background_calls() const { return calls_.size() - by_id_.size(); }
  [[nodiscard]] const Stats& stats() const { return shared_.stats; }

 private:
  using Serial = Deadlines::Id;
  struct Entry {
    std::unique_ptr<Call> call;
    // As indexed below.
    std::optional<AttemptId> attempt = {};
    std::optional<Millis> deadline_ms = {};
  };

  void refuse(CallId call, Error error);
  [[nodiscard]] Entry* entry_of(AttemptId attempt, Serial& serial);
  /// After each verb of a call: brings the indexes up to date, and forgets a call that is finished.
  void update(Serial serial, Entry& entry);

  Shared shared_;
  bool closed_ = false;
  Serial last_serial_ = 0;
  std::map<Serial, Entry> calls_;
  std::map<CallId, Serial> by_id_;  // calls that have not settled
  std::map<AttemptId, Serial> by_attempt_;
  Deadlines deadlines_;
};

}  // namespace al::client
