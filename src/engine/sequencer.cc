#include "engine/sequencer.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "wire/codes.h"

namespace al::engine {
namespace {

/// How long after a refused append the engine's own deadlines wait before they try the store again.
constexpr Millis retry_after_ms = 1000;

/// Takes those out that are due; the order stays.
template <typename Each, typename IsDue>
std::vector<Each> take_if(std::vector<Each>& all, IsDue is_due) {
  std::vector<Each> taken;
  if (std::none_of(all.begin(), all.end(), is_due)) return taken;
  std::vector<Each> kept;
  for (Each& each : all) (is_due(each) ? taken : kept).push_back(std::move(each));
  all = std::move(kept);
  return taken;
}

Error busy() { return {Code::rate_limited, "the lattice is busy; try again later"}; }

}  // namespace

Sequencer::Sequencer(Engine& engine, Entropy entropy, SequencerLimits limits)
    : engine_(engine),
      entropy_(std::move(entropy)),
      limits_(limits),
      durable_rows_(engine.ledger().size()),
      published_from_(durable_rows_) {
  engine_.commit();
  left_ = engine_.redactions_left();
  read_next();
  if (read_) ask_lacking({});
}

void Sequencer::handle_request(Ticket ticket, wire::Request request, Now now) {
  if (std::optional<wire::Response> at_once = Engine::handle_public(request, !refused_)) {
    at_once->request_id = mint_id("req-", entropy_);
    outputs_.push_back(Respond{ticket, std::move(*at_once)});
    return;
  }
  if (queue_.size() >= limits_.queued_max) return refuse(ticket, busy());
  queue_.push_back({ticket, std::move(request)});
  work(now);
}

wire::Response Sequencer::handle_now(const wire::Request& request, const Digest& key_hash, Now now) {
  assert(idle());
  AskedAgain for_the_first_time;
  Answer answer = engine_.handle(request, now.wall_ms, entropy_, for_the_first_time, &key_hash);
  assert(!answer.lacks_rows);
  // What ran is told without its response, where nobody could look for this.
  if (!answer.response.executed) answer.response.request_id = mint_id("req-", entropy_);
  seal(now);
  return std::move(answer.response);
}

/// Answers somebody who was not handled.
void Sequencer::refuse(Ticket ticket, const Error& error) {
  wire::Response refused = wire::error_response(error);
  refused.request_id = mint_id("req-", entropy_);
  if (error.code == Code::rate_limited) refused.retry_after = "1";
  outputs_.push_back(Respond{ticket, std::move(refused)});
}

void Sequencer::handle_disconnect(Ticket ticket) {
  std::erase_if(queue_, [&](const Queued& queued) { return queued.ticket == ticket; });
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.asked.ticket == ticket; });
  std::erase_if(unsigned_, [&](const Unsigned& each) { return each.asked.ticket == ticket; });
  find_first_until();
  // What is read for one that is gone is of no use to the next, and does it no harm.
  std::erase_if(lacking_, [&](const Asking& each) { return each.asked.ticket == ticket; });
}

void Sequencer::handle_timeout(Now now) {
  timeout_due_ = true;
  work(now);
}

/// Handles what there is, up to a batch, and hands over the rows it made.
void Sequencer::work(Now now) {
  while (!storing_ && (!queue_.empty() || timeout_due_ || signature_due_ || read_ || snapshot_wanted_)) {
    take_snapshot(now);  // Before anything else adds rows.
    ask_lacking(now);
    if (storing_) return;
    if (std::exchange(timeout_due_, false)) {
      engine_.handle_timeout(now.wall_ms, entropy_);
      settled_.reset();
    }
    signature_due_ = false;
    for (std::size_t taken = 0; taken < limits_.batch_max && !queue_.empty(); ++taken) {
      Queued next = std::move(queue_.front());
      queue_.pop_front();
      ask({std::move(next)}, now);
    }
    seal(now);
  }
}

void Sequencer::ask(Asking asking, Now now) {
  Answer answer = engine_.handle(asking.asked.request, now.wall_ms, entropy_, asking.again);
  if (answer.lacks_rows) {
    if (lacking_.size() >= limits_.waiting_max) return refuse(asking.asked.ticket, busy());
    // One that was read for goes on at once, so that no other has to keep what was read for it.
    if (asking.again.recall.pages().empty()) {
      lacking_.push_back(std::move(asking));
    } else {
      lacking_.push_front(std::move(asking));
    }
    return read_next();
  }
  answer.response.request_id = mint_id("req-", entropy_);
  Queued& asked = asking.asked;
  if (answer.redacts) redacting_.push_back(asked.ticket);
  if (asking.may_wait && !answer.wait_approval_id.empty() && waiting_.size() < limits_.waiting_max) {
    const Millis until_ms = now.steady_ms + answer.wait_ms;
    waiting_.push_back({std::move(asked), std::move(answer.wait_approval_id), until_ms});
    note_until(until_ms);
  } else if (asking.may_wait && answer.wait_signature && unsigned_.size() < limits_.waiting_max) {
    const Millis until_ms = now.steady_ms + limits_.sign_wait_ms;
    unsigned_.push_back({std::move(asked), engine_.ledger().size(), until_ms});
    note_until(until_ms);
  } else {
    held_.push_back({asked.ticket, std::move(answer.response)});
  }
}

