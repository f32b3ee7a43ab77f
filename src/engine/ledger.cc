#include "engine/ledger.h"

#include <cassert>
#include <string>
#include <utility>

namespace al::engine {
namespace {

std::size_t bytes_of(const audit::Row& row) { return row.text.size() + row.openings.size(); }

}  // namespace

void Ledger::keep(audit::Row row) {
  bytes_ += bytes_of(row);
  rows_.push_back(std::move(row));
}

void Ledger::push(audit::Row row) {
  const Digest leaf = audit::leaf_hash(row.text);
  head_ = audit::chain_hash(head_, leaf);
  tree_.append(leaf);
  // It stays for a while, or for good, without the room that it grew into.
  row.text.shrink_to_fit();
  row.openings.shrink_to_fit();
  keep(std::move(row));
}

const audit::Row& Ledger::append(const audit::Entry& entry, Entropy& entropy) {
  push(audit::compose(entry, size(), head_, entropy));
  return rows_.back();
}

Status Ledger::load(audit::Row row, const Digest& prev_hash) {
  if (row.row_id != size()) {
    return Error{Code::ledger_corrupt, "row " + std::to_string(size()) + " is missing: row " +
                                           std::to_string(row.row_id) + " stands in its place"};
  }
  if (prev_hash != head_) {
    const std::string before = size() == 0 ? "the beginning" : "row " + std::to_string(size() - 1);
    return Error{Code::ledger_corrupt, "row " + std::to_string(row.row_id) + " does not continue " + before +
                                           ": one of the two was changed"};
  }
  push(std::move(row));
  return Unit{};
}

void Ledger::load(std::span<const audit::RowView> rows, const audit::RowBatch& sound) {
  for (const audit::RowView& row : rows) keep({size(), std::string(row.text), std::string(row.openings)});
  tree_.append(sound.leaves());
  head_ = sound.next_prev_hash();
}

const audit::Row& Ledger::row(std::uint64_t row_id) const {
  const audit::Row* row = find(row_id);
  assert(row != nullptr);
  return *row;
}

void Ledger::reopen(std::uint64_t row_id, std::string openings) {
  if (row_id < first_) return;
  audit::Row& row = rows_[static_cast<std::size_t>(row_id - first_)];
  bytes_ -= bytes_of(row);
  row.openings = std::move(openings);
  bytes_ += bytes_of(row);
}

bool Ledger::is_sound(std::uint64_t row_id, const audit::RowView& row) const {
  const Result<audit::RowFrame> frame = audit::read_frame(row.text);
  return frame && audit::leaf_hash(row.text) == tree_.leaf(row_id) &&
         audit::check_openings(frame->commitments, row.openings).ok();
}

bool Ledger::restore_page(std::span<const audit::RowView> rows) {
  if (rows.size() != size() % page_rows) return false;
  first_ -= rows.size();
  for (const audit::RowView& row : rows) {
    if (!is_sound(size(), row)) return false;
    keep({size(), std::string(row.text), std::string(row.openings)});
  }
  return true;
}

void Ledger::truncate(std::uint64_t size) {
  if (size >= this->size()) return;
  // A row states the chain's hash before it.
  const Result<audit::RowFrame> first = audit::read_frame(row(size).text);
  assert(first.ok());
  head_ = first->prev_hash;
  tree_.truncate(size);
  while (this->size() > size) {
    bytes_ -= bytes_of(rows_.back());
    rows_.pop_back();
  }
}

void Ledger::forget(std::uint64_t durable) {
  // A quarter beyond what may stay: what does is moved together once for many that go.
  if (rows_.size() <= limits_.rows_max + limits_.rows_max / 4 && bytes_ <= limits_.bytes_max) return;
  std::size_t gone = 0;
  while (first_ + gone + page_rows <= durable &&
         (rows_.size() - gone > limits_.rows_max || bytes_ > limits_.bytes_max)) {
    for (std::uint64_t i = 0; i < page_rows; ++i) bytes_ -= bytes_of(rows_[gone++]);
  }
  rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(gone));
  first_ += gone;
  tree_.forget(first_);
}

}  // namespace al::engine
