// A lattice in this process: an engine, the order around it, and whoever asks it, be that clients in the same process (through an
// EngineTransport each) or requests that a server took from a network.
//
// Re-entrance: the host may call back in from within its callbacks. The verb takes effect at once, its outputs are carried out by the drain
// that is already under way, in order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/engine.h"
#include "engine/sequencer.h"
#include "transport/clock.h"
#include "transport/transport.h"

namespace al::transport {

/// What the lattice needs of the world.
class LatticeHost {
 public:
  virtual ~LatticeHost() = default;
  /// Make rows durable, all or none, then say so; see engine::Append. Never called for a lattice whose ledger is in memory.
  virtual void append(const engine::Append& append) = 0;
  virtual void respond(engine::Ticket ticket, wire::Response response) = 0;
  virtual void publish(const engine::Publish& publish) = 0;
};

enum class LedgerHome : std::uint8_t { memory, host };

class EngineTransport;

class Lattice {
 public:
  /// Everything that is injected must outlive the lattice.
  Lattice(LedgerHome home, LatticeHost& host, Clock& clock, Entropy entropy);
  Lattice(const Lattice&) = delete;
  Lattice& operator=(const Lattice&) = delete;

  /// Before start(): rows that the store kept, in order.
  [[nodiscard]] Status load(std::string text, std::string openings);
  /// From here on requests are taken.
  void start();
  [[nodiscard]] bool started() const { return sequencer_.has_value(); }
  /// A new credential for a registered principal, good in this process only.
  [[nodiscard]] std::string attach(engine::PrincipalKind kind, std::string name);

  /// A request from outside, or why it is none; `ticket` is the host's number for it.
  void handle_request(engine::Ticket ticket, Result<wire::Request> request);
  void handle_disconnect(engine::Ticket ticket);
  void handle_appended(engine::BatchId batch);
  void handle_append_failed(engine::BatchId batch, std::string_view why);
  void handle_timeout();
  [[nodiscard]] std::optional<Millis> next_deadline() const;

  [[nodiscard]] const engine::Engine& engine() const { return engine_; }

 private:
  friend class EngineTransport;

  /// Who a ticket of the sequencer belongs to: a host's request, or an attempt of a client in this process.
  struct Asker {
    engine::Ticket host_ticket = 0;
    EngineTransport* local = nullptr;  // set for a client in this process
    ResponseSink* sink = nullptr;
    client::AttemptId attempt = 0;
  };

  engine::Ticket take(Asker asker, Result<wire::Request> request);
  void forget(engine::Ticket ticket);
  void refuse(engine::Ticket ticket, const Error& error);
  void drain();
  void carry_out(const engine::Append& append);
  void carry_out(engine::Respond respond);
  void carry_out(const engine::Publish& publish);

  LedgerHome home_;
  LatticeHost& host_;
  Clock& clock_;
  Entropy entropy_;
  engine::Engine engine_;
  std::optional<engine::Sequencer> sequencer_;
  std::unordered_map<engine::Ticket, Asker> askers_;
  std::unordered_map<engine::Ticket, engine::Ticket> by_host_ticket_;
  engine::Ticket last_ticket_ = 0;
  bool draining_ = false;
};

/// A client's way to a lattice in the same process: same request, same response, no network and no detour through the host.
class EngineTransport final : public Transport {
 public:
  explicit EngineTransport(Lattice& lattice) : lattice_(lattice) {}
  ~EngineTransport() override;
  void send(client::AttemptId attempt, wire::Request request, Millis timeout_ms, ResponseSink& sink) override;
  void abort(client::AttemptId attempt) override;

 private:
  friend class Lattice;

  Lattice& lattice_;
  std::unordered_map<client::AttemptId, engine::Ticket> tickets_;  // of attempts that may still be answered
};

}  // namespace al::transport
