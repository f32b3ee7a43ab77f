#include "wire/codes.h"

#include <array>

namespace al::wire {
namespace {

struct Entry {
  Code code;
  CodeTraits traits;
};

constexpr auto plain = ErrorClass::error;

constexpr std::array table{
    Entry{Code::malformed_json, {400, plain, false}},
    Entry{Code::invalid_request, {400, plain, false}},
    Entry{Code::unsupported_media_type, {415, plain, false}},
    Entry{Code::body_too_large, {413, plain, false}},
    Entry{Code::not_found, {404, plain, false}},
    Entry{Code::method_not_allowed, {405, plain, false}},
    Entry{Code::unauthenticated, {401, plain, false}},
    Entry{Code::forbidden, {403, plain, false}},
    Entry{Code::conflict, {409, plain, false}},
    Entry{Code::idempotency_mismatch, {409, plain, false}},
    Entry{Code::approval_expired, {409, ErrorClass::timeout, false}},
    Entry{Code::approval_not_approved, {409, plain, false}},
    Entry{Code::delegation_limit, {409, plain, false}},
    Entry{Code::rate_limited, {429, plain, true}},
    Entry{Code::policy_denied, {403, ErrorClass::denied, false}},
    Entry{Code::policy_invalid, {422, plain, false}},
    Entry{Code::ledger_unavailable, {503, plain, true}},
    Entry{Code::ledger_corrupt, {500, plain, false}},
    Entry{Code::internal, {500, plain, true}},
    Entry{Code::connection_failed, {0, ErrorClass::connection, true}},
    Entry{Code::request_timeout, {0, ErrorClass::connection, true}},
    Entry{Code::deadline_exceeded, {0, ErrorClass::connection, true}},
    Entry{Code::approval_timeout, {0, ErrorClass::timeout, false}},
    Entry{Code::aborted, {0, ErrorClass::aborted, false}},
    Entry{Code::protocol_error, {0, ErrorClass::protocol, false}},
    Entry{Code::invalid_argument, {0, plain, false}},
    Entry{Code::limit_reached, {0, plain, true}},
    Entry{Code::closed, {0, plain, false}},
    Entry{Code::crashed, {0, ErrorClass::crashed, false}},
};

}  // namespace

std::string_view text(ErrorClass error_class) {
  constexpr std::array<std::string_view, 7> texts{"error",    "denied",  "timeout", "connection",
                                                  "protocol", "aborted", "crashed"};
  return texts[static_cast<std::size_t>(error_class)];
}

CodeTraits traits(Code code) {
  for (const Entry& entry : table) {
    if (entry.code == code) return entry.traits;
  }
  return {500, plain, false};
}

std::optional<Code> parse_code(std::string_view wire_text) {
  for (const Entry& entry : table) {
    if (text(entry.code) == wire_text) return entry.code;
  }
  return {};
}

}  // namespace al::wire
