#include "engine/sequencer.h"

#include <algorithm>
#include <utility>

#include "wire/codes.h"

namespace al::engine {
namespace {

/// How long after a refused append the engine's own deadlines wait before they try the store again.
constexpr Millis retry_after_ms = 1000;

}  // namespace

Sequencer::Sequencer(Engine& engine, Entropy entropy, SequencerLimits limits)
    : engine_(engine),
      entropy_(std::move(entropy)),
      limits_(limits),
      durable_rows_(engine.ledger().size()),
      published_from_(durable_rows_) {
  engine_.commit();
  // What an earlier process did not get to.
  if (std::vector<Engine::Redaction> rows = engine_.redact(); !rows.empty()) {
    storing_ = true;
    outputs_.push_back(Redact{++batch_, std::move(rows)});
  }
}

void Sequencer::handle_request(Ticket ticket, wire::Request request, Now now) {
  if (std::optional<wire::Response> at_once = Engine::handle_public(request, !refused_)) {
    at_once->request_id = mint_id("req-", entropy_);
    outputs_.push_back(Respond{ticket, std::move(*at_once)});
    return;
  }
  if (queue_.size() >= limits_.queued_max) {
    wire::Response busy = wire::error_response({Code::rate_limited, "the lattice is busy; try again later"});
    busy.request_id = mint_id("req-", entropy_);
    busy.retry_after = "1";
    outputs_.push_back(Respond{ticket, std::move(busy)});
    return;
  }
  queue_.push_back({ticket, std::move(request)});
  work(now);
}

void Sequencer::handle_disconnect(Ticket ticket) {
  std::erase_if(queue_, [&](const Queued& queued) { return queued.ticket == ticket; });
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.asked.ticket == ticket; });
  std::erase_if(unsigned_, [&](const Unsigned& each) { return each.asked.ticket == ticket; });
}

void Sequencer::handle_timeout(Now now) {
  timeout_due_ = true;
  work(now);
}

/// Handles what there is, up to a batch, and hands over the rows it made.
void Sequencer::work(Now now) {
  while (!storing_ && (!queue_.empty() || timeout_due_ || signature_due_)) {
    if (std::exchange(timeout_due_, false)) {
      engine_.handle_timeout(now.wall_ms, entropy_);
      settled_.reset();
    }
    signature_due_ = false;
    for (std::size_t taken = 0; taken < limits_.batch_max && !queue_.empty(); ++taken) {
      Queued next = std::move(queue_.front());
      queue_.pop_front();
      take(std::move(next), now);
    }
    seal(now);
  }
}

void Sequencer::take(Queued queued, Now now) {
  Answer answer = engine_.handle(queued.request, now.wall_ms, entropy_);
  if (answer.redacts) redacting_.push_back(queued.ticket);
  if (!answer.wait_approval_id.empty() && waiting_.size() < limits_.waiting_max) {
    waiting_.push_back(
        {std::move(queued), std::move(answer.wait_approval_id), now.steady_ms + answer.wait_ms});
  } else if (answer.wait_signature && unsigned_.size() < limits_.waiting_max) {
    unsigned_.push_back({std::move(queued), engine_.ledger().size(), now.steady_ms + limits_.sign_wait_ms});
  } else {
    held_.push_back({queued.ticket, std::move(answer.response)});
  }
}

/// Those whose rows are covered ask again; those whose time is up have no answer.
void Sequencer::answer_signed(Now now) {
  if (signing_ && now.steady_ms >= signing_until_ms_) {  // A signer that forgot is asked again.
    signing_.reset();
    engine_.handle_signer_failed();
  }
  std::erase_if(unsigned_, [&](const Unsigned& each) {
    if (each.covers > engine_.signed_rows() && now.steady_ms < each.until_ms) return false;
    const Answer answer = engine_.handle(each.asked.request, now.wall_ms, entropy_, each.covers);
    held_.push_back({each.asked.ticket, answer.response});
    return true;
  });
}

/// Only rows that are durable are ever signed: a log must never contradict what it signed.
void Sequencer::ask_signature(Now now) {
  if (signing_ || storing_ || unsigned_.empty() || durable_rows_ == 0) return;
  signing_ = durable_rows_;
  signing_until_ms_ = now.steady_ms + limits_.sign_wait_ms;
  outputs_.push_back(Sign{durable_rows_, engine_.checkpoint(durable_rows_)});
}

void Sequencer::handle_signed(std::uint64_t rows, std::span<const std::uint8_t> signature, Now now) {
  if (signing_ != rows) return;
  const Status kept = engine_.keep_signature(rows, signature);
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
  for (const Unsigned& each : unsigned_) {
    wire::Response refused = wire::error_response(
        {Code::ledger_unavailable, "the checkpoint could not be signed: " + std::string(why)});
    refused.request_id = mint_id("req-", entropy_);
    outputs_.push_back(Respond{each.asked.ticket, std::move(refused)});
  }
  unsigned_.clear();
}

bool Sequencer::changed(const Waiting& waiting) const {
  const approval::Approval* approval = engine_.state().approvals.find(waiting.approval_id);
  return !approval || approval->state != approval::State::pending;
}

/// Those whose approval is settled, or whose time is up, ask again: what they hear is what holds now.
void Sequencer::answer_waiting(Now now) {
  const std::uint64_t settled = engine_.state().approvals.settled();
  if (std::exchange(settled_, settled) == settled) return;
  std::erase_if(waiting_, [&](const Waiting& each) {
    if (now.steady_ms < each.until_ms && !changed(each)) return false;
    held_.push_back({each.asked.ticket, engine_.handle(each.asked.request, now.wall_ms, entropy_).response});
    return true;
  });
}

/// Ends a batch: its rows go to the store, or, where it added none, its answers leave at once.
void Sequencer::seal(Now now) {
  answer_waiting(now);
  answer_signed(now);
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
  // Only now: rows that were refused would have taken openings with them that still stand.
  if (engine_.redactions_due()) {
    outputs_.push_back(Redact{++batch_, engine_.redact()});
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
  for (const Unsigned& each : unsigned_) next = std::min(next.value_or(each.until_ms), each.until_ms);
  for (const Waiting& each : waiting_) next = std::min(next.value_or(each.until_ms), each.until_ms);
  return next;
}

}  // namespace al::engine
