// The order of things around an engine: requests are taken one after another, the rows they add are made
// durable together (group commit), and no answer leaves before its rows are. Answers that wait for an
// approval are held here too.
//
//   idle ── requests ─▶ handled, rows ─▶ appending(batch) ── appended ─▶ answers, events ─▶ idle
//                                             │      └── rows were redacted ─▶ redacting ── redacted, or
//                                             │                       redact_failed ─▶ answers, events ─▶
//                                             idle └── append_failed ─▶ the engine forgets the rows;
//                                             LEDGER_UNAVAILABLE ─▶ idle
//
// Beside that, where checkpoints are signed: requests that need one wait until the rows that they saw are
// durable and covered. One signature is asked for at a time, and serves all who wait for no more rows than it
// covers.
//
//   nobody waits ── request ─▶ signing(rows) ── signed ─▶ asked again, answers
//                                    └── sign_failed, or too late ─▶ LEDGER_UNAVAILABLE
//
// And requests that rest on rows which are no longer in memory stand aside until these were read back: one
// after another, while others go on.
//
//   lacking ── reading(rows) ─▶ rows ─▶ more is lacking, or: asked again with the next batch, answers
//                                └── read_failed ─▶ LEDGER_UNAVAILABLE
//
// While a batch is being appended, new requests queue: what they would read is not durable yet.
// After each mutation, drain poll_output() until it is empty.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/entropy.h"
#include "base/time.h"
#include "engine/engine.h"
#include "wire/http.h"

namespace al::engine {

using Ticket = std::uint64_t;  // a request, by a number of its sender's choosing
using BatchId = std::uint32_t;

/// Make these rows durable, all or none, then call handle_appended or handle_append_failed. They can be read
/// from the ledger.
struct Append {
  BatchId batch;
  std::uint64_t first_row;
  std::uint64_t end_row;
};
struct Respond {
  Ticket ticket;
  wire::Response response;
};
/// Put these openings in the place of the rows' own, all or none, then call handle_redacted or
/// handle_redact_failed.
struct Redact {
  BatchId batch;
  std::vector<Engine::Redaction> rows;
};
/// These rows are durable: tell those who listen.
struct Publish {
  std::uint64_t first_row;
  std::uint64_t end_row;
};
/// Sign this text, the checkpoint over so many rows, then call handle_signed or handle_sign_failed.
struct Sign {
  std::uint64_t rows;
  std::string text;
};
/// Read these durable rows back, then call handle_read or handle_read_failed.
struct Read {
  RowRange rows;
};
/// Keep these bytes in the place of earlier ones: what the first `rows` rows come to (Engine::take_snapshot).
/// Row `rows` vouches for them, and is durable. Nothing rests on whether they are kept.
struct SaveSnapshot {
  std::uint64_t rows;
  std::string bytes;
};
using SequencerOutput = std::variant<Append, Respond, Publish, Sign, Redact, Read, SaveSnapshot>;

struct SequencerLimits {
  std::size_t queued_max = 10'000;   // requests that wait for the batch before them
  std::size_t waiting_max = 10'000;  // answers that wait for an approval; for a signature; for rows
  std::size_t batch_max = 1'000;     // requests in one batch
  Millis sign_wait_ms = 10'000;      // how long an answer waits for a signature, and the signer is waited for
};

class Sequencer {
 public:
  Sequencer(Engine& engine, Entropy entropy, SequencerLimits limits = {});

  void handle_request(Ticket ticket, wire::Request request, Now now);
  /// The answer to a request that waits for nothing, of a sender whose key has that hash: for a store that
  /// carries an Append out while the outputs are drained, after which the answer may leave. The sequencer
  /// must be idle.
  [[nodiscard]] wire::Response handle_now(const wire::Request& request, const Digest& key_hash, Now now);
  /// Whoever sent the request is gone: what is not handled yet is dropped, what is held back is forgotten.
  void handle_disconnect(Ticket ticket);
  void handle_appended(BatchId batch, Now now);
  void handle_append_failed(BatchId batch, std::string_view why, Now now);
  /// `rows` as in Sign; of any other number it comes too late, and nothing happens.
  void handle_signed(std::uint64_t rows, std::span<const std::uint8_t> signature, Now now);
  void handle_sign_failed(std::uint64_t rows, std::string_view why, Now now);
  void handle_redacted(BatchId batch, Now now);
  /// What was asked for is in the ledger, and done with the next batch, or when the ledger is opened again.
  void handle_redact_failed(BatchId batch, std::string_view why, Now now);
  /// `rows` as the store has them, fewer where it has no more.
  void handle_read(std::span<const audit::RowView> rows, Now now);
  void handle_read_failed(std::string_view why, Now now);
  /// A snapshot is wanted; it is taken with the next batch. Not while a redaction is due, which it would keep
  /// from being one.
  void handle_snapshot_wanted(Now now);
  void handle_timeout(Now now);

