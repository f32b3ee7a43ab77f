// A part of a compiled condition that is large, and that few conditions have: kept elsewhere. In place it
// would take half of what a policy takes in memory.
#pragma once

#include <memory>
#include <optional>
#include <utility>

namespace al::policy {

/// Immutable; null where there is none.
template <typename T>
using Rare = std::shared_ptr<const T>;

template <typename T>
[[nodiscard]] Rare<T> rare(std::optional<T> part) {
  return part ? std::make_shared<const T>(std::move(*part)) : nullptr;
}

}  // namespace al::policy
