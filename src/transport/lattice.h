// A lattice in this process: an engine, the order around it, those who listen to it, and whoever asks it,
// be that clients in the same process (through an EngineTransport each, and an EngineSocket for each
// subscription) or requests and sockets that a server took from a network.
//
// Re-entrance: the host may call back in from within its callbacks. The verb takes effect at once, its
// outputs are carried out by the drain that is already under way, in order.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/engine.h"
#include "engine/event_hub.h"
#include "engine/sequencer.h"
#include "transport/clock.h"
#include "transport/socket.h"
#include "transport/transport.h"

namespace al::transport {

/// For whom rows are read back: requests, or those who listen to events. Each reads one range at a time.
enum class Reader : std::uint8_t { requests, events };

/// What the lattice needs of the world.
class LatticeHost {
 public:
  virtual ~LatticeHost() = default;
  /// Make rows durable, all or none, then say so; see engine::Append. Never called for a lattice whose
  /// ledger is in memory.
  virtual void append(const engine::Append& append) = 0;
  /// Read durable rows back, then say so. Never called for a ledger in memory.
  virtual void read(Reader reader, engine::RowRange rows) = 0;
  virtual void respond(engine::Ticket ticket, wire::Response response) = 0;
  /// Replace openings, all or none, then say so; see engine::Redact. Never called for a ledger in memory.
  virtual void redact(const engine::Redact& redact) = 0;
  /// Keep a snapshot; see engine::SaveSnapshot. Never called for a ledger in memory.
  virtual void save_snapshot(const engine::SaveSnapshot&) {}
  /// Sign a checkpoint, then say so; see engine::Sign. Never called for a lattice without a signer.
  virtual void sign(const engine::Sign&) {}
  /// For sockets that the host took in (Lattice::handle_connect); a host without any never hears these.
  virtual void send(engine::ConnectionId, const std::string&) {}
  virtual void hang_up(engine::ConnectionId, std::uint16_t, const std::string&) {}
};

using engine::LedgerHome;

class EngineTransport;
class EngineSocket;

class Lattice {
 public:
  /// Everything that is injected must outlive the lattice. `limits`: of a ledger that the host keeps.
  Lattice(LedgerHome home, LatticeHost& host, Clock& clock, Entropy entropy,
          engine::LedgerLimits limits = {});
  Lattice(const Lattice&) = delete;
  Lattice& operator=(const Lattice&) = delete;

  /// Before start(): rows that the store kept, in order.
  [[nodiscard]] Status load(std::span<const audit::RowView> rows);
  [[nodiscard]] Status load(std::string_view text, std::string_view openings) {
    const audit::RowView row{text, openings};
    return load(std::span(&row, 1));
  }
  /// Before load(): a snapshot that the host kept; see Engine::restore. Nothing happens where it is of no
  /// use.
  [[nodiscard]] bool restore(std::string_view snapshot, std::span<const audit::RowView> rows);
  /// Before start(): checkpoints are signed by the host, with the private half of this key.
  void use_signer(audit::VerifierKey key) { engine_.use_signer(std::move(key)); }
  /// From here on requests are taken.
  void start();
  [[nodiscard]] bool started() const { return sequencer_.has_value(); }
  /// A new credential for a registered principal, good in this process only.
  [[nodiscard]] std::string attach(engine::PrincipalKind kind, std::string name);

  /// A dry run for a client in this process, at once; see Engine::can_i_now. Nothing, too, while rows are
  /// being appended.
  [[nodiscard]] std::optional<std::string> can_i_now(const Digest& key_hash, std::string_view asked);

  /// Whether the answer to an action can be had at once: where the ledger is in memory, and nobody is being
  /// answered.
  [[nodiscard]] bool can_act_now() const;
  /// That answer, for a client in this process.
  [[nodiscard]] wire::Response act_now(const Digest& key_hash, const wire::Request& request);

  /// A request from outside, or why it is none; `ticket` is the host's number for it.
  void handle_request(engine::Ticket ticket, Result<wire::Request> request);
  void handle_disconnect(engine::Ticket ticket);
  void handle_appended(engine::BatchId batch);
  void handle_append_failed(engine::BatchId batch, std::string_view why);
  /// `rows`: as many as there are of those that were asked for, from the first on.
  void handle_read(Reader reader, std::span<const audit::RowView> rows);
  void handle_read_failed(Reader reader, std::string_view why);
  /// Has the host keep a snapshot soon.
  void take_snapshot();
  void handle_redacted(engine::BatchId batch);
  void handle_redact_failed(engine::BatchId batch, std::string_view why);
  void handle_signed(std::uint64_t rows, std::span<const std::uint8_t> signature);
  void handle_sign_failed(std::uint64_t rows, std::string_view why);

