// A sliding count: time in buckets of one width, of which the last `Buckets` are kept. What falls out of them
// is forgotten. The caller divides its time by the width: an index here is a number of widths since 1970, and
// never goes back.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace al {

template <std::size_t Buckets>
class BucketRing {
 public:
  void add(std::int64_t index) {
    advance(index);
    std::uint32_t& bucket = counts_[slot(head_)];
    if (bucket < std::numeric_limits<std::uint32_t>::max()) ++bucket;
  }

  /// What was counted in the bucket `now` and in the `before` buckets before it.
  [[nodiscard]] std::int64_t sum(std::int64_t now, std::int64_t before) const {
    assert(before < static_cast<std::int64_t>(Buckets));
    std::int64_t total = 0;
    const std::int64_t kept = head_ - static_cast<std::int64_t>(Buckets) + 1;
    const std::int64_t oldest = std::max({now - before, kept, std::int64_t{0}});
    for (std::int64_t index = oldest; index <= std::min(now, head_); ++index) total += counts_[slot(index)];
    return total;
  }

  void clear() { *this = BucketRing(); }

  template <typename Archive>
  void archive(Archive& fields) {
    fields(head_, counts_);
    if constexpr (Archive::reads) {
      if (head_ < 0) fields.fail();
    }
  }

 private:
  static std::size_t slot(std::int64_t index) {
    return static_cast<std::size_t>(index % static_cast<std::int64_t>(Buckets));
  }

  void advance(std::int64_t index) {
    if (index <= head_) return;
    const std::int64_t stale = std::min(index - head_, static_cast<std::int64_t>(Buckets));
    for (std::int64_t i = 0; i < stale; ++i) counts_[slot(index - i)] = 0;
    head_ = index;
  }

  std::int64_t head_ = 0;
  std::array<std::uint32_t, Buckets> counts_{};
};

}  // namespace al