// ---- Rows that are not in memory

Recall* Sequencer::wanted() {
  if (left_) return &*left_;
  return lacking_.empty() ? nullptr : &lacking_.front().again.recall;
}

/// Has the store read for the first who lacks rows.
void Sequencer::read_next() {
  const Recall* first = wanted();
  if (reading_ || read_ || first == nullptr) return;
  reading_ = first->next();
  read_ = !reading_;
  if (reading_) outputs_.push_back(Read{*reading_});
}

void Sequencer::handle_read(std::span<const audit::RowView> rows, Now now) {
  const std::optional<RowRange> range = std::exchange(reading_, {});
  if (!range) return;
  if (Recall* first = wanted()) engine_.take_read(*first, *range, rows);
  read_next();
  work(now);
}

void Sequencer::handle_read_failed(std::string_view why, Now now) {
  if (!std::exchange(reading_, {})) return;
  if (left_) {
    read_ = true;  // Those stay where they are until the ledger is opened again.
  } else if (!lacking_.empty()) {
    refuse(lacking_.front().asked.ticket,
           {Code::ledger_unavailable, "the ledger could not be read: " + std::string(why)});
    lacking_.pop_front();
  }
  read_next();
  work(now);
}

/// The first who lacked rows has them, or will hear why not.
void Sequencer::ask_lacking(Now now) {
  if (!std::exchange(read_, false)) return;
  if (left_) {
    engine_.take_redactions_left(*std::exchange(left_, {}));
    if (engine_.redactions_due()) redact();
  } else if (!lacking_.empty()) {
    Asking first = std::move(lacking_.front());
    lacking_.pop_front();
    ask(std::move(first), now);
  }
  read_next();
}

void Sequencer::handle_snapshot_wanted(Now now) {
  snapshot_wanted_ = true;
  work(now);
}

void Sequencer::take_snapshot(Now now) {
  if (!snapshot_wanted_) return;
  if (engine_.is_due(now.wall_ms)) {  // What is due ends before anything else happens.
    timeout_due_ = true;
    return;
  }
  snapshot_wanted_ = false;
  if (left_ || !engine_.redactions_done() || durable_rows_ == 0) return;
  snapshot_ = SaveSnapshot{durable_rows_, engine_.take_snapshot(now.wall_ms, entropy_)};
}

void Sequencer::redact() {
  storing_ = true;
  outputs_.push_back(Redact{++batch_, engine_.redact()});
}

// ---- Signatures

/// Those whose rows are covered ask again; those whose time is up have no answer.
void Sequencer::answer_signed(Now now) {
  if (signing_ && now.steady_ms >= signing_until_ms_) {  // A signer that forgot is asked again.
    signing_.reset();
    engine_.handle_signer_failed();
  }
  const auto due = [&](const Unsigned& each) {
    return each.covers <= engine_.signed_rows() || now.steady_ms >= each.until_ms;
  };
  std::vector<Unsigned> taken = take_if(unsigned_, due);
  if (!taken.empty()) find_first_until();
  for (Unsigned& each : taken) ask({std::move(each.asked), {.covers = each.covers}, false}, now);
}

/// Only rows that are durable are ever signed: a log must never contradict what it signed.
void Sequencer::ask_signature(Now now) {
  if (signing_ || storing_ || unsigned_.empty() || durable_rows_ == 0) return;
  signing_ = durable_rows_;
  signing_until_ms_ = now.steady_ms + limits_.sign_wait_ms;
  signing_text_ = engine_.checkpoint(durable_rows_);
  outputs_.push_back(Sign{durable_rows_, signing_text_});
}

void Sequencer::handle_signed(std::uint64_t rows, std::span<const std::uint8_t> signature, Now now) {
  if (signing_ != rows) return;
  const Status kept = engine_.keep_signature(rows, signing_text_, signature);
  if (!kept) return handle_sign_failed(rows, kept.error().message, now);
  signing_.reset();
  signature_due_ = true;
  work(now);
}

void Sequencer::handle_sign_failed(std::uint64_t rows, std::string_view why, Now) {
  if (signing_ != rows) return;
  signing_.reset();
  engine_.handle_signer_failed();
  refuse_unsigned(why);
}

void Sequencer::refuse_unsigned(std::string_view why) {
  const Error error{Code::ledger_unavailable, "the checkpoint could not be signed: " + std::string(why)};
  for (const Unsigned& each : unsigned_) refuse(each.asked.ticket, error);
  unsigned_.clear();
  find_first_until();
}

bool Sequencer::changed(const Waiting& waiting) const {
  const approval::Approval* approval = engine_.state().approvals.find(waiting.approval_id);
  return !approval || approval->state != approval::State::pending;
}

