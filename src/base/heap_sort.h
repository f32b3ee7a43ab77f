// Sorting with a quarter of the code of std::sort, of which every element type gets a copy; the lists here
// are short.
#pragma once

#include <algorithm>
#include <functional>

namespace al {

/// In place, n log n at worst; equal elements end up in any order.
template <typename List, typename Less = std::less<>>
void heap_sort(List& list, Less less = {}) {
  std::make_heap(list.begin(), list.end(), less);
  std::sort_heap(list.begin(), list.end(), less);
}

}  // namespace al
