// Errors as values. Nothing in the kernel throws: a function that can fail returns a Result.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace al {

/// Every stable error code of the kernel. The text of each is the wire string (`text(Code)`); what a code
/// means on HTTP, and which class it becomes in JavaScript, stands in one table in wire/codes.h.
enum class Code {
  // A request that cannot be understood.
  malformed_json,
  invalid_request,
  unsupported_media_type,
  body_too_large,
  not_found,
  method_not_allowed,
  // Who asks.
  unauthenticated,
  forbidden,
  // State.
  conflict,
  idempotency_mismatch,
  approval_expired,
  approval_not_approved,
  delegation_limit,
  rate_limited,
  policy_denied,
  policy_invalid,
  // The service's own trouble.
  ledger_unavailable,
  ledger_corrupt,
  internal,
  // What a client sees without an answer of the service.
  connection_failed,
  request_timeout,
  deadline_exceeded,
  approval_timeout,
  aborted,
  protocol_error,
  invalid_argument,
  limit_reached,
  closed,
  crashed,
};

/// The wire string of a code, e.g. "IDEMPOTENCY_MISMATCH".
[[nodiscard]] std::string_view text(Code code);

struct Error {
  Code code = Code::internal;
  /// For people: what happened, where, and what to do. Never holds a key.
  std::string message;
  /// A JSON object with machine-readable detail, or empty.
  std::string details = {};
};

}  // namespace al
