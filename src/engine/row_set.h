// A set of row numbers, at one bit a row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
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

  template <typename Archive>
  void archive(Archive& fields) {
    std::string bytes;  // eight rows each
    if constexpr (!Archive::reads) {
      bytes.resize((bits_.size() + 7) / 8);
      for (std::size_t row = 0; row < bits_.size(); ++row)
        bytes[row / 8] = static_cast<char>(bytes[row / 8] | (bits_[row] ? 1 << row % 8 : 0));
    }
    fields(bytes);
    if constexpr (Archive::reads) {
      bits_.resize(8 * bytes.size());
      for (std::size_t row = 0; row < bits_.size(); ++row) bits_[row] = (bytes[row / 8] >> row % 8 & 1) != 0;
    }
  }

 private:
  std::vector<bool> bits_;
};

}  // namespace al::engine
