// What the client reads out of the service's answers. Decoding is lenient where the public documents disagree
// with each other, and strict where a wrong reading could let an action run.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "wire/http.h"
#include "wire/limits.h"

namespace al::wire {

enum class ActionStatus { executed, requested, denied };
enum class ApprovalState { pending, approved, denied, expired, cancelled };
[[nodiscard]] std::string_view text(ActionStatus status);
[[nodiscard]] std::string_view text(ApprovalState state);

/// What an answer may measure. Wider than what a request may: an answer wraps what many requests brought.
inline constexpr json::Limits response_limits{.bytes_max = 64 << 20, .depth_max = body_depth_max * 2};

/// An answer to POST /actions or to a claim.
struct ActionResult {
  ActionStatus status = ActionStatus::denied;
  std::string audit_event_id;
  std::string approval_id;                // always set when requested
  std::optional<Millis> timeout_wall_ms;  // when the approval expires
  std::string denial_reason;
  std::string policy_name;
  std::string message;
  std::string conditions;  // `conditions_evaluated`, a JSON array; empty when the answer has none
  /// The result in wire names, for the caller: the answer's own text where it uses them, else re-written.
  std::string body;
};

/// Accepts `status` or, of the hosted service's older form, `verdict: pending_approval` with `approvalId`; a
/// denial also as the error envelope with POLICY_DENIED, whatever the HTTP status. Fails with
/// `protocol_error` where the body does not parse, has no known status, is `requested` without an approval
/// id, or contradicts itself; with decode_error() where the service refused the request for another reason
/// than a policy.
[[nodiscard]] Result<ActionResult> decode_action_result(const Response& response);

/// An answer to GET /approvals/{id}.
struct Approval {
  std::string approval_id;
  ApprovalState state = ApprovalState::pending;
  /// The service knows claims, so an approved request must be claimed before it runs. True wherever the
  /// answer has the field `claimable`: one that says false (a used approval, say) is refused by the claim,
  /// never waved through here.
  bool claimable = false;
  std::optional<Millis> timeout_wall_ms;
  std::string audit_event_id;
  std::string policy_name;
  std::string decided_by;  // who, where the answer says so
  std::string reason;      // why, in the approver's words
  std::string body;        // the approval as wire JSON
};
/// Fails with `protocol_error` where the body does not parse, names no approval or no known state, or
/// contradicts itself.
[[nodiscard]] Result<Approval> decode_approval(const Response& response);

/// True for a status that means success.
[[nodiscard]] constexpr bool success_status(int status) { return status >= 200 && status <= 299; }

/// The Error of a failed answer: its envelope when it has one, else what the status means. A code that this
/// version does not know, or that only a client may give (ABORTED, CRASHED …), is kept in `details` as
/// `service_code`, and the status decides. A status that is no failure gives `protocol_error`.
[[nodiscard]] Error decode_error(const Response& response);

/// Whether another attempt may succeed: 408, 425, 429 and every 5xx.
[[nodiscard]] bool retryable_status(int status);

}  // namespace al::wire
