// Rows as lines, for whoever verifies them. Each is two: its text, and its openings, or "{}" where there are
// none. Canonical JSON has no line breaks, so what was hashed stands there byte for byte, and nothing is
// escaped twice.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/row.h"

namespace al::audit {

void append_lines(std::string& out, std::string_view text, std::string_view openings);

/// The rows of whole lines, as views on them. What a line holds is not looked at. Nothing where the last row
/// is cut.
[[nodiscard]] std::optional<std::vector<RowView>> read_lines(std::string_view lines);

}  // namespace al::audit
