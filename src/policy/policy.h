// One policy: what it is about, what it does, and the conditions under which. Read from JSON by compile(),
// which refuses everything it does not understand completely: a policy that loads is a policy that means what
// it says.
//
//   policy_set.h  which policy decides           policy_index.h  where it is found
//   policy.h      one policy and its JSON        pattern.h       which actions it is about
//   condition.h   what must hold, and what it comes to
//   field.h       what conditions ask about      operators.h     how they compare
//   leaf.h        one compiled comparison        glob.h          matches, contains
//   hint.h        how it is explained            shadow.h        policies that can never win
//   contradiction.cc, operand.cc                 conditions that make no sense
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/json_reader.h"
#include "base/result.h"
#include "base/sha256.h"
#include "base/time.h"
#include "policy/condition.h"
#include "policy/pattern.h"

namespace al::policy {

enum class Effect : std::uint8_t { allow, deny, require_approval, conditional };
[[nodiscard]] std::string_view text(Effect effect);
[[nodiscard]] std::optional<Effect> parse_effect(std::string_view name);
/// Who comes first among equally specific policies, lowest first: deny, require_approval, conditional, allow.
[[nodiscard]] int rank(Effect effect);

/// What approvers must do, where a policy asks for them.
struct ApprovalTerms {
  Millis timeout_ms = 8 * 3600 * 1000;  // 1 s – 30 days
  std::int64_t quorum = 1;              // distinct operators, 1 – 100
  /// Operator names or "role:…"; empty means any operator.
  std::vector<std::string> approvers;

  /// Whether every approval on these terms would be one on the others.
  [[nodiscard]] bool as_strict_as(const ApprovalTerms& others) const;
};

struct Policy {
  std::string name;
  Pattern action_type;
  Effect effect = Effect::deny;
  /// For `conditional`: what a failed condition leads to, `deny` or `require_approval`.
  Effect on_fail = Effect::deny;
  bool enabled = true;
  Condition condition;  // All of `conditions`; always true when there are none.
  ApprovalTerms approval;
  std::vector<std::string> agents;  // Agent names or ids; empty means all agents.
  std::string description;

  std::string source;  // The canonical JSON (RFC 8785) it was compiled from.
  Digest digest{};     // SHA-256 of `source`.

  /// Whether `agents` lets it be about this agent.
  [[nodiscard]] bool is_for(std::string_view agent_id, std::string_view agent_name) const;
};

struct CompileLimits {
  std::size_t conditions_max = 256;  // Groups count too.
  std::size_t condition_depth_max = 8;
  std::size_t name_bytes_max = 128;
  std::size_t description_bytes_max = 4096;
  std::size_t source_bytes_max = 256 * 1024;  // Of the canonical form.
};

/// Compiles one policy object; on failure appends every fault, its pointer starting with `pointer`, and
/// returns nothing.
///
///   name         1–128 bytes, printable, no "/"
///   action_type  a pattern
///   effect       allow | deny | require_approval | conditional
///   conditions   not empty, all must hold; required for conditional, else they decide whether it applies
///   on_fail      deny (default) | require_approval; for conditional
///   approval     {timeout_seconds, quorum, approvers}; where an approval can come of the policy
///   agents       names or ids; absent: all agents
///   enabled      default true
///   description  for people
///
/// What counts is the canonical form, `Policy::source`: the conditions are compiled from it, so a policy that
/// is read back from a ledger means exactly what the first one meant. The policy keeps nothing of `source`.
[[nodiscard]] std::optional<Policy> compile(json::Value source, std::string_view pointer,
                                            std::vector<json::Fault>& faults,
                                            const CompileLimits& limits = {});

}  // namespace al::policy
