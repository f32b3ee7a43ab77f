// The platform's clocks and randomness, for the kernel that has neither.
#pragma once

#include "base/entropy.h"
#include "transport/clock.h"

namespace al::wasm {

class PlatformClock final : public transport::Clock {
 public:
  [[nodiscard]] Now now() override;
};

/// Seeded with 32 bytes of the platform's cryptographic randomness (crypto.getRandomValues).
[[nodiscard]] Entropy platform_entropy();

}  // namespace al::wasm
