#include "clock.h"

#include <emscripten/emscripten.h>
#include <emscripten/html5.h>
#include <unistd.h>

#include <cstdlib>

namespace al::wasm {

Now PlatformClock::now() {
  if (now_) return *now_;
  const Now now{static_cast<Millis>(emscripten_performance_now()),
                static_cast<Millis>(emscripten_date_now())};
  if (held_) now_ = now;
  return now;
}

Millis PlatformClock::wall_ms() { return now_ ? now_->wall_ms : static_cast<Millis>(emscripten_date_now()); }

Entropy platform_entropy() {
  Digest seed;
  // Without randomness there are no unguessable keys: better no kernel at all.
  if (getentropy(seed.data(), seed.size()) != 0) std::abort();
  return Entropy(seed);
}

}  // namespace al::wasm
