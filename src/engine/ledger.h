// The rows in memory, with the chain's head and the Merkle tree over them.
#pragma once

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

class Ledger {
 public:
  /// Composes the next row and appends it.
  const audit::Row& append(const audit::Entry& entry, Entropy& entropy);
  /// Appends a row that a store kept; `row_id` and `prev_hash` are the decoded ones. Fails with
  /// `ledger_corrupt` where it does not continue what is here.
  [[nodiscard]] Status load(audit::Row row, const Digest& prev_hash);
  /// The same for rows of which a RowBatch said that they continue what is here.
  void load(std::span<const audit::RowView> rows, const audit::RowBatch& sound);

  /// Forgets the rows from `size` on.
  void truncate(std::uint64_t size);

  /// Puts other openings in the place of a row's; neither chain nor tree notices.
  void reopen(std::uint64_t row_id, std::string openings) {
    rows_[static_cast<std::size_t>(row_id)].openings = std::move(openings);
  }

  [[nodiscard]] std::uint64_t size() const { return rows_.size(); }
  [[nodiscard]] const audit::Row& row(std::uint64_t row_id) const {
    return rows_[static_cast<std::size_t>(row_id)];
  }
  /// What the next row must carry.
  [[nodiscard]] const Digest& head() const { return head_; }
  [[nodiscard]] const audit::MerkleTree& tree() const { return tree_; }

 private:
  void push(audit::Row row);

  std::vector<audit::Row> rows_;
  audit::MerkleTree tree_;
  Digest head_{};  // chain hash of the last row
};

}  // namespace al::engine