  [[nodiscard]] std::optional<SequencerOutput> poll_output();
  /// When handle_timeout wants to be called next (steady clock).
  [[nodiscard]] std::optional<Millis> next_deadline(Now now) const;
  /// True while all that the engine knows is durable, and nobody is before the next request.
  [[nodiscard]] bool idle() const { return !storing_ && queue_.empty() && held_.empty(); }
  /// Requests that wait for their turn, for an approval or for rows.
  [[nodiscard]] std::size_t waiting_requests() const {
    return queue_.size() + waiting_.size() + lacking_.size();
  }

 private:
  struct Queued {
    Ticket ticket;
    wire::Request request;
  };
  struct Waiting {
    Queued asked;
    std::string approval_id;
    Millis until_ms;  // steady clock
  };

  struct Unsigned {
    Queued asked;
    std::uint64_t covers;  // rows that the checkpoint must cover
    Millis until_ms;       // steady clock
  };
  struct Asking {
    Queued asked;
    AskedAgain again = {};
    bool may_wait = true;  // for an approval or a signature; else it did
  };

  void work(Now now);
  void ask(Asking asking, Now now);
  void ask_lacking(Now now);
  /// For whom is read: what it wants. Null where nobody lacks rows.
  [[nodiscard]] Recall* wanted();
  void read_next();
  void refuse(Ticket ticket, const Error& error);
  void redact();
  void take_snapshot(Now now);
  void answer_waiting(Now now);
  /// Somebody begins to wait.
  void note_until(Millis until_ms);
  /// After some of those who wait have left.
  void find_first_until();
  [[nodiscard]] bool changed(const Waiting& waiting) const;
  void release(Now now);
  void answer_signed(Now now);
  void refuse_unsigned(std::string_view why);
  void ask_signature(Now now);
  void seal(Now now);
  /// Whether the store is at work on that batch. While it appends, there are rows that are not durable.
  [[nodiscard]] bool is_appending(BatchId batch) const {
    return storing_ && batch == batch_ && durable_rows_ != engine_.ledger().size();
  }
  [[nodiscard]] bool is_redacting(BatchId batch) const {
    return storing_ && batch == batch_ && durable_rows_ == engine_.ledger().size();
  }

  Engine& engine_;
  Entropy entropy_;
  SequencerLimits limits_;

  std::deque<Queued> queue_;
  std::vector<Waiting> waiting_;
  std::vector<Unsigned> unsigned_;
  std::optional<Millis> first_until_ms_;  // when the first of these two has waited long enough
  std::deque<Asking> lacking_;            // what is read is for the first
  std::optional<RowRange> reading_;       // what the store reads
  std::optional<Recall> left_;            // of redactions that an earlier process left; read first
  bool read_ = false;                     // whether all that the first wants was read
  std::optional<std::uint64_t> signing_;  // the rows of the checkpoint that is being signed
  std::string signing_text_;
  Millis signing_until_ms_ = 0;           // steady clock
  bool signature_due_ = false;            // one came while a batch was being appended
  std::optional<std::uint64_t> settled_;  // how many approvals were, when those who wait were looked at last
  std::vector<Respond> held_;             // of the batch that is being handled or appended
  std::uint64_t durable_rows_ = 0;
  std::uint64_t published_from_ = 0;  // rows of the batch, once durable
  BatchId batch_ = 0;
  bool snapshot_wanted_ = false;
  std::optional<SaveSnapshot> snapshot_;  // until its row is durable
  bool storing_ = false;                  // the store appends the batch's rows, or redacts
  bool refused_ = false;                  // the last append was
  std::vector<Ticket> redacting_;         // of the batch, those who asked for a redaction
  bool timeout_due_ = false;              // time passed while a batch was being appended
  Millis retry_steady_ms_ = 0;            // after a refused append, what is due by itself waits until then
  std::deque<SequencerOutput> outputs_;
};

}  // namespace al::engine
