// Rows as realtime events (wire.md, "Realtime"): what those who listen are told about.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/ledger.h"

namespace al::engine {

/// The event type of a row type: mostly the same ("action.requested" is told as "approval.requested"); "" for rows that
/// are nobody's news.
[[nodiscard]] std::string_view event_type(std::string_view row_type);

/// [{"seq","event_type","agent_id","timestamp","data"}, …] for rows [first_row, end_row); "[]" where none is news. `data` holds the row's facts.
[[nodiscard]] std::string write_events(const Ledger& ledger, std::uint64_t first_row, std::uint64_t end_row);

}  // namespace al::engine
