// A set of row numbers, at one bit a row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace al::engine {

class RowSet {
 public:
  [[nodiscard]] bool contains(std::uint64_t row_id) const {
    return row_id < bits_.size() && bits_[static_cast<std::size_t>(row_id)];
  }
  /// Takes memory for all rows up to this one.
  void insert(std::uint64_t row_id) {
    if (row_id >= bits_.size()) bits_.resize(static_cast<std::size_t>(row_id) + 1);
    bits_[static_cast<std::size_t>(row_id)] = true;
  }
  void erase(std::uint64_t row_id) {
    if (contains(row_id)) bits_[static_cast<std::size_t>(row_id)] = false;
  }

 private:
  std::vector<bool> bits_;
};

}  // namespace al::engine
