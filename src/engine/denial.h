// Why an action is denied where no policy has a part in it. What policies give is policy::DenialReason.
#pragma once

#include <string_view>

namespace al::engine::denial {

inline constexpr std::string_view agent_halted = "AGENT_HALTED";
inline constexpr std::string_view agent_scope = "AGENT_SCOPE";
inline constexpr std::string_view circuit_open = "CIRCUIT_OPEN";
inline constexpr std::string_view delegation_unknown = "DELEGATION_UNKNOWN";
inline constexpr std::string_view delegation_expired = "DELEGATION_EXPIRED";
inline constexpr std::string_view delegation_revoked = "DELEGATION_REVOKED";
inline constexpr std::string_view delegation_scope = "DELEGATION_SCOPE";
/// A policy had asked for an approval, and too many of the agent's waited.
inline constexpr std::string_view approval_backlog = "APPROVAL_BACKLOG";
// At the use of an approval: what was approved cannot be compared any more, or another policy asks now.
inline constexpr std::string_view approval_mismatch = "APPROVAL_MISMATCH";
inline constexpr std::string_view policy_changed = "POLICY_CHANGED";

}  // namespace al::engine::denial
