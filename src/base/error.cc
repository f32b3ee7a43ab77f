#include "base/error.h"

namespace al {

std::string_view text(Code code) {
  switch (code) {
    case Code::malformed_json:
      return "MALFORMED_JSON";
    case Code::invalid_request:
      return "INVALID_REQUEST";
    case Code::unsupported_media_type:
      return "UNSUPPORTED_MEDIA_TYPE";
    case Code::body_too_large:
      return "BODY_TOO_LARGE";
    case Code::not_found:
      return "NOT_FOUND";
    case Code::method_not_allowed:
      return "METHOD_NOT_ALLOWED";
    case Code::unauthenticated:
      return "UNAUTHENTICATED";
    case Code::forbidden:
      return "FORBIDDEN";
    case Code::conflict:
      return "CONFLICT";
    case Code::idempotency_mismatch:
      return "IDEMPOTENCY_MISMATCH";
    case Code::approval_expired:
      return "APPROVAL_EXPIRED";
    case Code::approval_not_approved:
      return "APPROVAL_NOT_APPROVED";
    case Code::delegation_limit:
      return "DELEGATION_LIMIT";
    case Code::rate_limited:
      return "RATE_LIMITED";
    case Code::policy_denied:
      return "POLICY_DENIED";
    case Code::policy_invalid:
      return "POLICY_INVALID";
    case Code::ledger_unavailable:
      return "LEDGER_UNAVAILABLE";
    case Code::ledger_corrupt:
      return "LEDGER_CORRUPT";
    case Code::internal:
      return "INTERNAL";
    case Code::connection_failed:
      return "CONNECTION_FAILED";
    case Code::request_timeout:
      return "REQUEST_TIMEOUT";
    case Code::deadline_exceeded:
      return "DEADLINE_EXCEEDED";
    case Code::approval_timeout:
      return "APPROVAL_TIMEOUT";
    case Code::aborted:
      return "ABORTED";
    case Code::protocol_error:
      return "PROTOCOL_ERROR";
    case Code::invalid_argument:
      return "INVALID_ARGUMENT";
    case Code::limit_reached:
      return "LIMIT_REACHED";
    case Code::closed:
      return "CLOSED";
    case Code::crashed:
      return "CRASHED";
  }
  return "INTERNAL";
}

}  // namespace al
