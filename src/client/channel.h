// A channel: one subscription to the events of a lattice, over as many sockets as it takes, one after
// another.
//
//             start            open                 ready
//   idle ───────────▶ connecting ───▶ subscribing ───────────▶ live
//                        ▲                │ lost, silent,        │ lost, silent, protocol error,
//           back-off is  │                ▼ refused for now      ▼ server too busy
//           over         └───────────── backing_off ◀────────────┘
//   paused ◀── pause ── any of these ── end, or an error that another try would meet again ──▶ ended
//      └── resume ──▶ connecting
//
// Rules
//   * INVARIANT: each event is delivered once, and in order, whatever the sockets did. `last` is the row up
//     to which everything was delivered or left out by the filter; a new socket begins with `after: last`,
//     and what it repeats is dropped and counted.
//   * INVARIANT: at most one socket is open. What comes from another one is a no-op, and counted.
//   * It never stops trying, but for errors that another try would meet again: a refused key, a refused
//     subscription, a ledger that does not hold the row that was read last, and `protocol_errors_max`
//     protocol errors in a row.
//   * A socket that brings nothing, not even a heartbeat, for `silence_ms_max` is closed, as if it were
//     lost. Heartbeats are answered as they come, never by a timer: a browser slows the timers of a page in
//     the background, not its sockets.
//   * Back-off is exponential with full jitter, and begins anew once a socket brought an event or stayed
//     for `stable_ms`.
//   * After pause() nothing is delivered, after end() nothing but the end is reported. `ended` has no way
//     out.
//   * The token goes into the first frame of each socket and nowhere else.
//
// Contract: after each verb, drain poll_output() until it is empty and carry out what comes, in order; then
// call handle_timeout() at next_deadline(), or any other verb before.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/entropy.h"
#include "base/result.h"
#include "base/time.h"
#include "wire/realtime.h"

namespace al::client {

/// Chosen by the channel, never reused by it.
using SocketId = std::uint64_t;

struct ChannelLimits {
  Millis open_ms_max = 30'000;   // until the socket is open
  Millis ready_ms_max = 15'000;  // from there until the server is ready
  Millis silence_ms_max = wire::silence_ms_max;
  Millis retry_first_ms = 1000;
  Millis retry_last_ms = 30'000;
  Millis stable_ms = 5000;
  int protocol_errors_max = 5;
};

/// Open a socket to the service's events.
struct OpenSocket {
  SocketId socket = 0;
};
struct SendText {
  SocketId socket = 0;
  std::string text;  // the first one of a socket holds the token
};
/// This socket is no longer wanted; nothing that it still brings is.
struct CloseSocket {
  SocketId socket = 0;
  std::uint16_t code = wire::close_code::normal;
};
/// {"seq","event_type","agent_id","timestamp","data"}
struct Deliver {
  std::uint64_t seq = 0;
  std::string json;
};
enum class ChannelNews : std::uint8_t { ready, reconnecting, ended };
[[nodiscard]] std::string_view text(ChannelNews news);
/// How the channel fares. `json`: the error, as a call's failure is told, or "".
struct Report {
  ChannelNews news = ChannelNews::ready;
  std::string json;
};
using ChannelOutput = std::variant<OpenSocket, SendText, CloseSocket, Deliver, Report>;

struct ChannelStats {
  std::uint64_t sockets = 0;            // asked for
  std::uint64_t delivered = 0;          // events
  std::uint64_t repeated = 0;           // events that were dropped, because they had been delivered
  std::uint64_t stray_inputs = 0;       // from sockets that are over
  std::uint64_t spurious_timeouts = 0;  // handle_timeout() with nothing due
};

class Channel {
 public:
  enum class State : std::uint8_t { idle, connecting, subscribing, live, backing_off, paused, ended };

  /// `subscribe` holds the token, and the filter.
  Channel(wire::Subscribe subscribe, Entropy entropy, ChannelLimits limits = {});

  /// Begins; only once.
  void start(Now now);
  /// Lets the socket go, and remembers where it was.
  void pause(Now now);
  void resume(Now now);
  /// The application does not want it any more, or cannot have it, for the reason given.
  void end(std::optional<Error> why = {});

  void handle_open(SocketId socket, Now now);
  void handle_text(SocketId socket, std::string_view frame, Now now);
  /// It is closed, or could not be opened; `reason` is for people.
  void handle_closed(SocketId socket, std::uint16_t code, std::string_view reason, Now now);
  void handle_timeout(Now now);

  [[nodiscard]] std::optional<ChannelOutput> poll_output();
  /// On the steady clock.
  [[nodiscard]] std::optional<Millis> next_deadline() const;
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool ended() const { return state_ == State::ended; }
  /// The row up to which everything was delivered or left out; nothing before the first `ready`.
  [[nodiscard]] std::optional<std::uint64_t> last() const { return subscribe_.after; }
  [[nodiscard]] const ChannelStats& stats() const { return stats_; }

 private:
  [[nodiscard]] bool has_socket() const {
    return state_ == State::connecting || state_ == State::subscribing || state_ == State::live;
  }
  [[nodiscard]] bool is_stray(SocketId socket);
  void connect(Now now);
  void close_socket(std::uint16_t code);
  void on_frame(wire::ServerFrame frame, Now now);
  void on_ready(const wire::ServerFrame& frame, Now now);
  void on_event(wire::ServerFrame frame);
  void on_heartbeat(const wire::ServerFrame& frame);
  void on_error(Error error, Now now);
  /// The socket is gone, or not worth keeping: tries again later.
  void lose(const Error& why, Now now);
  void violate(Error what, Now now);
  /// All is well: the next failure is a first one.
  void settle_down();
  void forget_deliveries();
  void report(ChannelNews news, const std::optional<Error>& error);

  wire::Subscribe subscribe_;  // `after` advances with what was delivered
  Entropy entropy_;
  ChannelLimits limits_;
  ChannelStats stats_;
  State state_ = State::idle;
  SocketId socket_ = 0;
  Millis wake_ms_ = 0;                  // what the state is bounded by
  std::optional<Millis> stable_at_ms_;  // live: when it counts as stable
  int failures_ = 0;                    // in a row
  int protocol_errors_ = 0;             // in a row
  std::list<ChannelOutput> outputs_;
};

}  // namespace al::client
