// The service's store and its signer: what they do with what the sequencer asks, and how they fail.
#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "audit/checkpoint.h"
#include "base/sha256.h"
#include "service.h"

namespace al::sim {

namespace {

/// Nobody here can compute Ed25519; whoever knows the text can tell whether this is of it.
Bytes sign(std::string_view text) {
  const Digest digest = sha256(text);
  Bytes out(digest.begin(), digest.end());
  out.insert(out.end(), digest.begin(), digest.end());
  return out;
}

std::string_view or_empty(std::string_view openings) { return openings.empty() ? "{}" : openings; }

}  // namespace

// ---- The store --------------------------------------------------------------------------------------------

void Service::carry_out(const engine::Append& append) {
  require(!pending_ && !redacting_, "one batch is appended at a time");
  require(append.first_row == rows_.size() && append.end_row > append.first_row,
          "a batch continues what is durable");
  require(append.batch > alive_->last_batch, "no batch bears the number of an earlier one");
  alive_->last_batch = append.batch;
  pending_ = Pending{append.batch, {}, clock_.now().wall_ms};
  for (std::uint64_t at = append.first_row; at < append.end_row; ++at)
    pending_->rows.push_back(alive_->engine.ledger().row(at));
  stage_.count(Count::appends);
  if (at_once_) {
    keep_pending();
    pending_.reset();
    return alive_->sequencer->handle_appended(append.batch, clock_.now());
  }
  Millis delay_ms = stage_.chance.between(0, 15);
  if (stage_.faults && stage_.chance.percent(2)) {
    stage_.count(Count::appends_slow);
    delay_ms = stage_.chance.between(1'000, 20'000);
  }
  const unsigned fate = stage_.faults ? static_cast<unsigned>(stage_.chance.between(0, 199)) : 199;
  later(delay_ms, [this, fate] { settle_append(fate); });
}

void Service::settle_append(unsigned fate) {
  constexpr unsigned refused = 8;
  constexpr unsigned crashed = 10;
  if (fate < refused) {
    const engine::BatchId batch = pending_->batch;
    stage_.say("store     refuses batch ", batch);
    stage_.count(Count::appends_refused);
    pending_.reset();
    quiet_since_ms_ = stage_.timeline.now_ms();
    alive_->sequencer->handle_append_failed(batch, "the disk is full", clock_.now());
    return drain();
  }
  if (fate < crashed) return crash();
  keep_pending();
  // The rows are durable; that the process hears of it takes a little longer.
  later(stage_.chance.between(0, 5), [this] { acknowledge(); });
}

void Service::acknowledge() {
  if (stage_.faults && stage_.chance.permille(4)) return crash();
  const engine::BatchId batch = pending_->batch;
  pending_.reset();
  quiet_since_ms_ = stage_.timeline.now_ms();
  alive_->sequencer->handle_appended(batch, clock_.now());
  if (stage_.faults && stage_.chance.percent(2)) {
    stage_.count(Count::acknowledged_twice);
    alive_->sequencer->handle_appended(batch, clock_.now());
  }
  drain();
}

void Service::keep_pending() {
  for (audit::Row& row : pending_->rows) {
    oracle_.observe(row, pending_->wall_ms);
    rows_.push_back(std::move(row));
  }
  pending_->rows.clear();
}

// ---- Redaction --------------------------------------------------------------------------------------------

void Service::carry_out(const engine::Redact& redact) {
  require(!pending_ && !redacting_, "rows are appended and redacted one batch at a time");
  require(redact.batch > alive_->last_batch, "no batch bears the number of an earlier one");
  alive_->last_batch = redact.batch;
  for (const engine::Engine::Redaction& row : redact.rows) {
    const std::set<std::string>* due = oracle_.redacted(row.row_id);
    require(due != nullptr, "nothing is redacted that no durable row says");
    const Result<json::Document> before = json::parse(or_empty(rows_.at(row.row_id).openings));
    const Result<json::Document> after = json::parse(or_empty(row.openings));
    for (const auto& [field, opening] : before->root().members()) {
      const bool gone = !after->root()[field].present();
      require(gone == due->contains(std::string(field)), "what is redacted goes, and nothing else",
              rows_.at(row.row_id).text);
    }
  }
  redacting_ = redact;
  if (at_once_) return settle_redaction(false);
  later(stage_.chance.between(0, 15),
        [this, fails = stage_.faults && stage_.chance.percent(20)] { settle_redaction(fails); });
}

void Service::settle_redaction(bool fails) {
  if (stage_.faults && stage_.chance.percent(4)) return crash();
  const engine::BatchId batch = redacting_->batch;
  if (!fails) keep_redacted();
  redacting_.reset();
  quiet_since_ms_ = stage_.timeline.now_ms();
  stage_.count(fails ? Count::redactions_failed : Count::redactions);
  if (fails) {
    alive_->sequencer->handle_redact_failed(batch, "the disk is full", clock_.now());
  } else {
    alive_->sequencer->handle_redacted(batch, clock_.now());
  }
  if (!at_once_) drain();
}

void Service::keep_redacted() {
  snapshot_.reset();  // It may hold what is to go.
  for (const engine::Engine::Redaction& row : redacting_->rows) rows_.at(row.row_id).openings = row.openings;
}

void Service::check_redacted() {
  at_once_ = true;
  drain();  // A store that failed to forget does so when the ledger is opened again.
  at_once_ = false;
  for (const audit::Row& row : rows_) {
    const std::set<std::string>* due = oracle_.redacted(row.row_id);
    if (!due) continue;
    const Result<json::Document> openings = json::parse(or_empty(row.openings));
    for (const std::string& field : *due)
      require(!openings->root()[field].present(), "in the end, what was redacted is gone", row.text);
  }
}

// ---- Rows that the process no longer has ------------------------------------------------------------------

template <typename Take, typename Fail>
void Service::read_back(engine::RowRange range, Take take, Fail fail) {
  require(range.first < range.end && range.end <= rows_.size(), "only what is durable is read back");
  const bool fails = !at_once_ && stage_.faults && stage_.chance.percent(3);
  ++reads_;
  const auto answer = [this, range, fails, take, fail] {
    std::vector<audit::RowView> rows;
    for (std::uint64_t at = range.first; at < range.end; ++at)
      rows.push_back({rows_[at].text, rows_[at].openings});
    --reads_;
    quiet_since_ms_ = stage_.timeline.now_ms();
    stage_.count(fails ? Count::reads_failed : Count::reads);
    if (fails) {
      fail("the disk is gone");
    } else {
      take(std::span<const audit::RowView>(rows));
    }
    if (!at_once_) drain();
  };
  if (at_once_) return answer();
  later(stage_.chance.between(0, 10), answer);
}

void Service::carry_out(const engine::Read& read) {
  read_back(
      read.rows,
      [this](std::span<const audit::RowView> rows) { alive_->sequencer->handle_read(rows, clock_.now()); },
      [this](std::string_view why) { alive_->sequencer->handle_read_failed(why, clock_.now()); });
}

void Service::carry_out(const engine::ReadEvents& read) {
  read_back(
      read.rows,
      [this, range = read.rows](std::span<const audit::RowView> rows) {
        engine::Recall recall;
        recall.want(range);
        alive_->engine.take_read(recall, range, rows);
        alive_->hub.handle_read(std::move(recall), clock_.now());
      },
      [this](std::string_view why) { alive_->hub.handle_read_failed(why, clock_.now()); });
}

void Service::carry_out(engine::SaveSnapshot snapshot) {
  require(snapshot.rows < rows_.size(), "what vouches for a snapshot is durable");
  stage_.count(Count::snapshots);
  if (!stage_.faults || stage_.chance.percent(80)) snapshot_ = std::move(snapshot);
}

// ---- The signer -------------------------------------------------------------------------------------------

void Service::carry_out(const engine::Sign& asked) {
  require(signer_.has_value(), "nothing is to be signed without a signer");
  const Result<audit::Checkpoint> checkpoint = audit::parse_note(asked.text);
  require(checkpoint.ok() && checkpoint->size == asked.rows && asked.rows <= rows_.size(),
          "only what is durable is signed", asked.text);
  const audit::Checkpoint own = oracle_.verifier().checkpoint(checkpoint->origin);
  require(own.size != asked.rows || own.root == checkpoint->root, "what is signed is the root of the rows");
  if (at_once_) return alive_->sequencer->handle_signed(asked.rows, sign(asked.text), clock_.now());
  const std::int64_t fate = stage_.faults ? stage_.chance.between(0, 99) : 99;
  if (fate < 5) return stage_.count(Count::signatures_missing);
  const Millis delay_ms = fate < 12 ? stage_.chance.between(1'000, 15'000) : stage_.chance.between(0, 30);
  later(delay_ms, [this, asked, fate] {
    engine::Sequencer& sequencer = *alive_->sequencer;
    if (fate >= 12 && fate < 20) {
      stage_.count(Count::signatures_failed);
      sequencer.handle_sign_failed(asked.rows, "the token was pulled out", clock_.now());
    } else {
      stage_.count(Count::signatures);
      sequencer.handle_signed(asked.rows, fate < 24 ? Bytes(63) : sign(asked.text), clock_.now());
    }
    drain();
  });
}

/// Of whoever has a signer, no checkpoint leaves without its signature.
void Service::check_signed(std::string_view text) const {
  const Result<audit::Note> note = audit::read_note(text);
  require(note.ok() && note->signatures.size() == 1 && note->signatures[0].key == signer_->id &&
              note->signatures[0].signature == sign(note->text),
          "a checkpoint that is handed out bears its signature", std::string(text));
  require(audit::parse_note(text)->size <= rows_.size(), "no checkpoint is ahead of the store");
}

}  // namespace al::sim
