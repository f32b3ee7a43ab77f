// A list that mostly has one item, which then lies in the list itself: nothing to allocate, and whoever reads
// it has no second place in memory to wait for.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace al {

template <typename T>
class Few {
 public:
  Few() = default;
  explicit Few(std::vector<T> items) {
    if (items.size() == 1) {
      one_ = std::move(items.front());
    } else {
      several_ = std::move(items);
    }
  }

  [[nodiscard]] T* begin() { return one_ ? &*one_ : several_.data(); }
  [[nodiscard]] T* end() { return begin() + size(); }
  [[nodiscard]] const T* begin() const { return one_ ? &*one_ : several_.data(); }
  [[nodiscard]] const T* end() const { return begin() + size(); }
  [[nodiscard]] std::size_t size() const { return one_ ? 1 : several_.size(); }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] const T& operator[](std::size_t index) const { return begin()[index]; }
  [[nodiscard]] const T& front() const { return *begin(); }
  [[nodiscard]] const T& back() const { return begin()[size() - 1]; }

 private:
  std::optional<T> one_;    // where that is all
  std::vector<T> several_;  // else
};

}  // namespace al
