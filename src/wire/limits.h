// Every bound of the wire, with its name and unit.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace al::wire {

inline constexpr std::size_t body_bytes_max = 1 << 20;
inline constexpr std::size_t body_depth_max = 64;
inline constexpr std::size_t action_type_bytes_max = 128;
inline constexpr std::size_t name_bytes_max = 128;
inline constexpr std::size_t reason_bytes_max = 2000;
inline constexpr std::size_t event_id_bytes_max = 256;
inline constexpr std::size_t data_accessed_items_max = 1000;
inline constexpr std::size_t capabilities_max = 256;
inline constexpr std::int64_t delegation_ttl_s_max = 86'400;
inline constexpr std::int64_t delegation_depth_max = 5;
inline constexpr std::size_t delegation_children_max = 256;
inline constexpr std::size_t delegations_ended_max = 1000;
inline constexpr std::int64_t page_items_default = 50;
inline constexpr std::int64_t page_items_max = 500;
inline constexpr std::size_t page_bytes_max = 4 << 20;  // of rows; the one that reaches it is the page's last
inline constexpr std::int64_t approval_wait_s_max = 55;

}  // namespace al::wire
