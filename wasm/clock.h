// The platform's clocks and randomness, for the kernel that has neither.
#pragma once

#include <optional>

#include "base/entropy.h"
#include "transport/clock.h"

namespace al::wasm {

class PlatformClock final : public transport::Clock {
 public:
  [[nodiscard]] Now now() override;
  /// One crossing in place of two.
  [[nodiscard]] Millis wall_ms() override;

  /// From here on, time stands still: asking the platform is a crossing, and what one verb does is asked for
  /// half a dozen times.
  void hold() { held_ = true; }
  void release() {
    held_ = false;
    now_.reset();
  }

 private:
  bool held_ = false;
  std::optional<Now> now_;  // as it was first asked for since hold()
};

/// Seeded with 32 bytes of the platform's cryptographic randomness (crypto.getRandomValues).
[[nodiscard]] Entropy platform_entropy();

}  // namespace al::wasm
