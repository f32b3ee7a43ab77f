#include "workbench/ledger_run.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

#include "audit/row.h"
#include "base/bytes.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "workbench/workbench.h"

namespace al::workbench {
namespace {

using engine::Change;

/// Shows `take` the rows.
template <typename Take>
Status with_rows(std::string_view rows, Take take) {
  const Result<json::Document> document = json::parse(rows, {.bytes_max = rows.size()});
  if (!document) return document.error();
  std::vector<audit::RowView> views;
  for (const json::Value row : document->root().items()) {
    if (row.size() != 2) return Error{Code::invalid_argument, "a row must be [text, openings]"};
    auto part = row.items().begin();
    const std::string_view text = (*part).string();
    views.push_back({text, (*++part).string()});
  }
  return take(std::span<const audit::RowView>(views));
}

/// What a note's first line can hold; rows from outside can say anything.
bool is_origin(std::string_view name) {
  return !name.empty() &&
         std::none_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

std::string_view text(engine::ActionOutcome outcome) {
  constexpr std::array<std::string_view, 3> texts{"executed", "denied", "requested"};
  return texts[static_cast<std::size_t>(outcome)];
}

void write_ruling(json::Writer& writer, const engine::Ruling& ruling) {
  writer.begin_object().field("outcome", text(ruling.outcome)).field_if("reason", ruling.reason);
  writer.field_if("policy", ruling.policy).end_object();
}

void write_redecision(json::Writer& writer, const engine::Redecision& again) {
  writer.begin_object().field("row_id", again.row_id).field("timestamp", format_rfc3339(again.wall_ms));
  writer.field("audit_event_id", again.audit_event_id).field("action_type", again.action_type);
  writer.field("agent_id", again.agent_id).field("agent_name", again.agent_name);
  writer.field_if("delegation_name", again.delegation_name).field("change", engine::text(again.change));
  write_ruling(writer.key("before"), again.before);
  if (again.change != Change::undecidable) {
    write_ruling(writer.key("after"), again.after);
    writer.raw_field("conditions_evaluated", again.conditions_evaluated);
  }
  writer.end_object();
}

}  // namespace

Result<ReplayRun> ReplayRun::begin(std::string_view policies) {
  Result<std::vector<policy::Policy>> compiled = compile(policies);
  if (!compiled) return compiled.error();
  return ReplayRun(engine::Replay(std::move(*compiled)));
}

Result<std::string> ReplayRun::add(std::string_view rows) {
  std::string out;
  json::Writer writer(out);
  writer.begin_array();
  const Status added = with_rows(rows, [&](std::span<const audit::RowView> views) -> Status {
    for (const audit::RowView& row : views) {
      const Result<std::optional<engine::Redecision>> again = replay_.add(row.text, row.openings);
      if (!again) return again.error();
      const bool same = !*again || (*again)->change == Change::none || (*again)->change == Change::not_asked;
      if (!same) write_redecision(writer, **again);
    }
    return Unit{};
  });
  if (!added) return added.error();
  writer.end_array();
  return out;
}

std::string ReplayRun::summary() const {
  std::uint64_t actions = 0;
  for (const auto& [change, count] : replay_.counts()) actions += count;
  std::string out;
  json::Writer writer(out);
  writer.begin_object().field("rows", replay_.rows()).field("actions", actions);
  for (const Change change :
       {Change::none, Change::grounds, Change::outcome, Change::undecidable, Change::not_asked}) {
    const auto count = replay_.counts().find(change);
    writer.field(engine::text(change), count == replay_.counts().end() ? 0 : count->second);
  }
  writer.key("transitions").begin_array();
  for (const auto& [transition, count] : replay_.transitions()) {
    const auto [before, after] = transition;
    writer.begin_object().field("before", text(before)).field("after", text(after));
    writer.field("count", count).end_object();
  }
  writer.end_array().end_object();
  return out;
}

Result<VerificationRun> VerificationRun::begin(std::string_view pinned) {
  VerificationRun run;
  if (pinned.empty()) return run;
  Result<audit::Checkpoint> checkpoint = audit::parse_note(pinned);
  if (!checkpoint) return checkpoint.error();
  run.pinned_ = std::move(*checkpoint);
  return run;
}

Status VerificationRun::add(std::string_view rows) {
  return with_rows(rows, [&](std::span<const audit::RowView> views) -> Status {
    if (verifier_.rows_seen() == 0 && !views.empty()) {
      const Result<audit::DecodedRow> first = audit::decode(views.front().text);
      if (first && is_origin(first->facts["org_id"].string())) origin_ = first->facts["org_id"].string();
    }
    verifier_.add(views);
    return Unit{};
  });
}

std::string VerificationRun::verdict() {
  if (pinned_) verifier_.compare(*pinned_, false);
  const audit::Finding& finding = verifier_.finding();
  const bool sound = finding.damage == audit::Damage::none;
  const audit::Checkpoint checkpoint = verifier_.checkpoint(origin_.empty() ? "unknown" : origin_);
  std::string out;
  json::Writer writer(out);
  writer.begin_object().field("chain_valid", sound).key("first_broken_at_row_id");
  if (sound) {
    writer.null();
  } else {
    writer.value(finding.row_id).field("damage", audit::text(finding.damage));
    writer.field("message", finding.message);
  }
  writer.field("rows_checked", verifier_.rows_checked()).field("rows_seen", verifier_.rows_seen());
  writer.field("size", checkpoint.size).field("root", to_hex(checkpoint.root));
  writer.field("checkpoint", audit::note_body(checkpoint)).end_object();
  return out;
}

}  // namespace al::workbench
