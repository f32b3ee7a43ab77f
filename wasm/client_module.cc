// The client module: what talks to a lattice elsewhere.
#include "kernel.h"

namespace al::wasm {

Kernel& kernel() {
  static Kernel instance;
  return instance;
}

}  // namespace al::wasm
