// Redaction: an owner removes openings (metadata, reasons, …) for good. The row that says so comes first;
// then the openings go, here and from the store. A process that ends in between finishes when it opens the
// ledger again.
#include <algorithm>
#include <utility>

#include "engine/context.h"

#include "base/heap_sort.h"

namespace al::engine {
namespace {

struct Wanted {
  std::uint64_t row_id = 0;
  std::vector<std::string> fields;
  std::string reason;
};

Result<Wanted> read(json::Value body, std::uint64_t rows) {
  std::vector<json::Fault> faults;
  json::ObjectReader in(body, "", faults);
  Wanted wanted;
  const std::optional<std::int64_t> row_id = in.integer("row_id", 0, std::int64_t{1} << 53);
  wanted.fields = in.strings("fields").value_or(std::vector<std::string>());
  wanted.reason = bounded_text(in, "reason", wire::reason_bytes_max, false);
  in.finish();
  if (faults.empty() && (!row_id || wanted.fields.empty()))
    return Error{Code::invalid_request, "a redaction names a \"row_id\" and at least one of its \"fields\""};
  if (!faults.empty()) return json::faults_error(Code::invalid_request, "the redaction is not valid", faults);
  wanted.row_id = static_cast<std::uint64_t>(*row_id);
  if (wanted.row_id >= rows) return Error{Code::not_found, "there is no such row"};
  heap_sort(wanted.fields);
  wanted.fields.erase(std::unique(wanted.fields.begin(), wanted.fields.end()), wanted.fields.end());
  return wanted;
}

/// What is left of a row's openings, as the row keeps them.
std::string without(json::Value openings, const std::set<std::string>& fields) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  for (const auto& [field, opening] : openings.members()) {
    if (!fields.contains(std::string(field))) writer.raw_field(field, json::canonical(opening));
  }
  writer.end_object();
  return out == "{}" ? std::string() : out;
}

Answer redacted(const Wanted& wanted) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().strings("redacted", wanted.fields).field("row_id", wanted.row_id).end_object();
  return answer(200, std::move(body));
}

}  // namespace

Answer Engine::redact_row(Context& context) {
  const Result<Wanted> wanted = read(context.body.root(), ledger_.size());
  if (!wanted) return answer(wanted.error());
  const OwnRow row = take_apart(ledger_.row(wanted->row_id));
  bool open = redactions_.contains(wanted->row_id);
  for (const std::string& field : wanted->fields) {
    if (!row.decoded.commitments[field].present()) {
      return answer(Error{Code::invalid_request, "row " + std::to_string(wanted->row_id) +
                                                     " commits to no \"" + field +
                                                     "\"; only what a row commits to can be redacted"});
    }
    open = open || row.openings.root()[field].present();
  }
  if (!open) return redacted(*wanted);  // Done before.
  emit(context, RowRedacted{wanted->row_id, std::string(row.decoded.agent_id), wanted->fields,
                            context.principal.name(), wanted->reason});
  Answer done = redacted(*wanted);
  done.redacts = true;
  return done;
}

void Engine::note_redaction(const RowRedacted& event) {
  for (const std::string& field : event.fields) {
    if (redactions_[event.row_id].insert(field).second) redactions_asked_.emplace_back(event.row_id, field);
  }
}

std::vector<Engine::Redaction> Engine::redact() {
  std::vector<Redaction> out;
  for (const auto& [row_id, fields] : redactions_) {
    const OwnRow row = take_apart(ledger_.row(row_id));
    std::string openings = without(row.openings.root(), fields);
    ledger_.reopen(row_id, openings);
    if (row.decoded.type == "approval.decided" && fields.contains("reason")) {
      state_.approvals.redact_reason(row.decoded.facts["approval_id"].string(),
                                     row.decoded.facts["operator_id"].string());
    }
    out.push_back({row_id, std::move(openings)});
  }
  return out;
}

}  // namespace al::engine
