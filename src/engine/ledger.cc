#include "engine/ledger.h"

#include <string>
#include <utility>

namespace al::engine {

void Ledger::push(audit::Row row) {
  const Digest leaf = audit::leaf_hash(row.text);
  head_ = audit::chain_hash(head_, leaf);
  tree_.append(leaf);
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

}  // namespace al::engine
