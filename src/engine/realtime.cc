#include "engine/realtime.h"

#include <array>
#include <utility>

#include "base/json_writer.h"

namespace al::engine {

std::string_view event_type(std::string_view row_type) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 12> table{{
      {"action.executed", "action.executed"},
      {"action.denied", "action.denied"},
      {"action.requested", "approval.requested"},
      {"approval.decided", "approval.decided"},
      {"approval.expired", "approval.expired"},
      {"approval.cancelled", "approval.cancelled"},
      {"delegation.expired", "delegation.expired"},
      {"delegation.revoked", "delegation.revoked"},
      {"policy.changed", "policy.changed"},
      {"agent.halted", "enforcement.triggered"},
      {"agent.resumed", "enforcement.triggered"},
      {"outcome.reported", "outcome.reported"},
  }};
  for (const auto& [row, event] : table) {
    if (row == row_type) return event;
  }
  return {};
}

std::string write_events(const Ledger& ledger, std::uint64_t first_row, std::uint64_t end_row) {
  std::string out;
  json::Writer writer(out);
  writer.begin_array();
  for (std::uint64_t at = first_row; at < end_row; ++at) {
    const Result<audit::DecodedRow> row = audit::decode(ledger.row(at).text);
    if (!row || event_type(row->type).empty()) continue;
    writer.begin_object().field("seq", at).field("event_type", event_type(row->type));
    writer.field("agent_id", row->agent_id).field("timestamp", format_rfc3339(row->wall_ms));
    writer.key("data").value(row->facts).end_object();
  }
  writer.end_array();
  return out;
}

}  // namespace al::engine
