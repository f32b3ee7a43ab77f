#include "engine/ledger.h"

#include <cassert>
#include <string>
#include <utility>

namespace al::engine {

void Ledger::push(audit::Row row) {
  const Digest leaf = audit::leaf_hash(row.text);
  head_ = audit::chain_hash(head_, leaf);
  tree_.append(leaf);
  // It stays for as long as the ledger is open, without the room that it grew into.
  row.text.shrink_to_fit();
  row.openings.shrink_to_fit();
  rows_.push_back(std::move(row));
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
  for (const audit::RowView& row : rows)
    rows_.push_back({rows_.size(), std::string(row.text), std::string(row.openings)});
  tree_.append(sound.leaves());
  head_ = sound.next_prev_hash();
}

void Ledger::truncate(std::uint64_t size) {
  if (size >= this->size()) return;
  // A row states the chain's hash before it.
  const Result<audit::RowFrame> first = audit::read_frame(row(size).text);
  assert(first.ok());
  head_ = first->prev_hash;
  tree_.truncate(size);
  rows_.resize(static_cast<std::size_t>(size));
}

}  // namespace al::engine
