// Where requests go: a network, an engine in the same process, or a simulated world. Client code cannot tell
// which.
#pragma once

#include <string_view>

#include "base/time.h"
#include "client/config.h"
#include "wire/http.h"

namespace al::transport {

/// Takes what became of an attempt. Each attempt is reported at most once; one that was aborted may be, or
/// not.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  virtual void on_response(client::AttemptId attempt, wire::Response response) = 0;
  /// No complete response came; `why` is for people and holds no key.
  virtual void on_failure(client::AttemptId attempt, std::string_view why) = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  /// Sends a request and tells `sink` later, or at once, from within this call. `sink` outlives the attempt.
  /// `timeout_ms` is a hint for transports that have timers; the client says abort() by itself when the time
  /// is over.
  virtual void send(client::AttemptId attempt, wire::Request request, Millis timeout_ms,
                    ResponseSink& sink) = 0;
  /// The answer is no longer wanted. A no-op for an attempt that is over.
  virtual void abort(client::AttemptId attempt) = 0;
};

}  // namespace al::transport
