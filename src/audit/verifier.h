// Recomputes a ledger from its rows and says what is wrong with it, and where.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "audit/checkpoint.h"
#include "audit/merkle.h"
#include "audit/row.h"
#include "audit/row_batch.h"

namespace al::audit {

/// Kinds of damage; the texts are wire strings.
enum class Damage { none, edited, deleted, inserted, reordered, truncated, forked, bad_signature };
[[nodiscard]] std::string_view text(Damage damage);

struct Finding {
  Damage damage = Damage::none;
  std::uint64_t row_id = 0;  // the row that is meant, else the first at which it shows; what is known beyond
                             // that, `message` says
  std::string message;       // for people
};

/// Feed all rows from row 0 on, in the order in which they were received. The first damage is the finding.
/// Later rows are not checked, but may make the finding more precise, so read it after the last one. Behind
/// the rows that are sound so far, a row is judged in this order:
///
///   it is no canonical row                                      edited: that row
///   its row_id is not the next one, and
///     its prev_hash says that it stands where it should         edited: that row, in its number alone
///     the number was there already                              inserted: that number
///     the number is further on; of the rows before it, …
///       none comes later, or some but not the first             deleted: the first that is missing
///       all come later, and the number not again                reordered: the first that is missing
///       all come later, and the number again                    inserted: that number
///       the first comes later, others never                     inserted: that number
///   its prev_hash is not the chain hash of the row before, and
///     it is that of the row before the row before               inserted: the row before
///     the next row vouches for this one                         edited: the row before
///     the next row does not                                     edited: this row
///     there is no next row                                      edited: the row before (or this one)
///   its time is before that of the row before                   edited: that row
///   an opening is not what the row commits to                   edited: that row
///
/// Whoever rewrites a row and the whole chain behind it leaves none of these traces; a checkpoint shows it.
class Verifier {
 public:
  void add(std::string_view row_text, std::string_view openings);
  /// The next rows, in order: the same findings as from each alone, for less.
  void add(std::span<const RowView> rows);
  /// Compares with a checkpoint, unless there is a finding already. `newest`: it was fetched together with
  /// the rows and must cover them exactly; else it was pinned earlier, and rows may have come since.
  ///
  ///   the checkpoint has more rows                     truncated: the first that is missing
  ///   another root at its size, pinned                 forked: its last row; these are two histories
  ///   another root at its size, newest                 edited: its last row, or one and all behind it
  ///   the same root, newest, but more rows are here    inserted: the first beyond
  void compare(const Checkpoint& checkpoint, bool newest);

  [[nodiscard]] const Finding& finding() const { return finding_; }
  /// Rows that were checked: all, or those up to and with the one that made the finding.
  [[nodiscard]] std::uint64_t rows_checked() const { return rows_checked_; }
  /// Rows that were fed.
  [[nodiscard]] std::uint64_t rows_seen() const { return rows_seen_; }
  /// Of the rows that are sound, from row 0 on.
  [[nodiscard]] Checkpoint checkpoint(std::string origin) const;

 private:
  /// What later rows may still tell about the finding.
  enum class Open {
    nothing,
    which_of_two,  // prev_hash does not fit: was the row before edited, or the row that says so?
    missing,       // row ids were skipped: do they come later?
  };

  void check(std::string_view row_text, std::string_view openings);
  void judge_row_id(const RowFrame& frame, std::string_view row_text);
  void judge_prev_hash(const RowFrame& frame, std::string_view row_text);
  void settle_which_of_two(const RowFrame& frame);
  void settle_missing(const RowFrame& frame);
  void find(Damage damage, std::uint64_t row_id, std::string message);

  MerkleTree tree_;            // over the sound rows
  Digest prev_hash_{};         // what the next row must carry
  Digest before_prev_hash_{};  // what the last sound row carried
  Millis last_wall_ms_ = std::numeric_limits<Millis>::min();
  std::uint64_t rows_checked_ = 0;
  std::uint64_t rows_seen_ = 0;
  std::uint64_t confirmed_size_ = 0;  // the largest checkpoint that agreed
  Finding finding_;
  RowBatch batch_;

  Open open_ = Open::nothing;
  Digest vouched_hash_{};  // which_of_two: the chain hash of the later row, were it untouched
  std::uint64_t missing_begin_ =
      0;  // missing: rows [begin, end), where end is the number of the row that came instead
  std::uint64_t missing_end_ = 0;
  std::uint64_t missing_found_ = 0;
  bool first_missing_found_ = false;
};

}  // namespace al::audit
