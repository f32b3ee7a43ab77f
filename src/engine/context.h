// What a handler sees of one request. Internal to the engine.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_reader.h"
#include "base/json_writer.h"
#include "engine/engine.h"
#include "engine/explanation.h"
#include "wire/codes.h"
#include "wire/limits.h"

namespace al::engine {

struct Engine::Context {
  const wire::Request& request;
  Millis now_ms;
  Entropy& entropy;
  const Ledger& ledger;
  AskedAgain& again;
  const Digest* key_hash = nullptr;  // of one who does not send the key itself
  bool lacks_rows = false;           // then the answer counts for nothing, and no row may be added
  std::size_t row_bytes = 0;         // of the rows that the answer rests on so far
  std::uint64_t rows_seen = 0;       // and how many these are
  wire::Route route = {};
  Principal principal = {};
  json::Document body = {};  // parsed where the request has one

  /// Null where it is not in memory, and was not read back: then it is wanted.
  const audit::Row* row(std::uint64_t row_id);
  /// True while a page may have more: it ends with the row that makes it this large.
  [[nodiscard]] bool page_has_room() const { return row_bytes < wire::page_bytes_max; }
  /// How many rows to want at once for a page. Nobody knows how large they are, and it may be full before
  /// they end: few, until those that were seen are small.
  [[nodiscard]] std::uint64_t rows_ahead() const {
    const bool small = rows_seen >= Ledger::page_rows &&
                       row_bytes / rows_seen <= wire::page_bytes_max / Recall::read_rows_max;
    return small ? Recall::read_rows_max : Ledger::page_rows;
  }
  /// The same for the leaves of the Merkle tree in the page of that row.
  [[nodiscard]] bool has_leaf(std::uint64_t row_id);
  /// The same for those that the root over the first `size` rows rests on: a page that it cuts.
  [[nodiscard]] bool has_edge(std::uint64_t size) {
    return size % Ledger::page_rows == 0 || has_leaf(size - 1);
  }

  [[nodiscard]] const std::string& argument(std::size_t index) const { return route.arguments[index]; }
  /// A query parameter, or nothing.
  [[nodiscard]] std::optional<std::string_view> query(std::string_view name) const;
  /// A whole number from the query. Fails with `invalid_request`.
  [[nodiscard]] Result<std::int64_t> query_integer(std::string_view name, std::int64_t fallback,
                                                   std::int64_t min, std::int64_t max) const;
  /// Refuses parameters that this endpoint does not know: a mistyped one would be silently without effect.
  [[nodiscard]] Status only_known_query() const;
};

[[nodiscard]] inline Answer answer(int status, std::string body) {
  return {.response = wire::json_response(status, std::move(body))};
}
[[nodiscard]] inline Answer answer(const Error& error) { return {.response = wire::error_response(error)}; }

/// A row of our own ledger, taken apart. INVARIANT: rows were checked when they came in, so this cannot fail.
struct OwnRow {
  audit::DecodedRow decoded;
  json::Document openings;
  /// What was redactable, or absent once it was redacted.
  [[nodiscard]] json::Value opened(std::string_view field) const { return openings.root()[field]["value"]; }
};
[[nodiscard]] OwnRow take_apart(const audit::Row& row);
/// The same without its openings.
[[nodiscard]] audit::DecodedRow own(const audit::Row& row);
/// The agent that a row of our own is about, or "".
[[nodiscard]] std::string agent_of(const audit::Row& row);

/// A value as events have it: canonical JSON, or "" where it was left out.
[[nodiscard]] std::string canonical_or_empty(json::Value value);

/// What is left of a row's openings, as a row keeps them.
[[nodiscard]] std::string without(const audit::Row& row, const std::set<std::string>& fields);

/// Optional bounded text of a body: a fault where it is longer.
[[nodiscard]] std::string_view bounded_text(json::ObjectReader& in, std::string_view name,
                                            std::size_t bytes_max, bool required);
/// A list of action-type patterns: each a fault where it is none, and so is an empty list.
[[nodiscard]] std::vector<std::string> read_capabilities(json::ObjectReader& in, std::string_view name);
[[nodiscard]] std::vector<policy::Pattern> parse_patterns(const std::vector<std::string>& texts);

void write_delegation(json::Writer& writer, const delegation::Delegation& delegation);
void write_policy(json::Writer& writer, const policy::Policy& policy);
}  // namespace al::engine
