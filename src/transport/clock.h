// The host's clocks, injected.
#pragma once

#include "base/time.h"

namespace al::transport {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Now now() = 0;
};

}  // namespace al::transport
