// Checks rows that follow one another, many at once: what is to be hashed for one row does not wait for
// another, since each row states the chain's hash before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "audit/row.h"
#include "base/sha256_batch.h"

namespace al::audit {

class RowBatch {
 public:
  /// Larger batches gain nothing: their working memory leaves the cache.
  static constexpr std::size_t rows_max = 256;

  /// Whether facts() will be asked for.
  enum class Facts : std::uint8_t { passed_over, kept };
  explicit RowBatch(Facts facts = Facts::passed_over) : keeps_facts_(facts == Facts::kept) {}

  /// What the first of the rows must continue.
  struct Before {
    std::uint64_t rows = 0;
    Digest prev_hash{};
    Millis wall_ms = 0;
  };

  /// True when every row is sound and continues the one before it, openings included. False says only that
  /// something is wrong, not what. `rows`: 1 to rows_max, whose texts outlive the use of what follows.
  [[nodiscard]] bool check(std::span<const RowView> rows, const Before& before);

  // Of the rows that were sound.
  [[nodiscard]] std::span<const RowFrame> frames() const { return frames_; }
  /// Those of the row at that index of frames().
  [[nodiscard]] std::span<const OpenedField> openings(std::size_t index) const {
    return part(opened_, opened_end_, index);
  }
  [[nodiscard]] std::span<const CanonicalMember> facts(std::size_t index) const {
    return part(facts_, facts_end_, index);
  }
  [[nodiscard]] std::span<const Digest> leaves() const { return leaves_; }
  /// What the row behind the last one must carry.
  [[nodiscard]] const Digest& next_prev_hash() const { return chain_.back(); }

 private:
  [[nodiscard]] bool read(std::span<const RowView> rows, const Before& before);
  [[nodiscard]] bool follow();
  [[nodiscard]] bool open();
  template <typename T>
  [[nodiscard]] static std::span<const T> part(const std::vector<T>& all, const std::vector<std::size_t>& end,
                                               std::size_t index) {
    const std::size_t begin = index == 0 ? 0 : end[index - 1];
    return std::span(all).subspan(begin, end[index] - begin);
  }

  bool keeps_facts_;
  std::vector<RowFrame> frames_;
  std::vector<OpenedField> opened_;      // of all rows
  std::vector<std::size_t> opened_end_;  // opened_end_[i]: behind those of row i
  std::vector<CanonicalMember> facts_;   // likewise
  std::vector<std::size_t> facts_end_;
  std::vector<Message> messages_;
  std::vector<Digest> leaves_;
  std::vector<Digest> chain_;  // chain_[i]: what the row behind row i must carry
  std::vector<Digest> commitments_;
};

/// The leaf hashes of rows, in order.
void leaf_hashes(std::span<const RowView> rows, std::vector<Digest>& out);

}  // namespace al::audit
