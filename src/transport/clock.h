// The host's clocks, injected.
#pragma once

#include "base/time.h"

namespace al::transport {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Now now() = 0;
  /// The same, for who needs no monotonic time.
  [[nodiscard]] virtual Millis wall_ms() { return now().wall_ms; }
};

}  // namespace al::transport
