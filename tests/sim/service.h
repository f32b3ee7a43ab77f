// The governance service: a process that runs the one engine of this world, and the store that outlives it.
//
// The store makes appends durable after a while, refuses some, and is slow now and then. The process keeps no
// page of rows in memory that the store has, so it reads back whatever rests on one; now and then it begins
// with a snapshot that an earlier one took. The process may die
// at any moment: before its rows are durable, after, but before it heard so, or while it holds answers back.
// A new process knows what the store holds, and nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/checkpoint.h"
#include "audit/row.h"
#include "engine/engine.h"
#include "engine/event_hub.h"
#include "engine/sequencer.h"
#include "oracle.h"
#include "stage.h"

namespace al::sim {

class Service {
 public:
  using Ticket = engine::Ticket;

  Service(Stage& stage, Oracle& oracle);

  /// How the process answers, and how one learns that it died.
  std::function<void(Ticket, wire::Response)> on_answer;
  std::function<void()> on_death;
  /// The same for sockets.
  std::function<void(engine::ConnectionId, const std::string&)> on_frame;
  std::function<void(engine::ConnectionId, std::uint16_t)> on_hang_up;
  std::function<void()> on_sockets_death;

  void start();
  void crash();
  /// Holds requests that it has not answered.
  [[nodiscard]] bool busy() const { return up() && !alive_->open.empty(); }
  [[nodiscard]] bool up() const { return alive_ != nullptr; }
  void set_wall(Millis by_ms) { clock_.set_wall(by_ms); }
  [[nodiscard]] Millis wall_ms() { return clock_.now().wall_ms; }

  /// Only while it is up.
  void take(Ticket ticket, wire::Request request);
  void disconnect(Ticket ticket);

  /// Somebody opened a socket to its events. Only while it is up, like all of these.
  void connect(engine::ConnectionId connection);
  void take_frame(engine::ConnectionId connection, std::string_view text);
  /// A frame reached its peer; `last`: nothing else is on its way.
  void frame_left(engine::ConnectionId connection, std::size_t bytes, bool last);
  void hung_up(engine::ConnectionId connection);

  /// One request that is answered at once, from somebody without a network; the store does its best.
  wire::Response ask(wire::Request request);
  /// The key of whoever hosts it; good for this process only.
  [[nodiscard]] const std::string& host_key() const { return alive_->host_key; }

  [[nodiscard]] const std::vector<audit::Row>& rows() const { return rows_; }
  /// Remembers the present checkpoint of the durable rows, to be compared at the end.
  void pin();
  /// At rest: nothing waits, nothing is due, the ledger is sound, and replaying it gives the same service,
  /// which answers from then on.
  void check_rest();

 private:
  struct Taken {
    Millis at_ms;
    Millis hold_ms;      // for how long whoever asked is willing to wait
    std::string claims;  // the approval, where it is a claim
    std::string claim_id;
  };
  /// What dies with the process.
  struct Alive {
    Alive(const std::vector<audit::Row>& rows, const engine::SaveSnapshot* snapshot,
          engine::LedgerLimits in_memory, const std::optional<audit::VerifierKey>& signer, Entropy entropy,
          Now now);
    engine::Engine engine;
    std::optional<engine::Sequencer> sequencer;
    engine::EventHub hub;
    std::string host_key;
    std::map<Ticket, Taken> open;  // requests that it has not answered
    std::uint64_t published_rows;
    engine::BatchId last_batch = 0;
  };
  struct Pending {
    engine::BatchId batch;
    std::vector<audit::Row> rows;
    Millis wall_ms;  // when they were made
  };

  /// Carries out what the sequencer and the hub say, and sets the timer anew.
  void drain();
  void carry_out(const engine::Append& append);
  void carry_out(engine::Respond respond);
  void carry_out(const engine::Publish& publish);
  void carry_out(const engine::SendFrame& send);
  void carry_out(const engine::HangUp& hang_up);
  void carry_out(const engine::BeginLedger& begin);
  void carry_out(const engine::Sign& sign);
  void carry_out(const engine::Redact& redact);
  void carry_out(const engine::Read& read);
  void carry_out(engine::SaveSnapshot snapshot);
  void carry_out(const engine::ReadEvents& read);

  void settle_append(unsigned fate);
  void acknowledge();
  void keep_pending();
  void settle_redaction(bool fails);
  /// What the store has of these rows, after a while, for `take`; or why not, for `fail`.
  template <typename Take, typename Fail>
  void read_back(engine::RowRange rows, Take take, Fail fail);
  void keep_redacted();
  /// An event of this process; it does not happen when the process is gone by then.
  void later(Millis delay_ms, std::function<void()> event);
  [[nodiscard]] std::optional<Millis> next_deadline();
  void arm();
  void check_hold(const Taken& taken) const;
  void check_claim(const Taken& taken, const wire::Response& response) const;
  void check_released(const wire::Response& response) const;
  void check_rows(std::string_view lines) const;
  void check_signed(std::string_view text) const;
  void check_redacted();
  void check_checkpoints();
  void check_receipts();
  void check_replay();

  Stage& stage_;
  Oracle& oracle_;
  MachineClock clock_;
  std::unique_ptr<Alive> alive_;
  std::uint64_t process_ = 0;  // which one it is
  std::optional<Millis> armed_ms_;
  std::uint64_t timer_ = 0;  // which one is the present one

  std::vector<audit::Row> rows_;  // the store: what is durable
  std::optional<Pending> pending_;
  std::optional<engine::Redact> redacting_;
  std::optional<engine::SaveSnapshot> snapshot_;  // that the store keeps
  int reads_ = 0;                                 // under way
  std::optional<audit::VerifierKey> signer_;
  Millis quiet_since_ms_ = 0;  // the end of the last append
  std::vector<audit::Checkpoint> pins_;

  bool at_once_ = false;  // the store does its best
  std::optional<wire::Response> asked_;
};

}  // namespace al::sim
