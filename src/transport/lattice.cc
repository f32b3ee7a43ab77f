#include "transport/lattice.h"

#include <utility>
#include <variant>

#include "wire/codes.h"

namespace al::transport {

Lattice::Lattice(LedgerHome home, LatticeHost& host, Clock& clock, Entropy entropy)
    : home_(home), host_(host), clock_(clock), entropy_(std::move(entropy)) {}

Status Lattice::load(std::string text, std::string openings) {
  if (started()) return Error{Code::invalid_argument, "rows can be loaded only before the lattice starts"};
  return engine_.load(std::move(text), std::move(openings));
}

void Lattice::start() {
  if (started()) return;
  Digest seed;
  entropy_.fill(seed);
  sequencer_.emplace(engine_, Entropy(seed));
}

std::string Lattice::attach(engine::PrincipalKind kind, std::string name) {
  std::string key = mint_key(kind == engine::PrincipalKind::agent ? "al_local_" : "op_local_", entropy_);
  engine_.attach(kind, std::move(name), sha256(key));
  return key;
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

void Lattice::handle_appended(engine::BatchId batch) {
  if (!started()) return;
  sequencer_->handle_appended(batch, clock_.now());
  drain();
}

void Lattice::handle_append_failed(engine::BatchId batch, std::string_view why) {
  if (!started()) return;
  sequencer_->handle_append_failed(batch, why, clock_.now());
  drain();
}

void Lattice::handle_timeout() {
  if (!started()) return;
  sequencer_->handle_timeout(clock_.now());
  drain();
}

std::optional<Millis> Lattice::next_deadline() const {
  return started() ? sequencer_->next_deadline(clock_.now()) : std::nullopt;
}

void Lattice::drain() {
  if (!started() || std::exchange(draining_, true)) return;
  while (std::optional<engine::SequencerOutput> output = sequencer_->poll_output()) {
    std::visit([this](auto& each) { carry_out(std::move(each)); }, *output);
  }
  draining_ = false;
}

void Lattice::carry_out(const engine::Append& append) {
  if (home_ == LedgerHome::memory) {
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

void Lattice::carry_out(const engine::Publish& publish) { host_.publish(publish); }

// ---- EngineTransport ----------------------------------------------------------------------------------------------------------------

EngineTransport::~EngineTransport() {
  for (const auto& [attempt, ticket] : tickets_) lattice_.forget(ticket);
}

void EngineTransport::send(client::AttemptId attempt, wire::Request request, Millis, ResponseSink& sink) {
  const engine::Ticket ticket = lattice_.take({.local = this, .sink = &sink, .attempt = attempt}, std::move(request));
  if (lattice_.askers_.contains(ticket)) tickets_[attempt] = ticket;
  lattice_.drain();
}

void EngineTransport::abort(client::AttemptId attempt) {
  const auto found = tickets_.find(attempt);
  if (found == tickets_.end()) return;
  lattice_.forget(found->second);
  tickets_.erase(found);
}

}  // namespace al::transport
