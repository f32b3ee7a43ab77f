// Rows as they cross the boundary: README.md, "Rows".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/row.h"
#include "base/result.h"

namespace al::wasm {

/// The views show parts of `bytes`. Fails with `invalid_argument`.
[[nodiscard]] Result<std::vector<audit::RowView>> read_rows(std::string_view bytes);
void append_row(std::string& bytes, const audit::Row& row);

}  // namespace al::wasm
