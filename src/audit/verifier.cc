#include "audit/verifier.h"

#include <algorithm>
#include <utility>

namespace al::audit {
namespace {

std::string row(std::uint64_t id) { return "row " + std::to_string(id); }

/// "row 3" or "rows 3 to 5", of [begin, end).
std::string rows(std::uint64_t begin, std::uint64_t end) {
  return end - begin == 1 ? row(begin) : "rows " + std::to_string(begin) + " to " + std::to_string(end - 1);
}

}  // namespace

std::string_view text(Damage damage) {
  switch (damage) {
    case Damage::none:
      return "none";
    case Damage::edited:
      return "edited";
    case Damage::deleted:
      return "deleted";
    case Damage::inserted:
      return "inserted";
    case Damage::reordered:
      return "reordered";
    case Damage::truncated:
      return "truncated";
    case Damage::forked:
      return "forked";
    case Damage::bad_signature:
      return "bad_signature";
  }
  return "none";
}

void Verifier::find(Damage damage, std::uint64_t row_id, std::string message) {
  finding_ = {damage, row_id, std::move(message)};
}

void Verifier::add(std::string_view row_text, std::string_view openings) {
  ++rows_seen_;
  if (finding_.damage == Damage::none) {
    ++rows_checked_;
    check(row_text, openings);
    return;
  }
  if (open_ == Open::nothing) return;
  const Result<RowFrame> frame = read_frame(row_text);
  if (open_ == Open::which_of_two) {
    open_ = Open::nothing;
    if (frame.ok()) settle_which_of_two(*frame);
  } else if (frame.ok()) {
    settle_missing(*frame);
  }
}

void Verifier::check(std::string_view row_text, std::string_view openings) {
  const std::uint64_t expected = tree_.size();
  const Result<RowFrame> frame = read_frame(row_text);
  if (!frame) return find(Damage::edited, expected, row(expected) + " was edited: " + frame.error().message);
  if (frame->row_id != expected) return judge_row_id(*frame, row_text);
  if (frame->prev_hash != prev_hash_) return judge_prev_hash(*frame, row_text);
  if (frame->wall_ms < last_wall_ms_) {
    return find(Damage::edited, expected,
                row(expected) + " was edited: its time, " + format_rfc3339(frame->wall_ms) +
                    ", is before that of " + row(expected - 1) + ", " + format_rfc3339(last_wall_ms_));
  }
  const Status opened = check_openings(frame->commitments, openings);
  if (!opened)
    return find(Damage::edited, expected, row(expected) + " was edited: " + opened.error().message);
  before_prev_hash_ = prev_hash_;
  const Digest leaf = leaf_hash(row_text);
  prev_hash_ = chain_hash(prev_hash_, leaf);
  last_wall_ms_ = frame->wall_ms;
  tree_.append(leaf);
}

void Verifier::judge_row_id(const RowFrame& frame, std::string_view row_text) {
  const std::uint64_t expected = tree_.size();
  const std::uint64_t id = frame.row_id;
  if (frame.prev_hash == prev_hash_) {
    return find(Damage::edited, expected,
                row(expected) + " was edited: it follows the row before it, but its row_id says " +
                    std::to_string(id));
  }
  if (id < expected) {
    const bool copy = leaf_hash(row_text) == tree_.leaf(id);
    return find(Damage::inserted, id,
                copy ? row(id) + " was inserted a second time, behind " + row(expected - 1)
                     : "two different rows bear the number " + std::to_string(id) +
                           ", so one of them was inserted; the second stands behind " + row(expected - 1));
  }
  open_ = Open::missing;
  missing_begin_ = expected;
  missing_end_ = id;
  find(Damage::deleted, expected,
       rows(expected, id) + (id - expected == 1 ? " is" : " are") + " missing before " + row(id));
}

void Verifier::settle_missing(const RowFrame& frame) {
  const bool all_found = missing_found_ == missing_end_ - missing_begin_;
  if (all_found && frame.row_id == missing_end_) {
    open_ = Open::nothing;
    return find(
        Damage::inserted, missing_end_,
        row(missing_end_) + " is there twice; the one before " + row(missing_begin_) + " was inserted");
  }
  if (frame.row_id < missing_begin_ || frame.row_id >= missing_end_) return;
  ++missing_found_;
  if (frame.row_id == missing_begin_ && frame.prev_hash == prev_hash_) first_missing_found_ = true;
  if (missing_found_ == missing_end_ - missing_begin_) {
    find(
        Damage::reordered, missing_begin_,
        row(missing_end_) + " stands where " + row(missing_begin_) + " belongs; the rows between come later");
  } else if (first_missing_found_) {
    find(Damage::inserted, missing_end_,
         row(missing_end_) + " was inserted before " + row(missing_begin_) +
             ": the numbers go on there, and do not reach it");
  } else {
    find(Damage::deleted, missing_begin_,
         "of " + rows(missing_begin_, missing_end_) + " only some are there, out of order");
  }
}

void Verifier::judge_prev_hash(const RowFrame& frame, std::string_view row_text) {
  const std::uint64_t id = frame.row_id;
  if (id == 0) return find(Damage::edited, 0, "row 0 was edited: its prev_hash is not all zeros");
  const std::string before = row(id - 1);
  if (frame.prev_hash == before_prev_hash_) {
    return find(Damage::inserted, id - 1,
                before + " was inserted: " + row(id) + " was written when " + before + " was not there");
  }
  open_ = Open::which_of_two;
  vouched_hash_ = chain_hash(frame.prev_hash, leaf_hash(row_text));
  find(Damage::edited, id - 1,
       before + " or the prev_hash of " + row(id) +
           " was edited: they do not fit, and no later row tells which");
}

void Verifier::settle_which_of_two(const RowFrame& frame) {
  const std::uint64_t id = finding_.row_id + 1;
  const std::string before = row(id - 1);
  if (frame.prev_hash == vouched_hash_) {
    find(Damage::edited, id - 1,
         before + " was edited: " + row(id) + ", which is as " + row(id + 1) +
             " knows it, was written behind another " + before);
  } else {
    find(Damage::edited, id, row(id) + " was edited: it fits neither " + before + " nor " + row(id + 1));
  }
}

void Verifier::compare(const Checkpoint& checkpoint, bool newest) {
  if (finding_.damage != Damage::none) return;
  const std::uint64_t have = tree_.size();
  if (checkpoint.size > have) {
    return find(Damage::truncated, have,
                "the checkpoint has " + std::to_string(checkpoint.size) + " rows, the ledger " +
                    std::to_string(have) + ": " + rows(have, checkpoint.size) +
                    (checkpoint.size - have == 1 ? " is" : " are") + " missing at the end");
  }
  if (tree_.root(checkpoint.size) != checkpoint.root) {
    const std::uint64_t last = checkpoint.size == 0 ? 0 : checkpoint.size - 1;
    const std::string agreed = confirmed_size_ > 0 && confirmed_size_ < checkpoint.size
                                   ? "; up to " + row(confirmed_size_ - 1) + " they agree"
                                   : "";
    return newest ? find(Damage::edited, last,
                         row(last) +
                             " was edited, or one before it and the whole chain behind: the rows do not add "
                             "up to the root of the checkpoint that came with them" +
                             agreed)
                  : find(Damage::forked, last,
                         "the first " + std::to_string(checkpoint.size) +
                             " rows are of another history than the checkpoint that was pinned" + agreed);
  }
  if (newest && have > checkpoint.size) {
    return find(
        Damage::inserted, checkpoint.size,
        rows(checkpoint.size, have) + " stand beyond the end of the checkpoint that came with the rows");
  }
  if (checkpoint.size > confirmed_size_) confirmed_size_ = checkpoint.size;
}

Checkpoint Verifier::checkpoint(std::string origin) const {
  return {.origin = std::move(origin), .size = tree_.size(), .root = tree_.root()};
}

}  // namespace al::audit
