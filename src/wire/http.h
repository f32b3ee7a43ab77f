// A request and a response as both sides of the wire see them: only what the wire API uses, whichever
// transport carries it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace al::wire {

enum class Method : std::uint8_t { get, post, put, delete_ };
[[nodiscard]] std::string_view text(Method method);
[[nodiscard]] std::optional<Method> parse_method(std::string_view text);

/// Header names, lower case.
namespace header {
inline constexpr std::string_view authorization = "authorization";
inline constexpr std::string_view content_type = "content-type";
inline constexpr std::string_view event_id = "x-al-event-id";
inline constexpr std::string_view delegation_id = "x-al-delegation-id";
inline constexpr std::string_view request_id = "x-request-id";
inline constexpr std::string_view retry_after = "retry-after";
}  // namespace header

namespace media_type {
inline constexpr std::string_view json = "application/json";
/// A JSON text a line.
inline constexpr std::string_view lines = "application/x-ndjson";
}  // namespace media_type

struct Request {
  Method method = Method::get;
  /// Path and query as they stand on the request line, "/api/v1/audit?limit=5"; percent-encoded.
  std::string target;
  /// What follows "Bearer "; empty when there is none. A secret.
  std::string api_key = {};
  std::string event_id = {};
  std::string delegation_id = {};
  /// Empty when the request has no body.
  std::string content_type = {};
  std::string body = {};
  /// The attempts at one request have this number in common. For those who watch; neither this nor `attempt`
  /// is sent.
  std::uint64_t exchange = 0;
  int attempt = 1;
};

/// A request as an HTTP server has it; `headers`: "name: value" lines, names in lower case. Fails with
/// `method_not_allowed`.
[[nodiscard]] Result<Request> read_request(std::string_view method, std::string target,
                                           std::string_view headers, std::string body);

struct Response {
  int status = 0;
  std::string request_id = {};
  std::string retry_after = {};
  /// Of an answer on its way out; a client judges the body itself.
  std::string_view content_type = media_type::json;
  std::string body = {};
  /// Says of an answer of this kernel's own engine that it let the action run, which nobody has to read
  /// again. Never of one that came over a network.
  bool executed = false;
};

/// {"error":{"code","message","details"?}} with the status of the code (codes.h).
[[nodiscard]] Response error_response(const Error& error);
[[nodiscard]] inline Response json_response(int status, std::string body) {
  return {.status = status, .body = std::move(body)};
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
[[nodiscard]] std::string percent_encode(std::string_view text);
/// Nothing when an escape is malformed.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

}  // namespace al::wire
