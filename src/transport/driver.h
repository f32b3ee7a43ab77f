// Does what the client said, on a transport. The whole of the client's I/O is in what is injected here.
//
// Re-entrance: a transport may answer from within send(), an application may submit, cancel or close from
// within on_settle(). The verb takes effect at once, its outputs are carried out by the drain that is already
// under way, in order. Nobody may destroy the driver from within a callback.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "client/client.h"
#include "transport/clock.h"
#include "transport/transport.h"

namespace al::transport {

class SettlementSink {
 public:
  virtual ~SettlementSink() = default;
  virtual void on_settle(client::Settle settlement) = 0;
  /// The driver has done what there was to do: its next deadline, and what the client is at, may be others.
  virtual void on_done() {}
};

class Driver final : public ResponseSink {
 public:
  /// Everything that is injected must outlive the driver.
  Driver(client::Client client, Transport& transport, Clock& clock, SettlementSink& settlements);
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  void submit(client::CallId call, client::Command command);
  /// The settlement of an action that `ask` (wire::Request → wire::Response) answers at once. Nothing where a
  /// call has to see to it: then submit() the command.
  template <typename Ask>
  [[nodiscard]] std::optional<client::Settle> act_now(client::CallId call, client::Command& command,
                                                      Ask ask) {
    std::optional<wire::Request> request = client_.begin_now(command);
    if (!request) return {};
    std::optional<client::Settle> settlement = client_.end_now(call, command, ask(*request));
    if (!settlement) command.body = std::move(request->body);
    return settlement;
  }
  void cancel(client::CallId call);
  void close();
  void handle_timeout();

  void on_response(client::AttemptId attempt, wire::Response response) override;
  void on_failure(client::AttemptId attempt, std::string_view why) override;

  /// When handle_timeout() wants to be called, on the steady clock. May change with every verb and every
  /// report of the transport.
  [[nodiscard]] std::optional<Millis> next_deadline() const { return client_.next_deadline(); }
  [[nodiscard]] const client::Client& client() const { return client_; }

 private:
  void drain();
  void carry_out(client::Send send);
  void carry_out(client::Abort abort);
  void carry_out(client::Settle settlement);

  client::Client client_;
  Transport& transport_;
  Clock& clock_;
  SettlementSink& settlements_;
  bool draining_ = false;
};

}  // namespace al::transport
