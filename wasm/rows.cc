#include "rows.h"

#include <cstdint>
#include <cstring>

namespace al::wasm {
namespace {

using Length = std::uint32_t;  // little-endian, as WebAssembly is

}  // namespace

Result<std::vector<audit::RowView>> read_rows(std::string_view bytes) {
  std::vector<audit::RowView> rows;
  while (!bytes.empty()) {
    Length lengths[2] = {};
    if (bytes.size() < sizeof lengths) return Error{Code::invalid_argument, "rows end within a row"};
    std::memcpy(lengths, bytes.data(), sizeof lengths);
    bytes.remove_prefix(sizeof lengths);
    if (bytes.size() < std::uint64_t{lengths[0]} + lengths[1])
      return Error{Code::invalid_argument, "rows end within a row"};
    rows.push_back({bytes.substr(0, lengths[0]), bytes.substr(lengths[0], lengths[1])});
    bytes.remove_prefix(lengths[0] + lengths[1]);
  }
  return rows;
}

void append_row(std::string& bytes, const audit::Row& row) {
  const Length lengths[2] = {static_cast<Length>(row.text.size()), static_cast<Length>(row.openings.size())};
  bytes.append(reinterpret_cast<const char*>(lengths), sizeof lengths).append(row.text).append(row.openings);
}

}  // namespace al::wasm
