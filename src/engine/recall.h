// Rows that are no longer in memory, read back from the store for whoever asked for something that rests on
// them. They are as good as if they had stayed: a page is taken only where its texts add up to the root that
// the Merkle tree kept of it, and a row's openings only where the row commits to them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "audit/merkle.h"
#include "audit/row.h"
#include "base/result.h"
#include "engine/ledger.h"

namespace al::engine {

/// Rows [first, end).
struct RowRange {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
};

class Recall {
 public:
  /// What is read at once, at most. A row may have some MiB.
  static constexpr std::uint64_t read_rows_max = 4 * Ledger::page_rows;

  void want(std::uint64_t row_id);
  void want(RowRange rows);
  /// What to read next: whole pages. Nothing where all that is wanted is here, or something was damaged.
  [[nodiscard]] std::optional<RowRange> next() const;
  /// What the store read. The texts are copied as far as they are wanted.
  void add(const Ledger& ledger, RowRange range, std::span<const audit::RowView> rows);

  [[nodiscard]] const audit::Row* find(std::uint64_t row_id) const;
  /// The leaves of every page that was read.
  [[nodiscard]] const audit::MerkleTree::Pages& pages() const { return pages_; }
  void reopen(std::uint64_t row_id, std::string openings) { rows_.at(row_id).openings = std::move(openings); }

  /// The first row that is not what was written.
  struct Damage {
    std::uint64_t row_id = 0;
    Error error;  // `ledger_corrupt`
  };
  [[nodiscard]] const std::optional<Damage>& damage() const { return damage_; }

 private:
  void add_page(const Ledger& ledger, std::uint64_t page, std::span<const audit::RowView> rows);
  void find_damage(std::uint64_t row_id, std::string_view what);

  std::set<std::uint64_t> wanted_;  // and not here yet
  std::map<std::uint64_t, audit::Row> rows_;
  audit::MerkleTree::Pages pages_;
  std::optional<Damage> damage_;
};

}  // namespace al::engine
