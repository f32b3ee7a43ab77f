// The rows with the chain's head and the Merkle tree over them. Where a store keeps them too, only the latest
// stay in memory: see recall.h for the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "audit/merkle.h"
#include "audit/row.h"
#include "audit/row_batch.h"
#include "base/entropy.h"
#include "base/result.h"
#include "base/sha256.h"

namespace al::engine {

/// Where the rows are kept: here alone, or by a host, which may refuse them, and can read them back.
enum class LedgerHome : std::uint8_t { memory, host };

/// How much stays in memory of what a host keeps.
struct LedgerLimits {
  std::uint64_t rows_max = 1024;
  std::size_t bytes_max = 8 << 20;  // of texts and openings
};

class Ledger {
 public:
  /// Rows are forgotten, and read back, in whole pages.
  static constexpr std::uint64_t page_rows = audit::MerkleTree::page_leaves;

  explicit Ledger(LedgerLimits limits = {}) : limits_(limits) {}

  /// Composes the next row and appends it.
  const audit::Row& append(const audit::Entry& entry, Entropy& entropy);
  /// Appends a row that a store kept; `row_id` and `prev_hash` are the decoded ones. Fails with
  /// `ledger_corrupt` where it does not continue what is here.
  [[nodiscard]] Status load(audit::Row row, const Digest& prev_hash);
  /// The same for rows of which a RowBatch said that they continue what is here.
  void load(std::span<const audit::RowView> rows, const audit::RowBatch& sound);

  /// Takes back the rows from `size` on, none of which was forgotten.
  void truncate(std::uint64_t size);
  /// The first `durable` rows can be read back: forgets the oldest of them, where there are too many.
  void forget(std::uint64_t durable);

  /// Puts other openings in the place of a row's; neither chain nor tree notices. Nothing where the row was
  /// forgotten.
  void reopen(std::uint64_t row_id, std::string openings);

  [[nodiscard]] std::uint64_t size() const { return first_ + rows_.size(); }
  /// Null where it was forgotten. `row_id` must be below size().
  [[nodiscard]] const audit::Row* find(std::uint64_t row_id) const {
    return row_id < first_ ? nullptr : &rows_[static_cast<std::size_t>(row_id - first_)];
  }
  /// One that cannot have been forgotten: it is not durable yet, or nobody was told of it.
  [[nodiscard]] const audit::Row& row(std::uint64_t row_id) const;
  /// All but the rows: what they add up to. They count as forgotten.
  template <typename Archive>
  void archive(Archive& fields) {
    fields(head_, tree_);
    if constexpr (Archive::reads) first_ = tree_.size();
  }
  /// Of one that was read from an archive: takes the rows of its last page again. False where they are not
  /// those that it was written over.
  [[nodiscard]] bool restore_page(std::span<const audit::RowView> rows);

  /// Whether this is row `row_id`, as it was written or read in, with openings that it commits to. Its leaf
  /// must not be forgotten.
  [[nodiscard]] bool is_sound(std::uint64_t row_id, const audit::RowView& row) const;

  /// What the next row must carry.
  [[nodiscard]] const Digest& head() const { return head_; }
  [[nodiscard]] const audit::MerkleTree& tree() const { return tree_; }

 private:
  void push(audit::Row row);
  void keep(audit::Row row);

  LedgerLimits limits_;
  std::vector<audit::Row> rows_;  // from first_ on
  std::uint64_t first_ = 0;
  std::size_t bytes_ = 0;  // of rows_
  audit::MerkleTree tree_;
  Digest head_{};  // chain hash of the last row
};

}  // namespace al::engine
