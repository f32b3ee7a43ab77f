// The ledger as others may read it: the trail for people, entries and proofs for verifiers, and the score
// that rests on it.
//
// Every principal may read every row's text, since only that lets it verify the whole by itself. Openings
// (metadata, reasons) are shown to operators and to the agent whose row it is.
#include <algorithm>
#include <charconv>

#include "audit/checkpoint.h"
#include "audit/merkle.h"
#include "audit/receipt.h"
#include "audit/row_lines.h"
#include "base/bytes.h"
#include "engine/context.h"
#include "posture/posture.h"

namespace al::engine {
namespace {

/// A page looks at no more rows than this, so that a filter that finds nothing does not walk the whole
/// ledger.
constexpr std::uint64_t scan_rows_max = 5000;
/// A request to verify looks at no more rows than this, nor than a page has room for; the next one goes on
/// where it stopped.
constexpr std::uint64_t verify_rows_max = 5000;
/// And stops there, where the next one is not in memory.
constexpr std::uint64_t verify_rows_read_max = 1024;

bool may_open(const Principal& reader, std::string_view agent_id) {
  return reader.operator_ || reader.agent->agent_id == agent_id;
}
bool may_open(const Principal& reader, const audit::Row& row) {
  return reader.operator_ || may_open(reader, agent_of(row));
}

/// "approved" for an approval.decided row, "executed" for action.executed, and so on: what happened, in one
/// word.
std::string_view status_of(const audit::DecodedRow& row) {
  for (const std::string_view fact : {"state", "status", "change"}) {
    if (row.facts[fact].is_string()) return row.facts[fact].string();
  }
  return row.type.substr(std::min(row.type.find('.') + 1, row.type.size()));
}

void write_opened(json::Writer& writer, const audit::Row& row) {
  const OwnRow own = take_apart(row);
  for (const auto& [field, opening] : own.openings.root().members())
    writer.key(field).value(opening["value"]);
}

}  // namespace

/// One row for people, unless the reader may not see it or asked for another type of action.
bool Engine::write_event(Context& context, json::Writer& writer, const audit::Row& row,
                         std::string_view wanted_type) const {
  const audit::DecodedRow decoded = own(row);
  if (context.principal.agent && decoded.agent_id != context.principal.agent->agent_id) return false;
  // Rows about an action carry its type themselves or, through its id, in the row that decided it.
  const std::string_view event_id = decoded.facts["audit_event_id"].string();
  std::string action_type(decoded.facts["action_type"].string());
  if (!decoded.facts["action_type"].present()) {
    if (const audit::Row* decided = decision(context, event_id))
      action_type = own(*decided).facts["action_type"].string();
  }
  if (!wanted_type.empty() && action_type != wanted_type) return false;
  writer.begin_object().field("row_id", row.row_id).field("type", decoded.type);
  writer.field("timestamp", format_rfc3339(decoded.wall_ms)).field_if("agent_id", decoded.agent_id);
  if (const Agent* agent = state_.directory.agent(decoded.agent_id)) writer.field("agent_name", agent->name);
  writer.field_if("audit_event_id", event_id).field_if("action_type", action_type);
  writer.field("status", status_of(decoded)).key("facts").value(decoded.facts);
  if (may_open(context.principal, decoded.agent_id)) {
    writer.key("opened").begin_object();
    write_opened(writer, row);
    writer.end_object();
  }
  writer.end_object();
  return true;
}

Answer Engine::list_audit(Context& context) {
  const auto rows = static_cast<std::int64_t>(ledger_.size());
  const Result<std::int64_t> limit =
      context.query_integer("limit", wire::page_items_default, 1, wire::page_items_max);
  const Result<std::int64_t> before = context.query_integer("cursor", rows, 0, std::int64_t{1} << 53);
  if (!limit) return answer(limit.error());
  if (!before) return answer(before.error());
  const std::string_view wanted_type = context.query("action_type").value_or("");

  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("events").begin_array();
  std::int64_t found = 0;
  auto at = static_cast<std::uint64_t>(std::min(*before, rows));
  const std::uint64_t stop = at > scan_rows_max ? at - scan_rows_max : 0;
  std::uint64_t lacking = 0;
  while (at > stop && found < *limit && context.page_has_room() && lacking < Ledger::page_rows) {
    const audit::Row* row = context.row(--at);
    if (row == nullptr) {
      context.again.recall.want({at > stop + context.rows_ahead() ? at - context.rows_ahead() : stop, at});
      return {};
    }
    if (write_event(context, writer, *row, wanted_type)) ++found;
    if (context.lacks_rows) ++lacking;  // of those that such rows refer to
  }
  writer.end_array().key("next_cursor");
  if (at > 0) {
    writer.value(std::string_view(std::to_string(at)));
  } else {
    writer.null();
  }
  writer.end_object();
  return answer(200, std::move(body));
}

Answer Engine::list_entries(Context& context) {
  const auto rows = static_cast<std::int64_t>(ledger_.size());
  const Result<std::int64_t> from = context.query_integer("from", 0, 0, std::int64_t{1} << 53);
  const Result<std::int64_t> limit =
      context.query_integer("limit", wire::page_items_default, 1, wire::page_items_max);
  if (!from) return answer(from.error());
  if (!limit) return answer(limit.error());
  const std::string_view form = context.query("form").value_or("json");
  if (form != "json" && form != "lines")
    return answer(Error{Code::invalid_request, "the query parameter \"form\" must be json or lines"});
  std::vector<const audit::Row*> found;
  const auto end = static_cast<std::uint64_t>(std::min(rows, *from + *limit));
  for (auto at = static_cast<std::uint64_t>(*from); at < end && context.page_has_room(); ++at) {
    const audit::Row* row = context.row(at);
    if (row == nullptr) {
      const std::uint64_t wanted_end = std::min(end, at + context.rows_ahead());
      for (std::uint64_t next = at; next < wanted_end; ++next) context.row(next);
      return {};
    }
    found.push_back(row);
  }
  return form == "lines" ? entries_as_lines(context, found) : entries_as_json(context, found);
}

Answer Engine::entries_as_json(const Context& context, std::span<const audit::Row* const> rows) const {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("entries").begin_array();
  for (const audit::Row* row : rows) {
    writer.begin_object();
    if (may_open(context.principal, *row)) writer.field_if("openings", row->openings);
    writer.field("row_id", row->row_id).field("text", row->text).end_object();
  }
  writer.end_array().field("size", ledger_.size()).end_object();
  return answer(200, std::move(body));
}

/// As audit/row_lines.h writes them.
Answer Engine::entries_as_lines(const Context& context, std::span<const audit::Row* const> rows) const {
  std::string body;
  for (const audit::Row* row : rows) {
    const bool opened = may_open(context.principal, *row);
    audit::append_lines(body, row->text, opened ? std::string_view(row->openings) : std::string_view());
  }
  Answer lines = answer(200, std::move(body));
  lines.response.content_type = wire::media_type::lines;
  return lines;
}

namespace {

/// Nothing to say yet: see Answer::wait_signature.
Answer when_signed() {
  Answer waiting = answer(Error{Code::ledger_unavailable, "the checkpoint could not be signed"});
  waiting.wait_signature = true;
  return waiting;
}

}  // namespace

/// The newest checkpoint that covers what it must; nothing where it has to be signed first.
std::optional<std::string> Engine::note(const Context& context) const {
  if (!signer_) return checkpoint();
  if (signed_note_.empty() || signed_rows_ < context.again.covers.value_or(ledger_.size())) return {};
  return signed_note_;
}

/// The service's own word, which a client does not take: a row is looked at again whenever somebody asks, so
/// many at a time.
Answer Engine::verify_audit(Context& context) {
  const std::optional<std::string> checkpoint = note(context);
  if (!checkpoint) return when_signed();
  const std::uint64_t rows = broken_row_ ? 0 : std::min(verify_rows_max, ledger_.size());
  const auto nth = [this](std::uint64_t n) { return (next_checked_ + n) % ledger_.size(); };
  std::uint64_t budget = 0;
  for (; budget < rows && context.page_has_room(); ++budget) {
    if (budget >= verify_rows_read_max && ledger_.find(nth(budget)) == nullptr) break;
    if (context.row(nth(budget)) != nullptr) continue;
    const std::uint64_t wanted_end = std::min(rows, budget + context.rows_ahead());
    for (std::uint64_t n = budget; n < wanted_end; ++n) context.row(nth(n));
    return {};
  }
  for (std::uint64_t n = 0; n < budget && !broken_row_; ++n) {
    // One that was read back was compared then.
    const audit::Row* row = ledger_.find(nth(n));
    if (row && !ledger_.is_sound(nth(n), {row->text, row->openings})) broken_row_ = nth(n);
    rows_checked_ = std::min(rows_checked_ + 1, ledger_.size());
  }
  next_checked_ = ledger_.size() == 0 ? 0 : nth(budget);
  std::string body;
  json::Writer writer(body);
  writer.begin_object().field("chain_valid", !broken_row_).key("first_broken_at_row_id");
  if (broken_row_) {
    writer.value(*broken_row_);
  } else {
    writer.null();
  }
  writer.field("rows_checked", rows_checked_).field("checkpoint", *checkpoint).end_object();
  return answer(200, std::move(body));
}

Answer Engine::get_checkpoint(Context& context) {
  const std::optional<std::string> checkpoint = note(context);
  if (!checkpoint) return when_signed();
  std::string body;
  json::Writer writer(body);
  writer.begin_object().field("checkpoint", *checkpoint).end_object();
  return answer(200, std::move(body));
}

Answer Engine::get_receipt(Context& context) {
  const audit::Row* row = decision(context, context.argument(0));
  if (context.lacks_rows) return {};
  if (!row) return answer(Error{Code::not_found, "there is no such audit event"});
  const std::optional<std::string> checkpoint = note(context);
  if (!checkpoint) return when_signed();
  const std::uint64_t rows = signer_ ? signed_rows_ : ledger_.size();
  if (!context.has_leaf(row->row_id) || !context.has_edge(rows)) return {};
  const Result<std::vector<Digest>> path =
      ledger_.tree().inclusion_proof(row->row_id, rows, &context.again.recall.pages());
  if (!path) return answer(path.error());
  std::string body;
  json::Writer writer(body);
  writer.begin_object().field("row", row->text);
  if (may_open(context.principal, *row)) writer.field_if("openings", row->openings);
  writer.field("proof", audit::render_proof(row->row_id, *path, *checkpoint)).end_object();
  return answer(200, std::move(body));
}

namespace {

Answer proof_answer(const Result<std::vector<Digest>>& proof) {
  if (!proof) return answer(proof.error());
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("proof").begin_array();
  for (const Digest& node : *proof) writer.value(std::string_view(to_base64(node)));
  writer.end_array().end_object();
  return answer(200, std::move(body));
}

}  // namespace

Answer Engine::inclusion_proof(Context& context) {
  const auto rows = static_cast<std::int64_t>(ledger_.size());
  const Result<std::int64_t> row = context.query_integer("row", -1, 0, rows - 1);
  const Result<std::int64_t> size = context.query_integer("size", rows, 1, rows);
  if (!row) return answer(row.error());
  if (!size) return answer(size.error());
  if (*row < 0) return answer(Error{Code::invalid_request, "the query parameter \"row\" is missing"});
  const auto index = static_cast<std::uint64_t>(*row);
  const auto rows_then = static_cast<std::uint64_t>(*size);
  if (!context.has_leaf(index) || !context.has_edge(rows_then)) return {};
  return proof_answer(ledger_.tree().inclusion_proof(index, rows_then, &context.again.recall.pages()));
}

Answer Engine::consistency_proof(Context& context) {
  const auto rows = static_cast<std::int64_t>(ledger_.size());
  const Result<std::int64_t> from = context.query_integer("from", 0, 0, rows);
  const Result<std::int64_t> to = context.query_integer("to", rows, 0, rows);
  if (!from) return answer(from.error());
  if (!to) return answer(to.error());
  const auto rows_from = static_cast<std::uint64_t>(*from);
  const auto rows_to = static_cast<std::uint64_t>(*to);
  if (!context.has_edge(rows_from) || !context.has_edge(rows_to)) return {};
  return proof_answer(ledger_.tree().consistency_proof(rows_from, rows_to, &context.again.recall.pages()));
}

namespace {

void write_evidence(json::Writer& writer, const al::posture::Evidence& evidence) {
  writer.begin_object();
  if (evidence.first_row) writer.field("first", *evidence.first_row).field("last", *evidence.last_row);
  writer.key("against").begin_array();
  for (const std::uint64_t row_id : evidence.against) writer.value(row_id);
  writer.end_array().end_object();
}

}  // namespace

Answer Engine::posture(Context& context) {
  const std::string_view wanted = context.query("agent").value_or("");
  const Agent* agent = state_.directory.agent(wanted);
  if (!agent) agent = state_.directory.agent_named(wanted);
  if (!wanted.empty() && !agent) return answer(Error{Code::not_found, "there is no such agent"});
  const al::posture::Score score = al::posture::measure(
      state_.activity, {.now_ms = context.now_ms,
                        .agent_id = agent ? std::string_view(agent->agent_id) : std::string_view(),
                        .integrity = broken_row_                ? al::posture::Integrity::broken
                                     : signer_ && signer_sound_ ? al::posture::Integrity::valid_signed
                                                                : al::posture::Integrity::valid_unsigned,
                        .rows = ledger_.size(),
                        .covered = [&](std::string_view action_type, std::string_view agent_id) {
                          const Agent* each = state_.directory.agent(agent_id);
                          return state_.policies.covers(
                              action_type, agent_id,
                              each ? std::string_view(each->name) : std::string_view());
                        }});
  std::string body;
  json::Writer writer(body);
  writer.begin_object().field("score", score.total).key("components").begin_object();
  for (const al::posture::Component& component : score.components) {
    writer.key(component.name).begin_object().field("score", component.score);
    writer.field("max", al::posture::component_max)
        .field("part", component.part)
        .field("whole", component.whole);
    writer.field("counted", component.counted).key("rows");
    write_evidence(writer, component.evidence);
    writer.end_object();
  }
  writer.end_object().end_object();
  return answer(200, std::move(body));
}

}  // namespace al::engine
