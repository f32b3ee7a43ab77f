// The frames of the realtime wire: JSON text on a WebSocket, one object a frame.
//
//   → {"type":"subscribe","token":"al_…","org_id":"…","events":["action.denied"],"agent_id":"…","after":1041}
//   ← {"type":"ready","org_id":"…","seq":1041}
//   ← {"type":"event","seq":1042,"event_type":"action.denied","agent_id":"…","timestamp":"…","data":{…}}
//   ← {"type":"heartbeat","seq":1042}          → {"type":"heartbeat"}
//   ← {"type":"error","error":{"code":"…","message":"…"}}
//
// In a subscription, null (or nothing) stands for: the key's own organisation, all events, all agents, from
// now on. A seq is a row of the ledger. `ready` says after which row the events begin: the `after` that was
// asked for, or the last row there is. A heartbeat says up to which row everything was sent, or left out by
// the filter.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace al::wire {

/// Below the base URL.
inline constexpr std::string_view events_target = "/api/v1/events";
/// "wss://example.com/api/v1/events" for "https://example.com". Fails with `invalid_argument` for what is no
/// http or https URL.
[[nodiscard]] Result<std::string> events_url(std::string_view base_url);

/// How often a server says that it is there. A client answers each of them.
inline constexpr Millis heartbeat_interval_ms = 15'000;
/// How long either side may be silent before the other takes it for gone: two heartbeats and a half.
inline constexpr Millis silence_ms_max = heartbeat_interval_ms * 5 / 2;
inline constexpr std::size_t client_frame_bytes_max = 64 << 10;
inline constexpr std::size_t filter_events_max = 64;
/// Beyond it, JavaScript has no exact numbers.
inline constexpr std::uint64_t seq_max = (std::uint64_t{1} << 53) - 1;

/// RFC 6455, 7.4, as far as it is used here. A client may send only `normal` and codes from 3000 on.
namespace close_code {
inline constexpr std::uint16_t normal = 1000;
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t policy_violation = 1008;
inline constexpr std::uint16_t try_again_later = 1013;
inline constexpr std::uint16_t heartbeat_missed = 4000;
inline constexpr std::uint16_t protocol_error = 4002;
}  // namespace close_code

/// Every event type there is.
[[nodiscard]] std::span<const std::string_view> event_types();

/// What somebody wants to hear, and of whom.
struct Subscribe {
  std::string token = {};                               // a secret
  std::string org_id = {};                              // "": the one that the token belongs to
  std::optional<std::vector<std::string>> events = {};  // nothing: all types
  std::string agent_id = {};                            // "": all agents
  std::optional<std::uint64_t> after = {};              // nothing: from now on
};

/// A client's first frame.
[[nodiscard]] std::string write_subscribe(const Subscribe& subscribe);
/// Reads it, strictly. Fails with `invalid_request`, and names every fault.
[[nodiscard]] Result<Subscribe> read_subscribe(json::Value frame);
/// The same without type and token, as an application gives it. Fails with `invalid_argument`.
[[nodiscard]] Result<Subscribe> read_filter(std::string_view json);

inline constexpr std::string_view client_heartbeat = R"({"type":"heartbeat"})";

/// What a server says.
struct ServerFrame {
  enum class Kind : std::uint8_t { ready, event, heartbeat, error, unknown };
  Kind kind = Kind::unknown;
  std::uint64_t seq = 0;    // ready, event, heartbeat
  std::string org_id = {};  // ready
  std::string event = {};   // event: {"seq","event_type","agent_id","timestamp","data"}
  Error error = {};         // error
};
/// Fails with `protocol_error` where a frame of a known type is not what it must be. Unknown fields and
/// types are fine.
[[nodiscard]] Result<ServerFrame> read_server_frame(std::string_view text);

[[nodiscard]] std::string write_ready(std::string_view org_id, std::uint64_t seq);
[[nodiscard]] std::string write_event(std::uint64_t seq, std::string_view event_type,
                                      std::string_view agent_id, Millis wall_ms, json::Value data);
[[nodiscard]] std::string write_heartbeat(std::uint64_t seq);
[[nodiscard]] std::string write_error(const Error& error);

}  // namespace al::wire
