// A call: what one command of the application turns into. The plain ones are one exchange; gates, delegations
// and verifications are derived from it and run several, one after the other.
//
// Rules
//   * INVARIANT: a call settles exactly once, and never sends for the application's sake afterwards. What it
//   may still do then
//     is clean up (DelegationCall), in the background, within limits of its own.
//   * INVARIANT: at most one exchange is under way.
//   * A call that is finished wants nothing: no deadline, no attempt. The Client forgets it.
//
// Theory of operation: the Client hands each input to the call that it concerns; the call hands it to its
// exchange, and what comes out of that to on_answer(), before the verb returns. Outputs go to
// Shared::outputs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client/exchange.h"
#include "client/settlement.h"
#include "client/shared.h"
#include "wire/endpoints.h"

namespace al::client {

class Call {
 public:
  Call(CallId id, Command command) : command_(std::move(command)), id_(id) {}
  virtual ~Call() = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  void start(Now now, Shared& shared);
  void handle_response(AttemptId attempt, wire::Response response, Now now, Shared& shared);
  void handle_failure(AttemptId attempt, std::string_view why, Now now, Shared& shared);
  void handle_timeout(Now now, Shared& shared);
  /// The application does not want it any more: settles with `why`.
  void give_up(const Error& why, Now now, Shared& shared);

  [[nodiscard]] CallId id() const { return id_; }
  [[nodiscard]] bool settled() const { return settled_; }
  /// Settled, and nothing left to clean up.
  [[nodiscard]] virtual bool finished() const { return settled_ && !exchange_.under_way(); }
  [[nodiscard]] std::optional<AttemptId> attempt() const { return exchange_.attempt(); }
  [[nodiscard]] virtual std::optional<Millis> next_deadline() const { return exchange_.next_deadline(); }

 protected:
  virtual void begin(Now now, Shared& shared) = 0;
  virtual void on_answer(Answer answer, Now now, Shared& shared) = 0;
  /// For deadlines of the call itself; those of its exchange are handled.
  virtual void on_timeout(Now, Shared&) {}
  /// Before the call settles because nobody wants it any more. Ends the exchange; a call that must clean up
  /// keeps it.
  virtual void on_give_up(Now, Shared& shared) { exchange_.abort(shared); }

  /// Begins an exchange with `endpoint`; a request carries the call's delegation.
  void ask(wire::Request request, Now now, Shared& shared) {
    ask(std::move(request), exchange_limits(shared), now, shared);
  }
  void ask(wire::Request request, const Exchange::Limits& limits, Now now, Shared& shared);
  [[nodiscard]] wire::Request request(wire::Endpoint endpoint, std::span<const std::string> arguments,
                                      std::string_view query = {}) const;
  [[nodiscard]] Exchange::Limits exchange_limits(const Shared& shared) const {
    return Exchange::limits(shared.config, deadline_ms_);
  }

  void settle(std::string json, Shared& shared);
  void settle(Failure failure, Shared& shared);
  /// Adds to a failure what this call knows besides, whatever the reason for which it ends.
  virtual void complete(Failure&) const {}

  Command command_;
  Exchange exchange_;
  std::optional<Millis> deadline_ms_;  // steady; of the whole call

 private:
  void push_settlement(bool ok, std::string json, Shared& shared);
  void take(std::optional<Answer> answer, Now now, Shared& shared) {
    if (answer) on_answer(std::move(*answer), now, shared);
  }

  CallId id_;
  bool settled_ = false;
};

/// The failure that an answer is which brought no success.
[[nodiscard]] Failure failure_of(const Answer& answer);

/// One exchange, and its answer is the result.
class PlainCall final : public Call {
 public:
  PlainCall(CallId id, Command command, wire::Endpoint endpoint)
      : Call(id, std::move(command)), endpoint_(endpoint) {}

 private:
  void begin(Now now, Shared& shared) override;
  void on_answer(Answer answer, Now now, Shared& shared) override;

  wire::Endpoint endpoint_;
};

}  // namespace al::client
