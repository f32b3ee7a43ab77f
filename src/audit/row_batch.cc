#include "audit/row_batch.h"

#include <cassert>
#include <string_view>

namespace al::audit {
namespace {

std::string_view view(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void hash(const std::vector<Message>& messages, std::vector<Digest>& digests) {
  digests.resize(messages.size());
  sha256_batch(messages, digests);
}

}  // namespace

bool RowBatch::check(std::span<const RowView> rows, const Before& before) {
  assert(!rows.empty() && rows.size() <= rows_max);
  if (!read(rows, before)) return false;
  leaf_hashes(rows, leaves_);
  return follow() && open();
}

bool RowBatch::read(std::span<const RowView> rows, const Before& before) {
  frames_.clear();
  opened_.clear();
  opened_end_.clear();
  facts_.clear();
  facts_end_.clear();
  Millis wall_ms = before.wall_ms;
  for (const RowView& row : rows) {
    const Result<RowFrame> frame = keeps_facts_ ? read_frame(row.text, facts_) : read_frame(row.text);
    if (!frame || frame->row_id != before.rows + frames_.size() || frame->wall_ms < wall_ms) return false;
    if (!read_openings(frame->commitments, row.openings, opened_)) return false;
    wall_ms = frame->wall_ms;
    frames_.push_back(*frame);
    opened_end_.push_back(opened_.size());
    facts_end_.push_back(facts_.size());
  }
  return frames_.front().prev_hash == before.prev_hash;
}

/// Each row's own prev_hash stands for the chain before it, until it is seen to be what that comes to.
bool RowBatch::follow() {
  messages_.clear();
  for (std::size_t i = 0; i < frames_.size(); ++i)
    messages_.push_back({view(frames_[i].prev_hash), view(leaves_[i])});
  hash(messages_, chain_);
  for (std::size_t i = 1; i < frames_.size(); ++i) {
    if (frames_[i].prev_hash != chain_[i - 1]) return false;
  }
  return true;
}

bool RowBatch::open() {
  messages_.clear();
  for (const OpenedField& each : opened_) messages_.push_back({view(each.salt), each.value});
  hash(messages_, commitments_);
  for (std::size_t i = 0; i < opened_.size(); ++i) {
    if (commitments_[i] != opened_[i].commitment) return false;
  }
  return true;
}

void leaf_hashes(std::span<const RowView> rows, std::vector<Digest>& out) {
  constexpr std::string_view prefix("\0", 1);
  std::vector<Message> messages;
  messages.reserve(rows.size());
  for (const RowView& row : rows) messages.push_back({prefix, row.text});
  hash(messages, out);
}

}  // namespace al::audit
