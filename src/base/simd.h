// Sixteen bytes at once, as a vector of the compiler's: SIMD128 in WebAssembly, SSE2 or NEON natively, from
// one source. The client's module is compiled without, because it must be small.
#pragma once

#if defined(__wasm__) && !defined(__wasm_simd128__)
#define AL_SIMD 0
#else
#define AL_SIMD 1

#include <array>
#include <cstdint>
#include <cstring>

namespace al {

using Octets = std::uint8_t __attribute__((vector_size(16)));

inline Octets load_octets(const void* at) {
  Octets octets;
  std::memcpy(&octets, at, sizeof octets);
  return octets;
}

/// Whether a bit of a comparison is set.
template <typename Compared>
[[nodiscard]] inline bool any(const Compared& compared) {
  std::array<std::uint64_t, 2> halves;
  static_assert(sizeof halves == sizeof compared);
  std::memcpy(&halves, &compared, sizeof halves);
  return (halves[0] | halves[1]) != 0;
}

}  // namespace al

#endif
