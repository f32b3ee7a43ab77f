#include "client/verification.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "audit/row_lines.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "wire/limits.h"
#include "wire/results.h"

namespace al::client {

void Verification::begin(Now now, Shared& shared) {
  if (!command_.body.empty()) {
    const Result<json::Document> document = json::parse(command_.body);
    const json::Value pinned = document ? document->root()["pinned"] : json::Value();
    if (!document || (pinned.present() && !pinned.is_null() && !pinned.is_string())) {
      return settle(Failure{.error = {Code::invalid_argument,
                                      "verify takes {\"pinned\": a checkpoint's note, or null}"}},
                    shared);
    }
    if (pinned.is_string()) {
      Result<audit::Checkpoint> checkpoint = audit::parse_note(pinned.string());
      if (!checkpoint) {
        return settle(Failure{.error = {Code::invalid_argument, "the pinned checkpoint cannot be read: " +
                                                                    checkpoint.error().message}},
                      shared);
      }
      pinned_ = std::move(*checkpoint);
      pinned_note_ = pinned.string();
    }
  }
  ask(request(wire::Endpoint::get_checkpoint, {}), now, shared);
}

void Verification::fail(const Answer& answer, std::string message, Shared& shared) {
  settle(
      Failure{.error = {Code::protocol_error, std::move(message)}, .request_id = answer.response.request_id},
      shared);
}

void Verification::on_answer(Answer answer, Now now, Shared& shared) {
  if (answer.error || !wire::success_status(answer.response.status))
    return settle(failure_of(answer), shared);
  if (state_ == State::fetching_checkpoint) return on_checkpoint(answer, now, shared);
  on_rows(answer, now, shared);
}

void Verification::on_checkpoint(const Answer& answer, Now now, Shared& shared) {
  const Result<json::Document> document = json::parse(answer.response.body, wire::response_limits);
  if (!document)
    return fail(answer, "the service's answer does not parse: " + document.error().message, shared);
  note_ = document->root()["checkpoint"].string();
  Result<audit::Checkpoint> checkpoint = audit::parse_note(note_);
  if (!checkpoint) {
    return fail(answer, "the service's checkpoint cannot be read: " + checkpoint.error().message, shared);
  }
  newest_ = std::move(*checkpoint);
  state_ = State::fetching_rows;
  next_page(now, shared);
}

void Verification::next_page(Now now, Shared& shared) {
  if (rows_received_ >= newest_.size) return conclude(shared);
  const std::uint64_t limit = std::min<std::uint64_t>(newest_.size - rows_received_, wire::page_items_max);
  const std::string query =
      "from=" + std::to_string(rows_received_) + "&limit=" + std::to_string(limit) + "&form=lines";
  ask(request(wire::Endpoint::list_entries, {}, query), now, shared);
}

void Verification::on_rows(const Answer& answer, Now now, Shared& shared) {
  const std::optional<std::vector<audit::RowView>> rows = audit::read_lines(answer.response.body);
  if (!rows) return fail(answer, "the service's page of rows is cut", shared);
  if (rows->empty()) return conclude(shared);
  // What was written after the checkpoint is for the next time.
  const auto some = std::min<std::uint64_t>(rows->size(), newest_.size - rows_received_);
  verifier_.add(std::span(*rows).first(static_cast<std::size_t>(some)));
  rows_received_ += some;
  next_page(now, shared);
}

void Verification::conclude(Shared& shared) {
  // The shorter of the two first: where it holds and the longer does not, the finding says from which row on.
  if (pinned_ && pinned_->size <= newest_.size) verifier_.compare(*pinned_, false);
  verifier_.compare(newest_, true);
  if (pinned_ && pinned_->size > newest_.size) verifier_.compare(*pinned_, false);
  audit::Finding finding = verifier_.finding();
  if (finding.damage == audit::Damage::none && pinned_ && pinned_->origin != newest_.origin) {
    finding = {audit::Damage::forked, 0, "the service's checkpoint is of another ledger than the pinned one"};
  }
  const bool valid = finding.damage == audit::Damage::none;
  std::string body;
  json::Writer writer(body);
  writer.begin_object().field("chain_valid", valid).key("first_broken_at_row_id");
  if (valid) {
    writer.null();
  } else {
    writer.value(finding.row_id);
  }
  writer.field("damage", text(finding.damage)).field("message", finding.message);
  writer.field("rows_checked", verifier_.rows_checked())
      .field("checkpoint", note_)
      .field("size", newest_.size)
      .field_if("pinned", pinned_note_);
  writer.end_object();
  settle(std::move(body), shared);
}

}  // namespace al::client
