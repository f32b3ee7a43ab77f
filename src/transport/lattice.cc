#include "transport/lattice.h"

#include <algorithm>
#include <cassert>
#include <utility>
#include <variant>

#include "wire/codes.h"
#include "wire/endpoints.h"
#include "wire/realtime.h"

namespace al::transport {

Lattice::Lattice(LedgerHome home, LatticeHost& host, Clock& clock, Entropy entropy,
                 engine::LedgerLimits limits)
    : host_(host), clock_(clock), entropy_(std::move(entropy)), engine_(home, limits) {}

Status Lattice::load(std::span<const audit::RowView> rows) {
  if (started()) return Error{Code::invalid_argument, "rows can be loaded only before the lattice starts"};
  const Status loaded = engine_.load(rows);
  forget_rows(engine_.ledger().size());
  return loaded;
}

bool Lattice::restore(std::string_view snapshot, std::span<const audit::RowView> rows) {
  return !started() && engine_.home() == LedgerHome::host && engine_.restore(snapshot, rows);
}

/// What the host keeps need not stay here.
void Lattice::forget_rows(std::uint64_t durable) {
  if (engine_.home() == LedgerHome::host) engine_.forget(durable);
}

void Lattice::start() {
  if (started()) return;
  Digest seed;
  entropy_.fill(seed);
  sequencer_.emplace(engine_, Entropy(seed));
  hub_.handle_durable(engine_.ledger().size(), clock_.now());
  drain();
}

std::string Lattice::attach(engine::PrincipalKind kind, std::string name) {
  std::string key = mint_key(kind == engine::PrincipalKind::agent ? "al_local_" : "op_local_", entropy_);
  engine_.attach(kind, std::move(name), sha256(key));
  return key;
}

std::optional<std::string> Lattice::can_i_now(const Digest& key_hash, std::string_view asked) {
  if (!started() || !sequencer_->idle()) return {};
  return engine_.can_i_now(key_hash, asked, clock_.wall_ms());
}

bool Lattice::can_act_now() const {
  return engine_.home() == LedgerHome::memory && started() && !draining_ && sequencer_->idle();
}

wire::Response Lattice::act_now(const Digest& key_hash, const wire::Request& request) {
  assert(can_act_now());
  wire::Response response = sequencer_->handle_now(request, key_hash, clock_.now());
  drain();
  return response;
}

engine::Ticket Lattice::take(Asker asker, Result<wire::Request> request) {
  const engine::Ticket ticket = ++last_ticket_;
  askers_.emplace(ticket, asker);
  if (asker.local == nullptr) by_host_ticket_.emplace(asker.host_ticket, ticket);
  if (!request) {
    refuse(ticket, request.error());
  } else if (started()) {
    sequencer_->handle_request(ticket, std::move(*request), clock_.now());
  } else {
    refuse(ticket, {Code::ledger_unavailable, "the lattice has not started; its ledger is being read"});
  }
  return ticket;
}

void Lattice::refuse(engine::Ticket ticket, const Error& error) {
  wire::Response response = wire::error_response(error);
  response.request_id = mint_id("req-", entropy_);
  carry_out(engine::Respond{ticket, std::move(response)});
}

void Lattice::forget(engine::Ticket ticket) {
  const auto found = askers_.find(ticket);
  if (found == askers_.end()) return;
  if (found->second.local == nullptr) by_host_ticket_.erase(found->second.host_ticket);
  askers_.erase(found);
  if (started()) sequencer_->handle_disconnect(ticket);
}

void Lattice::handle_request(engine::Ticket ticket, Result<wire::Request> request) {
  take({.host_ticket = ticket}, std::move(request));
  drain();
}

void Lattice::handle_disconnect(engine::Ticket ticket) {
  const auto found = by_host_ticket_.find(ticket);
  if (found != by_host_ticket_.end()) forget(found->second);
}

template <typename Verb, typename... Arguments>
void Lattice::tell(Verb verb, Arguments... arguments) {
  if (!started()) return;
  ((*sequencer_).*verb)(arguments..., clock_.now());
  drain();
}

void Lattice::handle_appended(engine::BatchId batch) { tell(&engine::Sequencer::handle_appended, batch); }

void Lattice::handle_append_failed(engine::BatchId batch, std::string_view why) {
  tell(&engine::Sequencer::handle_append_failed, batch, why);
}

void Lattice::handle_read(Reader reader, std::span<const audit::RowView> rows) {
  if (reader == Reader::requests) return tell(&engine::Sequencer::handle_read, rows);
  engine::Recall recall;
  recall.want(reading_events_);
  engine_.take_read(recall, reading_events_, rows);
  hub_.handle_read(std::move(recall), clock_.now());
  drain();
}

void Lattice::handle_read_failed(Reader reader, std::string_view why) {
  if (reader == Reader::requests) return tell(&engine::Sequencer::handle_read_failed, why);
  hub_.handle_read_failed(why, clock_.now());
  drain();
}

void Lattice::take_snapshot() {
  if (engine_.home() == LedgerHome::host) tell(&engine::Sequencer::handle_snapshot_wanted);
}

void Lattice::handle_redacted(engine::BatchId batch) { tell(&engine::Sequencer::handle_redacted, batch); }

void Lattice::handle_redact_failed(engine::BatchId batch, std::string_view why) {
  tell(&engine::Sequencer::handle_redact_failed, batch, why);
}

void Lattice::handle_signed(std::uint64_t rows, std::span<const std::uint8_t> signature) {
  tell(&engine::Sequencer::handle_signed, rows, signature);
}

void Lattice::handle_sign_failed(std::uint64_t rows, std::string_view why) {
  tell(&engine::Sequencer::handle_sign_failed, rows, why);
}

void Lattice::handle_timeout() {
  if (!started()) return;
  const Now now = clock_.now();
  const std::optional<Millis> due_ms = sequencer_->next_deadline(now);
  if (due_ms && *due_ms <= now.steady_ms) sequencer_->handle_timeout(now);
  hub_.handle_timeout(now);
  drain();
}

std::optional<Millis> Lattice::next_deadline() const {
  if (!started()) return {};
  const std::optional<Millis> engine_ms = sequencer_->next_deadline(clock_.now());
  const std::optional<Millis> hub_ms = hub_.next_deadline();
  return engine_ms && hub_ms ? std::min(*engine_ms, *hub_ms) : engine_ms ? engine_ms : hub_ms;
}

void Lattice::drain() {
  if (!started() || std::exchange(draining_, true)) return;
  const auto carry = [this](auto& each) { carry_out(std::move(each)); };
  for (;;) {
    if (std::optional<engine::SequencerOutput> output = sequencer_->poll_output()) {
      std::visit(carry, *output);
    } else if (std::optional<engine::HubOutput> told = hub_.poll_output()) {
      std::visit(carry, *told);
    } else {
      break;
    }
  }
  draining_ = false;
}

void Lattice::carry_out(const engine::Append& append) {
  if (engine_.home() == LedgerHome::memory) {
    sequencer_->handle_appended(append.batch, clock_.now());
  } else {
    host_.append(append);
  }
}

void Lattice::carry_out(engine::Respond respond) {
  const auto found = askers_.find(respond.ticket);
  if (found == askers_.end()) return;  // Gone in the meantime.
  const Asker asker = found->second;
  askers_.erase(found);
  if (asker.local != nullptr) {
    asker.local->tickets_.erase(asker.attempt);
    asker.sink->on_response(asker.attempt, std::move(respond.response));
  } else {
    by_host_ticket_.erase(asker.host_ticket);
    host_.respond(asker.host_ticket, std::move(respond.response));
  }
}

void Lattice::carry_out(const engine::Publish& publish) {
  hub_.handle_durable(publish.end_row, clock_.now());
  forget_rows(publish.end_row);
}

void Lattice::carry_out(const engine::Redact& redact) {
  if (engine_.home() == LedgerHome::memory) {
    sequencer_->handle_redacted(redact.batch, clock_.now());
  } else {
    host_.redact(redact);
  }
}

void Lattice::carry_out(const engine::Read& read) { host_.read(Reader::requests, read.rows); }

void Lattice::carry_out(const engine::ReadEvents& read) {
  reading_events_ = read.rows;
  host_.read(Reader::events, read.rows);
}

void Lattice::carry_out(const engine::SaveSnapshot& snapshot) { host_.save_snapshot(snapshot); }

void Lattice::carry_out(const engine::Sign& sign) { host_.sign(sign); }

// ---- Listeners

engine::ConnectionId Lattice::admit(Listener listener) {
  const engine::ConnectionId connection = ++last_connection_;
  listeners_.emplace(connection, listener);
  if (listener.local == nullptr) by_host_connection_.emplace(listener.host_connection, connection);
  return connection;
}

void Lattice::dismiss(engine::ConnectionId connection) {
  const auto found = listeners_.find(connection);
  if (found == listeners_.end()) return;
  if (found->second.local == nullptr) by_host_connection_.erase(found->second.host_connection);
  listeners_.erase(found);
  hub_.handle_hung_up(connection);
}

void Lattice::handle_connect(engine::ConnectionId connection) {
  if (by_host_connection_.contains(connection)) return;
  if (!started()) {
    const Error error{Code::ledger_unavailable, "the lattice has not started; its ledger is being read"};
    host_.send(connection, wire::write_error(error));
    host_.hang_up(connection, wire::close_code::try_again_later, std::string(text(error.code)));
    return;
  }
  hub_.handle_connect(admit({.host_connection = connection}), clock_.now());
  drain();
}

void Lattice::handle_frame(engine::ConnectionId connection, std::string_view text) {
  const auto found = by_host_connection_.find(connection);
  if (found == by_host_connection_.end()) return;
  hub_.handle_frame(found->second, text, clock_.now());
  drain();
}

void Lattice::handle_flushed(engine::ConnectionId connection) {
  const auto found = by_host_connection_.find(connection);
  if (found == by_host_connection_.end()) return;
  hub_.handle_flushed(found->second, clock_.now());
  drain();
}

void Lattice::handle_hung_up(engine::ConnectionId connection) {
  const auto found = by_host_connection_.find(connection);
  if (found != by_host_connection_.end()) dismiss(found->second);
}

void Lattice::carry_out(const engine::SendFrame& send) {
  const auto found = listeners_.find(send.connection);
  if (found == listeners_.end()) return;  // Gone in the meantime.
  const Listener listener = found->second;
  if (listener.local == nullptr) return host_.send(listener.host_connection, *send.text);
  listener.local->on_text(*send.text);
  hub_.handle_left(send.connection, send.text->size());
}

void Lattice::carry_out(const engine::HangUp& hang_up) {
  const auto found = listeners_.find(hang_up.connection);
  if (found == listeners_.end()) return;
  const Listener listener = found->second;
  dismiss(hang_up.connection);
  if (listener.local != nullptr) {
    listener.local->on_close(hang_up.code, hang_up.reason);
  } else {
    host_.hang_up(listener.host_connection, hang_up.code, hang_up.reason);
  }
}

/// Any request lets a ledger begin. This one comes from nobody, and its answer goes to nobody.
void Lattice::carry_out(const engine::BeginLedger&) {
  sequencer_->handle_request(++last_ticket_, {.target = wire::target(wire::Endpoint::whoami)}, clock_.now());
}

// ---- EngineTransport

EngineTransport::~EngineTransport() {
  for (const auto& [attempt, ticket] : tickets_) lattice_.forget(ticket);
}

void EngineTransport::send(client::AttemptId attempt, wire::Request request, Millis, ResponseSink& sink) {
  const engine::Ticket ticket =
      lattice_.take({.local = this, .sink = &sink, .attempt = attempt}, std::move(request));
  if (lattice_.askers_.contains(ticket)) tickets_[attempt] = ticket;
  lattice_.drain();
}

void EngineTransport::abort(client::AttemptId attempt) {
  const auto found = tickets_.find(attempt);
  if (found == tickets_.end()) return;
  lattice_.forget(found->second);
  tickets_.erase(found);
}

// ---- EngineSocket

EngineSocket::~EngineSocket() { close(socket_, wire::close_code::normal); }

Status EngineSocket::open(client::SocketId socket, SocketSink& sink) {
  close(socket_, wire::close_code::normal);
  socket_ = socket;
  if (!lattice_.started()) {
    sink.on_close(socket, wire::close_code::try_again_later, "the lattice has not started");
    return Unit{};
  }
  sink_ = &sink;
  connection_ = lattice_.admit({.local = this});
  lattice_.hub_.handle_connect(connection_, lattice_.clock_.now());
  sink.on_open(socket);
  lattice_.drain();
  return Unit{};
}

void EngineSocket::send(client::SocketId socket, std::string_view text) {
  if (sink_ == nullptr || socket != socket_) return;
  lattice_.hub_.handle_frame(connection_, text, lattice_.clock_.now());
  lattice_.drain();
}

void EngineSocket::close(client::SocketId socket, std::uint16_t) {
  if (sink_ == nullptr || socket != socket_) return;
  sink_ = nullptr;
  lattice_.dismiss(connection_);
}

void EngineSocket::on_text(std::string_view text) {
  if (sink_ != nullptr) sink_->on_text(socket_, text);
}

void EngineSocket::on_close(std::uint16_t code, std::string_view reason) {
  if (sink_ != nullptr) std::exchange(sink_, nullptr)->on_close(socket_, code, reason);
}

}  // namespace al::transport