/// Those whose approval is settled, or whose time is up, ask again: what they hear is what holds now.
void Sequencer::answer_waiting(Now now) {
  const std::uint64_t settled = engine_.state().approvals.settled();
  if (std::exchange(settled_, settled) == settled) return;
  const auto due = [&](const Waiting& each) { return now.steady_ms >= each.until_ms || changed(each); };
  std::vector<Waiting> taken = take_if(waiting_, due);
  if (!taken.empty()) find_first_until();
  for (Waiting& each : taken) ask({std::move(each.asked), {}, false}, now);
}

void Sequencer::note_until(Millis until_ms) {
  first_until_ms_ = std::min(first_until_ms_.value_or(until_ms), until_ms);
}

void Sequencer::find_first_until() {
  first_until_ms_.reset();
  for (const Waiting& each : waiting_) note_until(each.until_ms);
  for (const Unsigned& each : unsigned_) note_until(each.until_ms);
}

/// Ends a batch: its rows go to the store, or, where it added none, its answers leave at once.
void Sequencer::seal(Now now) {
  answer_signed(now);  // which ends what is due, so that it comes first
  answer_waiting(now);
  const std::uint64_t rows = engine_.ledger().size();
  if (rows > durable_rows_) {
    storing_ = true;
    outputs_.push_back(Append{++batch_, durable_rows_, rows});
    return;
  }
  for (Respond& respond : held_) outputs_.push_back(std::move(respond));
  held_.clear();
  ask_signature(now);
}

void Sequencer::handle_appended(BatchId batch, Now now) {
  if (!is_appending(batch)) return;  // Late or unknown: a no-op.
  refused_ = false;
  engine_.commit();
  published_from_ = std::exchange(durable_rows_, engine_.ledger().size());
  if (snapshot_) outputs_.push_back(*std::exchange(snapshot_, {}));
  // Only now: rows that were refused would have taken openings with them that still stand.
  if (engine_.redactions_due()) {
    redact();
  } else {
    release(now);
  }
}

/// The batch is over: its answers leave.
void Sequencer::release(Now now) {
  storing_ = false;
  redacting_.clear();
  for (Respond& respond : held_) outputs_.push_back(std::move(respond));
  held_.clear();
  if (published_from_ < durable_rows_)
    outputs_.push_back(Publish{std::exchange(published_from_, durable_rows_), durable_rows_});
  work(now);
  ask_signature(now);
}

void Sequencer::handle_redacted(BatchId batch, Now now) {
  if (!is_redacting(batch)) return;
  engine_.handle_redacted();
  release(now);
}

void Sequencer::handle_redact_failed(BatchId batch, std::string_view why, Now now) {
  if (!is_redacting(batch)) return;
  for (Respond& respond : held_) {
    if (std::find(redacting_.begin(), redacting_.end(), respond.ticket) == redacting_.end()) continue;
    std::string request_id = std::move(respond.response.request_id);
    respond.response =
        wire::error_response({Code::ledger_unavailable,
                              "the redaction is in the ledger, but its store still keeps what is to go; it "
                              "tries again with the next row, and when the ledger is opened: " +
                                  std::string(why)});
    respond.response.request_id = std::move(request_id);
  }
  release(now);
}

void Sequencer::handle_append_failed(BatchId batch, std::string_view why, Now now) {
  if (!is_appending(batch)) return;
  storing_ = false;
  refused_ = true;
  redacting_.clear();
  snapshot_.reset();
  snapshot_wanted_ = false;
  retry_steady_ms_ = now.steady_ms + retry_after_ms;
  engine_.rollback();
  settled_.reset();
  // Reads of the batch may have seen what now never happened, so all of its answers are withdrawn.
  const Error error{Code::ledger_unavailable,
                    "the ledger could not be written, so nothing was done: " + std::string(why)};
  for (const Respond& respond : held_) {
    wire::Response withdrawn = wire::error_response(error);
    withdrawn.request_id = respond.response.request_id;
    outputs_.push_back(Respond{respond.ticket, std::move(withdrawn)});
  }
  held_.clear();
  // Those who wait for a signature asked about rows that are gone as well.
  for (Unsigned& each : unsigned_) each.covers = std::min(each.covers, durable_rows_);
  work(now);
  ask_signature(now);
}

std::optional<SequencerOutput> Sequencer::poll_output() {
  if (outputs_.empty()) return {};
  SequencerOutput output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

std::optional<Millis> Sequencer::next_deadline(Now now) const {
  if (storing_) return {};  // The end of the append comes first, and looks at the time again.
  std::optional<Millis> next;
  if (const std::optional<Millis> wall_ms = engine_.next_deadline()) {
    next = std::max(now.steady_ms + std::max<Millis>(*wall_ms - now.wall_ms, 0), retry_steady_ms_);
  }
  if (signing_ && !unsigned_.empty()) next = std::min(next.value_or(signing_until_ms_), signing_until_ms_);
  if (first_until_ms_) next = std::min(next.value_or(*first_until_ms_), *first_until_ms_);
  return next;
}

}  // namespace al::engine
