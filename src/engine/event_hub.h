// Tells those who listen what happened: one session for each socket that somebody opened to the lattice's
// events.
//
//   connect ─▶ silent ── subscribe ─▶ held ── the ledger has a row ─▶ listening ── hung up (on) ─▶ gone
//                                      └──────── at once, where it has one ──▲
//
// Rules
//   * INVARIANT: a session is told of every durable row after its `after` that its key may see and its
//     filter lets through: each once, in order. A session is a place in the ledger, `next_row`, that moves
//     forward; replay and live are the same, so there is no seam.
//   * Only durable rows are told of. What was told never turns out not to have happened.
//   * The queue of a session is the ledger. What is on its way to the peer is bounded
//     (`frames_in_flight_max`, `bytes_in_flight_max`): past it nothing is sent until the host says that it
//     left. A peer that takes nothing for `stalled_ms_max` is told so, and hung up on with a code that says:
//     come back, with `after`.
//   * Work is done in bounded steps: a turn looks at `rows_per_turn` rows, and each session gets
//     `rows_per_step` of them in a row. What is left waits for the next turn, which next_deadline() asks for
//     at once.
//   * A row becomes a frame once, whoever listens (EventCache). One that is no longer in memory is read back:
//     a few pages at a time, for the session that waits longest for one; the others go on.
//   * A key is looked up as for a request. When one is revoked, every session is looked up again.
//   * Agents see the events that are about themselves, and changes of policies; operators see all. An agent
//     that was halted goes on listening: it must hear of that.
//
// After each verb, drain poll_output() until it is empty, and carry out what comes, in order.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/deadlines.h"
#include "base/time.h"
#include "engine/engine.h"
#include "engine/realtime.h"
#include "wire/realtime.h"

namespace al::engine {

/// A socket, by a number of the driver's choosing.
using ConnectionId = std::uint64_t;

struct HubLimits {
  std::size_t connections_max = 10'000;
  std::size_t frames_in_flight_max = 256;
  std::size_t bytes_in_flight_max = 1 << 20;
  Millis subscribe_ms_max = 10'000;  // from connect to a subscription that is served
  Millis stalled_ms_max = 10'000;
  Millis heartbeat_ms = wire::heartbeat_interval_ms;
  Millis silence_ms_max = wire::silence_ms_max;
  std::uint64_t rows_per_step = 256;
  std::uint64_t rows_per_turn = 4096;
};

struct SendFrame {
  ConnectionId connection;
  std::shared_ptr<const std::string> text;
};
/// The session is over; nothing will come for it, and nothing is wanted from it.
struct HangUp {
  ConnectionId connection;
  std::uint16_t code;
  std::string reason;
};
/// Somebody wants to listen to a ledger that has no row yet, so nobody is known to it: let it begin.
struct BeginLedger {};
/// Read these durable rows back, then call handle_read or handle_read_failed.
struct ReadEvents {
  RowRange rows;
};
using HubOutput = std::variant<SendFrame, HangUp, BeginLedger, ReadEvents>;

class EventHub {
 public:
  /// `engine` outlives the hub.
  explicit EventHub(const Engine& engine, HubLimits limits = {}) : engine_(engine), limits_(limits) {}

  void handle_connect(ConnectionId connection, Now now);
  void handle_frame(ConnectionId connection, std::string_view text, Now now);
  /// All that was sent to it has left.
  void handle_flushed(ConnectionId connection, Now now);
  /// The first of the frames on their way has left; `bytes`: its size. What it makes room for waits for the
  /// next turn.
  void handle_left(ConnectionId connection, std::size_t bytes);
  void handle_hung_up(ConnectionId connection);
  /// The first `rows` rows of the ledger are durable.
  void handle_durable(std::uint64_t rows, Now now);
  /// What was asked for, or what was wrong with it.
  void handle_read(Recall rows, Now now);
  void handle_read_failed(std::string_view why, Now now);
  void handle_timeout(Now now);

  [[nodiscard]] std::optional<HubOutput> poll_output();
  /// On the steady clock; a time that has passed where there is work left.
  [[nodiscard]] std::optional<Millis> next_deadline() const;
  [[nodiscard]] std::size_t connections() const { return sessions_.size(); }

 private:
  enum class Stage : std::uint8_t { silent, held, listening };
  struct Session {
    Stage stage = Stage::silent;
    wire::Subscribe asked = {};  // without its token
    Digest key_hash = {};
    std::string own_agent_id = {};  // of an agent, which sees only itself
    std::uint64_t next_row = 0;
    std::size_t frames_in_flight = 0;
    std::size_t bytes_in_flight = 0;
    Millis silent_since_ms = 0;
    Millis heartbeat_at_ms = 0;
    std::optional<Millis> full_since_ms = {};
    bool queued = false;                // in turns_
    bool lacks_row = false;             // its next one; in lacking_
    std::optional<Millis> deadline_ms;  // as indexed in deadlines_
  };

  void take_frame(ConnectionId connection, Session& session, std::string_view text, Now now);
  void subscribe(ConnectionId connection, Session& session, wire::Subscribe asked, Now now);
  void begin_listening(ConnectionId connection, Session& session, Now now);
  /// Fills in what the filter means for whoever asks.
  [[nodiscard]] std::optional<Error> admit(Session& session) const;
  void expel_revoked();

  [[nodiscard]] bool full(const Session& session) const;
  [[nodiscard]] bool behind(const Session& session) const;
  [[nodiscard]] static bool wants(const Session& session, const RowEvent& event);
  void enqueue(ConnectionId connection, Session& session);
  /// Null where it has to be read back.
  [[nodiscard]] const RowEvent* event(std::uint64_t row_id);
  void read_next();
  /// Goes on with those who lacked a row, except those that the store has nothing for.
  void resume_lacking(RowRange read, const std::optional<Error>& error, Now now);
  /// Tells of rows, in turns, up to `rows_per_turn`.
  void take_turns(Now now);
  /// How many rows were looked at.
  std::uint64_t step(ConnectionId connection, Session& session, Now now);

  void send(ConnectionId connection, Session& session, std::shared_ptr<const std::string> text);
  void refuse(ConnectionId connection, const Error& error, std::uint16_t code);
  void forget(ConnectionId connection);
  [[nodiscard]] Millis deadline_of(const Session& session) const;
  /// After each change of a session.
  void update(ConnectionId connection, Session& session);
  void on_deadline(ConnectionId connection, Session& session, Now now);

  const Engine& engine_;
  HubLimits limits_;
  EventCache cache_;
  Recall recall_;                     // what was read last
  std::optional<RowRange> reading_;   // what the store reads
  std::deque<ConnectionId> lacking_;  // perhaps gone meanwhile
  std::uint64_t durable_ = 0;
  std::map<ConnectionId, Session> sessions_;  // in order, so that a run can be repeated
  Deadlines deadlines_;
  std::deque<ConnectionId> turns_;  // listening, behind, and able to take more; perhaps gone meanwhile
  std::deque<HubOutput> outputs_;
};

}  // namespace al::engine
