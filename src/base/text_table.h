// A hash table of things that know their names. Unlike TextMap it has no nodes: whoever looks something up
// waits for one place in memory, and then for what is found there. What it holds moves when it grows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text_map.h"

namespace al {

/// T has `std::string_view name() const` and `bool empty() const`; a T{} is empty, and none that is stays in
/// the table.
template <typename T>
class TextTable {
 public:
  [[nodiscard]] const T* find(std::string_view name) const {
    const std::size_t at = place_of(name, hash_of(name));
    return at < slots_.size() && !slots_[at].thing.empty() ? &slots_[at].thing : nullptr;
  }

  /// Changes what has that name, which is an empty thing where there is none; takes it out where it is empty
  /// then. `change` must leave the name as it is.
  template <typename Change>
  void change(std::string_view name, Change change) {
    if ((used_ + 1) * 4 > slots_.size() * 3) grow();
    const std::uint32_t hash = hash_of(name);
    const std::size_t at = place_of(name, hash);
    Slot& slot = slots_[at];
    const bool was_there = !slot.thing.empty();
    slot.hash = hash;
    change(slot.thing);
    const bool is_there = !slot.thing.empty();
    if (!was_there && is_there) ++used_;
    if (was_there && !is_there) close(at);
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    T thing;
  };

  static std::uint32_t hash_of(std::string_view name) { return static_cast<std::uint32_t>(TextHash{}(name)); }
  /// Of a power of two. INVARIANT: at least a quarter of all slots is empty.
  [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }

  /// Where it is, or would be.
  [[nodiscard]] std::size_t place_of(std::string_view name, std::uint32_t hash) const {
    if (slots_.empty()) return 0;
    std::size_t at = hash & mask();
    while (!slots_[at].thing.empty() && (slots_[at].hash != hash || slots_[at].thing.name() != name))
      at = (at + 1) & mask();
    return at;
  }

  void grow() {
    std::vector<Slot> old = std::exchange(slots_, {});
    slots_.resize(old.empty() ? 8 : old.size() * 2);
    for (Slot& slot : old) {
      if (!slot.thing.empty()) slots_[place_of(slot.thing.name(), slot.hash)] = std::move(slot);
    }
  }

  /// Moves up what would no longer be found behind the empty slot.
  void close(std::size_t hole) {
    --used_;
    for (std::size_t at = (hole + 1) & mask(); !slots_[at].thing.empty(); at = (at + 1) & mask()) {
      const std::size_t wanted = slots_[at].hash & mask();
      if (((at - wanted) & mask()) < ((at - hole) & mask())) continue;
      slots_[hole] = std::exchange(slots_[at], {});
      hole = at;
    }
  }

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace al
