#include "statistics.h"

#include <algorithm>

namespace al::sim {

std::string_view text(Count count) {
  constexpr std::array<std::string_view, count_kinds> texts{
      "calls",
      "calls settled ok",
      "calls failed",
      "calls cancelled",
      "calls lost in a crash",
      "clients crashed",
      "clients closed",
      "clients doubled",
      "retries",
      "late responses",
      "spurious timeouts",
      "limits reached",
      "runs",
      "runs by claim",
      "repeats with the same key",
      "repeats with another request",
      "gates resumed",
      "reports",
      "rows: executed",
      "rows: denied",
      "rows: requested",
      "denied: agent halted",
      "denied: delegation",
      "denied: policy changed",
      "denied: approval backlog",
      "claims executed",
      "claims denied",
      "claims of what was redacted",
      "claims refused",
      "approvals given",
      "approvals refused",
      "expired undecided",
      "expired unclaimed",
      "cancelled with delegation",
      "halts",
      "halts by an anomaly",
      "denied: circuit open",
      "circuits opened",
      "circuits opened again",
      "circuits probed",
      "circuits closed",
      "anomalies",
      "policies changed",
      "settings changed",
      "keys revoked",
      "delegations",
      "delegations nested",
      "delegations revoked",
      "delegations expired",
      "subtrees ended",
      "decisions",
      "decisions repeated",
      "decisions conflicting",
      "decisions late",
      "policies refused",
      "clean-ups",
      "clean-ups abandoned",
      "self-approvals refused",
      "early claims refused",
      "foreign approvals refused",
      "foreign delegations denied",
      "requests",
      "requests refused",
      "requests dropped",
      "requests doubled",
      "requests slowed",
      "requests aborted",
      "responses reset",
      "responses dropped",
      "responses doubled",
      "responses slowed",
      "responses garbled",
      "proxy errors",
      "partitions",
      "clocks forward",
      "clocks back",
      "appends",
      "appends refused",
      "appends slow",
      "acknowledged twice",
      "redactions",
      "redactions failed",
      "reads",
      "reads failed",
      "snapshots",
      "snapshots used",
      "signatures",
      "signatures failed",
      "signatures missing",
      "crashes, idle",
      "crashes, gates waiting",
      "crashes before durability",
      "crashes after durability",
      "requests while down",
      "service busy",
      "events heard",
      "sockets",
      "sockets refused",
      "sockets lost",
      "sockets silent",
      "sockets stalled",
      "channels paused",
      "listeners crashed",
      "listeners hung up on",
      "listeners revoked",
      "listeners caught up",
      "ledgers verified",
      "ledgers verified with a pin",
      "receipts checked",
      "replays compared",
  };
  static_assert(!texts.back().empty());
  return texts[static_cast<std::size_t>(count)];
}

std::string Statistics::table() const {
  constexpr std::size_t columns = 3;
  constexpr std::size_t name_width = 30;
  constexpr std::size_t number_width = 10;
  constexpr std::size_t rows = (count_kinds + columns - 1) / columns;
  std::string out;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t at = row; at < count_kinds; at += rows) {
      std::string cell(text(static_cast<Count>(at)));
      const std::string number = std::to_string(counts_[at]);
      cell.resize(name_width, ' ');
      out += "  " + cell + std::string(number_width - std::min(number.size(), number_width), ' ') + number;
    }
    out += '\n';
  }
  return out;
}

std::string Statistics::never() const {
  std::string out;
  for (std::size_t at = 0; at < count_kinds; ++at) {
    if (counts_[at] > 0) continue;
    if (!out.empty()) out += ", ";
    out += text(static_cast<Count>(at));
  }
  return out;
}

}  // namespace al::sim
