// Redaction: an owner removes openings (metadata, reasons, …) for good. The row that says so comes first;
// then the openings go, here and from the store. A process that ends in between finishes when it opens the
// ledger again.
#include <algorithm>
#include <utility>

#include "audit/canonical.h"
#include "base/heap_sort.h"
#include "engine/context.h"

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
  if (!in.any("row_id").present()) in.fault("row_id", "is missing");
  const std::optional<std::int64_t> row_id = in.integer("row_id", 0, std::int64_t{1} << 53);
  const std::size_t faults_before = faults.size();
  wanted.fields = in.strings("fields").value_or(std::vector<std::string>());
  if (wanted.fields.empty() && faults.size() == faults_before)
    in.fault("fields", "must name at least one field that the row commits to");
  wanted.reason = bounded_text(in, "reason", wire::reason_bytes_max, false);
  in.finish();
  if (!faults.empty()) return json::faults_error(Code::invalid_request, "the redaction is not valid", faults);
  wanted.row_id = static_cast<std::uint64_t>(*row_id);
  if (wanted.row_id >= rows) return Error{Code::not_found, "there is no such row"};
  heap_sort(wanted.fields);
  wanted.fields.erase(std::unique(wanted.fields.begin(), wanted.fields.end()), wanted.fields.end());
  return wanted;
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
  const audit::Row* target = context.row(wanted->row_id);
  if (target == nullptr) return {};
  const OwnRow row = take_apart(*target);
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
  const RowRedacted event{wanted->row_id, std::string(row.decoded.agent_id), wanted->fields,
                          context.principal.name(), wanted->reason};
  note_redaction(event, target);
  emit(context, event);
  Answer done = redacted(*wanted);
  done.redacts = true;
  return done;
}

void Engine::note_redaction(const RowRedacted& event, const audit::Row* row) {
  DueRedaction& due = redactions_[event.row_id];
  if (!due.row && row != nullptr) due.row = *row;
  for (const std::string& field : event.fields) {
    if (due.fields.insert(field).second) redactions_asked_.emplace_back(event.row_id, field);
  }
}

bool Engine::redactions_due() const {
  return std::any_of(redactions_.begin(), redactions_.end(),
                     [](const auto& each) { return each.second.row.has_value(); });
}

std::vector<Engine::Redaction> Engine::redact() {
  std::vector<Redaction> out;
  for (const auto& [row_id, due] : redactions_) {
    if (!due.row) continue;
    std::string openings = without(*due.row, due.fields);
    ledger_.reopen(row_id, openings);
    const audit::DecodedRow row = own(*due.row);
    if (row.type == "approval.decided" && due.fields.contains("reason")) {
      state_.approvals.redact_reason(row.facts["approval_id"].string(), row.facts["operator_id"].string());
    }
    out.push_back({row_id, std::move(openings)});
  }
  return out;
}

void Engine::handle_redacted() {
  std::erase_if(redactions_, [](const auto& each) { return each.second.row.has_value(); });
}

// ---- What an earlier process left

/// Which of a row's commitments have no opening any more. Most rows have all of them.
void Engine::note_hidden(const audit::RowFrame& frame, std::span<const audit::OpenedField> openings) {
  if (frame.commitments.empty()) return;
  // A commitment is "name":"hex", and no name holds such a quote unescaped.
  std::size_t commitments = 0;
  constexpr std::string_view between = "\":\"";
  for (std::size_t at = frame.commitments.find(between); at != std::string_view::npos;
       at = frame.commitments.find(between, at + between.size()))
    ++commitments;
  if (commitments == openings.size()) return;
  const Result<json::Document> names = json::parse(frame.commitments, audit::row_limits);
  if (!names) return;
  std::set<std::string>& hidden = hidden_[frame.row_id];
  for (const auto& [name, commitment] : names->root().members()) hidden.emplace(name);
  for (const audit::OpenedField& opened : openings) hidden.erase(audit::unescaped(opened.field));
}

/// Where the store has forgotten the openings, nothing is left to do.
void Engine::load_redaction(const RowRedacted& event) {
  RowRedacted left = event;
  if (const auto hidden = hidden_.find(event.row_id); hidden != hidden_.end())
    std::erase_if(left.fields, [&](const std::string& field) { return hidden->second.contains(field); });
  if (!left.fields.empty()) note_redaction(left, ledger_.find(event.row_id));
}

Recall Engine::redactions_left() {
  hidden_.clear();
  Recall recall;
  for (const auto& [row_id, due] : redactions_) {
    if (!due.row) recall.want(row_id);
  }
  return recall;
}

void Engine::take_redactions_left(const Recall& recall) {
  for (auto& [row_id, due] : redactions_) {
    const audit::Row* row = due.row ? nullptr : recall.find(row_id);
    if (row != nullptr) due.row = *row;
  }
}

}  // namespace al::engine
