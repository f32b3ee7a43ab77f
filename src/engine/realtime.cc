#include "engine/realtime.h"

#include <utility>

#include "wire/realtime.h"

namespace al::engine {
namespace {

RowEvent read_event(const audit::Row& row) {
  RowEvent out;
  const Result<audit::DecodedRow> decoded = audit::decode(row.text);
  if (!decoded) return out;  // INVARIANT: rows were checked when they came in, so this is never so.
  out.revokes_key = decoded->type == "key.revoked";
  out.type = event_type(decoded->type);
  if (out.type.empty()) return out;
  out.agent_id = decoded->agent_id;
  out.frame = std::make_shared<const std::string>(
      wire::write_event(row.row_id, out.type, out.agent_id, decoded->wall_ms, decoded->facts));
  return out;
}

}  // namespace

std::string_view event_type(std::string_view row_type) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 14> table{{
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
      {"breaker.changed", "enforcement.triggered"},
      {"anomaly.detected", "anomaly.detected"},
      {"outcome.reported", "outcome.reported"},
  }};
  for (const auto& [row, event] : table) {
    if (row == row_type) return event;
  }
  return {};
}

const RowEvent* EventCache::find(std::uint64_t row_id) const {
  if (long_.end_row == row_id + 1) return &long_.event;
  if (!slots_) return nullptr;
  const Slot& slot = (*slots_)[static_cast<std::size_t>(row_id % slots)];
  return slot.end_row == row_id + 1 ? &slot.event : nullptr;
}

const RowEvent& EventCache::make(const audit::Row& row) {
  if (!slots_) slots_ = std::make_unique<std::array<Slot, slots>>();
  RowEvent event = read_event(row);
  const bool is_long = event.frame && event.frame->size() > kept_bytes_max;
  Slot& home = is_long ? long_ : (*slots_)[static_cast<std::size_t>(row.row_id % slots)];
  home = {row.row_id + 1, std::move(event)};
  return home.event;
}

}  // namespace al::engine
