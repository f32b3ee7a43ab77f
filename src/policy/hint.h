// What a decision tells people and agents about one leaf: what was found, and the smallest change that would
// help.
#pragma once

#include <string>

#include "policy/field.h"
#include "policy/leaf.h"

namespace al::policy {

/// Canonical JSON of what was found, bounded: a string is cut after `actual_text_bytes_max` bytes and a list
/// after `actual_items_max` items, with "…" for the rest; an object, and a list inside a list, is shown as
/// "{…}" or "[…]". Empty when nothing was found.
[[nodiscard]] std::string actual_json(const Field& field, const Fact& fact);

inline constexpr std::size_t actual_text_bytes_max = 256;
inline constexpr std::size_t actual_items_max = 16;

/// One sentence: what the field must be for the leaf to hold (`wanted`) or not to hold, what it is, and by
/// how much.
[[nodiscard]] std::string hint(const Leaf& leaf, const Fact& fact, bool wanted);

}  // namespace al::policy
