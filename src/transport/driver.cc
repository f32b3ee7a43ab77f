#include "transport/driver.h"

#include <utility>
#include <variant>

namespace al::transport {

Driver::Driver(client::Client client, Transport& transport, Clock& clock, SettlementSink& settlements)
    : client_(std::move(client)), transport_(transport), clock_(clock), settlements_(settlements) {}

void Driver::submit(client::CallId call, client::Command command) {
  client_.submit(call, std::move(command), clock_.now());
  drain();
}

void Driver::cancel(client::CallId call) {
  client_.cancel(call, clock_.now());
  drain();
}

void Driver::close() {
  client_.close(clock_.now());
  drain();
}

void Driver::handle_timeout() {
  client_.handle_timeout(clock_.now());
  drain();
}

void Driver::on_response(client::AttemptId attempt, wire::Response response) {
  client_.handle_response(attempt, std::move(response), clock_.now());
  drain();
}

void Driver::on_failure(client::AttemptId attempt, std::string_view why) {
  client_.handle_failure(attempt, why, clock_.now());
  drain();
}

void Driver::drain() {
  if (std::exchange(draining_, true)) return;
  while (std::optional<client::Output> output = client_.poll_output()) {
    std::visit([this](auto&& what) { carry_out(std::move(what)); }, std::move(*output));
  }
  draining_ = false;
  settlements_.on_done();
}

void Driver::carry_out(client::Send send) {
  transport_.send(send.attempt, std::move(send.request), send.timeout_ms, *this);
}

void Driver::carry_out(client::Abort abort) { transport_.abort(abort.attempt); }

void Driver::carry_out(client::Settle settlement) { settlements_.on_settle(std::move(settlement)); }

}  // namespace al::transport
