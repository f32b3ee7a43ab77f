// What a client is given: its settings, and the commands of the application. Plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "wire/http.h"

namespace al::client {

struct Config {
  /// Goes into Request.api_key and nowhere else; whatever a client says is searched for it first.
  std::string api_key = {};
  Millis request_timeout_ms = 30'000;  // one attempt: connection, headers and body (seed: 30 s)
  int attempts_max = 3;                // of one HTTP exchange (seed: 3)
  Millis retry_first_ms = 1000;        // back-off doubles from here (seed: 1 s, 2 s, 4 s), with full jitter
  Millis retry_last_ms = 4000;
  Millis gate_timeout_ms = 8LL * 60 * 60 * 1000;  // seed: 8 h
  Millis poll_interval_ms = 5000;                 // seed: 5 s; where the service does not hold the answer
  std::int64_t long_poll_s = 25;                  // how long the service may hold an answer; 0: plain polling
  std::size_t calls_max = 10'000;                 // open at once
};

/// Chosen by the application; free again once the call has settled.
using CallId = std::uint32_t;
/// Chosen by the client, never reused.
using AttemptId = std::uint64_t;

struct Command {
  /// The name of an endpoint (wire/endpoints.h), or "gate", "resumeGate", "verify".
  std::string operation;
  std::vector<std::string> arguments = {};  // of the path, not encoded
  std::string query = {};                   // "limit=5&cursor=x", percent-encoded
  std::string body = {};                    // wire JSON, or empty
  std::string event_id = {};                // idempotency key; one is minted for a post that has none
  std::string delegation_id = {};
  Millis timeout_ms = 0;  // for the whole call; 0: none (a gate: Config::gate_timeout_ms)
};

/// Send this; give up on it after `timeout_ms` (the client will say Abort by itself, too).
struct Send {
  AttemptId attempt = 0;
  wire::Request request;
  Millis timeout_ms = 0;
};

/// The answer to this attempt is no longer wanted.
struct Abort {
  AttemptId attempt = 0;
};

/// The end of a call. `ok`: the result's body, wire JSON. Else
/// {"code","class","message","retryable","request_id"?, "retry_after_ms"?,"details"?}, for denials also
/// "reason","policy","conditions","approval_id","audit_event_id", for whatever ends a gate that knows its
/// approval also "approval_id".
struct Settle {
  CallId call = 0;
  bool ok = false;
  std::string json;
};

using Output = std::variant<Send, Abort, Settle>;

/// What a client has seen, for people who wonder.
struct Stats {
  std::uint64_t calls = 0;               // submitted, refused ones included
  std::uint64_t attempts = 0;            // requests sent
  std::uint64_t retries = 0;             // … of which second and later attempts
  std::uint64_t retries_refused = 0;     // not made: the retry budget was empty
  std::uint64_t late_responses = 0;      // answers to attempts that were over, or never were
  std::uint64_t spurious_timeouts = 0;   // handle_timeout() with nothing due
  std::uint64_t stray_commands = 0;      // cancelled what was not open, or submitted under an id in use
  std::uint64_t cleanups = 0;            // delegations nobody waits for any more that were revoked
  std::uint64_t cleanups_abandoned = 0;  // … that could not be, and end with their ttl
};

}  // namespace al::client
