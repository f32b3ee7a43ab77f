// Who wants to be woken, and when: an index, so that thousands who wait cost hardly more than one.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/time.h"

namespace al {

class Deadlines {
 public:
  using Id = std::uint64_t;

  /// Puts `id` down for `next`, or for no time. `noted` is what it is put down for; it belongs to this index,
  /// and begins as nothing.
  void note(Id id, std::optional<Millis>& noted, std::optional<Millis> next);
  /// The first of all times.
  [[nodiscard]] std::optional<Millis> next() const;
  /// Whose time has come.
  [[nodiscard]] std::vector<Id> due(Millis now_ms) const;

 private:
  std::set<std::pair<Millis, Id>> entries_;
};

}  // namespace al
