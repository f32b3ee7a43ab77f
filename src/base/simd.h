// Sixteen bytes at once, as a vector of the compiler's: SIMD128 in WebAssembly, SSE2 or NEON natively, from
// one source. The client's module is compiled without, because it must be small.
#pragma once

#if defined(__wasm__) && !defined(__wasm_simd128__)
#define AL_SIMD 0
#else
#define AL_SIMD 1

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace al {

using Octets = std::uint8_t __attribute__((vector_size(16)));

inline Octets load_octets(const void* at) {
  Octets octets;
  std::memcpy(&octets, at, sizeof octets);
  return octets;
}

template <typename Compared>
[[nodiscard]] inline std::array<std::uint64_t, 2> halves_of(const Compared& compared) {
  std::array<std::uint64_t, 2> halves;
  static_assert(sizeof halves == sizeof compared);
  std::memcpy(&halves, &compared, sizeof halves);
  return halves;
}

/// Whether a bit of a comparison is set.
template <typename Compared>
[[nodiscard]] inline bool any(const Compared& compared) {
  const std::array<std::uint64_t, 2> halves = halves_of(compared);
  return (halves[0] | halves[1]) != 0;
}

/// The first of the octets for which a comparison holds; 16 where there is none.
template <typename Compared>
[[nodiscard]] inline std::size_t first_of(const Compared& compared) {
  static_assert(std::endian::native == std::endian::little);
  const std::array<std::uint64_t, 2> halves = halves_of(compared);
  const int low = std::countr_zero(halves[0]);
  return static_cast<std::size_t>(low < 64 ? low : 64 + std::countr_zero(halves[1])) / 8;
}

}  // namespace al

#endif
