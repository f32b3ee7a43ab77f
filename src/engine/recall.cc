#include "engine/recall.h"

#include <string_view>
#include <utility>
#include <vector>

#include "audit/row_batch.h"

namespace al::engine {
namespace {

constexpr std::uint64_t page_rows = Ledger::page_rows;

/// Of the rows of a page, which together are not what was written, the first that shows it: it is no row, not
/// the one of its place, or the next one does not continue it.
std::uint64_t first_damaged(std::span<const audit::RowView> rows, std::uint64_t first_row) {
  for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
    const Result<audit::RowFrame> frame = audit::read_frame(rows[i].text);
    if (!frame || frame->row_id != first_row + i) return first_row + i;
    const Result<audit::RowFrame> next = audit::read_frame(rows[i + 1].text);
    if (!next) return first_row + i + 1;
    if (next->prev_hash != audit::chain_hash(frame->prev_hash, audit::leaf_hash(rows[i].text)))
      return first_row + i;
  }
  return first_row + rows.size() - 1;
}

}  // namespace

void Recall::want(std::uint64_t row_id) {
  if (find(row_id) == nullptr) wanted_.insert(row_id);
}

void Recall::want(RowRange rows) {
  for (std::uint64_t row_id = rows.first; row_id < rows.end; ++row_id) want(row_id);
}

const audit::Row* Recall::find(std::uint64_t row_id) const {
  const auto found = rows_.find(row_id);
  return found == rows_.end() ? nullptr : &found->second;
}

std::optional<RowRange> Recall::next() const {
  if (wanted_.empty() || damage_) return {};
  const std::uint64_t first_page = *wanted_.begin() / page_rows;
  RowRange range{first_page * page_rows, (first_page + 1) * page_rows};
  for (const std::uint64_t row_id : wanted_) {
    const std::uint64_t page_end = (row_id / page_rows + 1) * page_rows;
    if (page_end > range.end + page_rows || page_end - range.first > read_rows_max) break;
    range.end = page_end;
  }
  return range;
}

void Recall::add(const Ledger& ledger, RowRange range, std::span<const audit::RowView> rows) {
  if (rows.size() != range.end - range.first) return find_damage(range.first + rows.size(), "is missing");
  for (std::uint64_t at = range.first; at < range.end && !damage_; at += page_rows) {
    add_page(ledger, at / page_rows,
             rows.subspan(static_cast<std::size_t>(at - range.first), static_cast<std::size_t>(page_rows)));
  }
}

void Recall::add_page(const Ledger& ledger, std::uint64_t page, std::span<const audit::RowView> rows) {
  const std::uint64_t first_row = page * page_rows;
  std::vector<Digest> leaves;
  audit::leaf_hashes(rows, leaves);
  audit::MerkleTree tree;
  tree.append(leaves);
  if (tree.root() != ledger.tree().page_root(page))
    return find_damage(first_damaged(rows, first_row), "is not what was written");
  for (auto at = wanted_.lower_bound(first_row); at != wanted_.end() && *at < first_row + page_rows;
       at = wanted_.erase(at)) {
    const audit::RowView& row = rows[static_cast<std::size_t>(*at - first_row)];
    const Result<audit::RowFrame> frame = audit::read_frame(row.text);
    if (!frame || !audit::check_openings(frame->commitments, row.openings))
      return find_damage(*at, "has openings that it does not commit to");
    rows_.insert_or_assign(*at, audit::Row{*at, std::string(row.text), std::string(row.openings)});
  }
  pages_.insert_or_assign(page, std::move(tree));
}

void Recall::find_damage(std::uint64_t row_id, std::string_view what) {
  damage_ = Damage{
      row_id, Error{Code::ledger_corrupt, "row " + std::to_string(row_id) + ", read back from the store, " +
                                              std::string(what) + "; restore the store from a copy"}};
}

}  // namespace al::engine