  /// Somebody opened a socket to the events; `connection` is the host's number for it, not in use.
  void handle_connect(engine::ConnectionId connection);
  void handle_frame(engine::ConnectionId connection, std::string_view text);
  /// All that was sent to it has left.
  void handle_flushed(engine::ConnectionId connection);
  /// It is gone. Not needed for one that the host was told to hang up.
  void handle_hung_up(engine::ConnectionId connection);

  void handle_timeout();
  [[nodiscard]] std::optional<Millis> next_deadline() const;

  [[nodiscard]] const engine::Engine& engine() const { return engine_; }
  [[nodiscard]] const engine::EventHub& hub() const { return hub_; }

 private:
  friend class EngineTransport;
  friend class EngineSocket;

  /// Who a ticket of the sequencer belongs to: a host's request, or an attempt of a client in this process.
  struct Asker {
    engine::Ticket host_ticket = 0;
    EngineTransport* local = nullptr;  // set for a client in this process
    ResponseSink* sink = nullptr;
    client::AttemptId attempt = 0;
  };

  /// Whose socket a connection of the hub is: a host's, or a channel's in this process.
  struct Listener {
    engine::ConnectionId host_connection = 0;
    EngineSocket* local = nullptr;
  };

  void forget_rows(std::uint64_t durable);
  engine::ConnectionId admit(Listener listener);
  void dismiss(engine::ConnectionId connection);
  engine::Ticket take(Asker asker, Result<wire::Request> request);
  void forget(engine::Ticket ticket);
  void refuse(engine::Ticket ticket, const Error& error);
  void drain();
  void carry_out(const engine::Append& append);
  void carry_out(engine::Respond respond);
  void carry_out(const engine::Publish& publish);
  void carry_out(const engine::Sign& sign);
  void carry_out(const engine::Redact& redact);
  void carry_out(const engine::Read& read);
  void carry_out(const engine::ReadEvents& read);
  void carry_out(const engine::SaveSnapshot& snapshot);
  void carry_out(const engine::SendFrame& send);
  void carry_out(const engine::HangUp& hang_up);
  void carry_out(const engine::BeginLedger& begin);

  /// What the host's store or signer says, for the sequencer.
  template <typename Verb, typename... Arguments>
  void tell(Verb verb, Arguments... arguments);

  LatticeHost& host_;
  Clock& clock_;
  Entropy entropy_;
  engine::Engine engine_;
  std::optional<engine::Sequencer> sequencer_;
  engine::EventHub hub_{engine_};
  engine::RowRange reading_events_;
  std::unordered_map<engine::Ticket, Asker> askers_;
  std::unordered_map<engine::Ticket, engine::Ticket> by_host_ticket_;
  engine::Ticket last_ticket_ = 0;
  std::unordered_map<engine::ConnectionId, Listener> listeners_;
  std::unordered_map<engine::ConnectionId, engine::ConnectionId> by_host_connection_;
  engine::ConnectionId last_connection_ = 0;
  bool draining_ = false;
};

/// A client's way to a lattice in the same process: same request, same response, no network and no detour
/// through the host.
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

/// A channel's way to the events of a lattice in the same process. Frames are handed over as they are, and
/// taken at once.
class EngineSocket final : public Socket {
 public:
  explicit EngineSocket(Lattice& lattice) : lattice_(lattice) {}
  ~EngineSocket() override;
  [[nodiscard]] Status open(client::SocketId socket, SocketSink& sink) override;
  void send(client::SocketId socket, std::string_view text) override;
  void close(client::SocketId socket, std::uint16_t code) override;

 private:
  friend class Lattice;

  void on_text(std::string_view text);
  void on_close(std::uint16_t code, std::string_view reason);

  Lattice& lattice_;
  SocketSink* sink_ = nullptr;  // set while there is a connection
  client::SocketId socket_ = 0;
  engine::ConnectionId connection_ = 0;
};

}  // namespace al::transport
