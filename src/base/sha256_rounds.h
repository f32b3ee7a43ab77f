// The compression function of SHA-256 (FIPS 180-4, 6.2.2), for a word that is a number or a vector of them:
// one spelling for one message and for four. Internal to sha256*.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/simd.h"

namespace al::sha256_internal {

// FIPS 180-4, 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes.
inline constexpr std::array<std::uint32_t, 64> round_constants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// FIPS 180-4, 5.3.3.
inline constexpr std::array<std::uint32_t, 8> initial_state{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                            0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

#if AL_SIMD

using Words = std::uint32_t __attribute__((vector_size(16)));

/// Sixteen bytes as four big-endian words.
[[gnu::always_inline]] inline Words load_words(const std::uint8_t* bytes) {
  Octets octets = load_octets(bytes);
  octets = __builtin_shufflevector(octets, octets, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
  Words words;
  std::memcpy(&words, &octets, sizeof words);
  return words;
}

#endif

template <typename Word>
[[gnu::always_inline]] inline Word rotate_right(Word x, int bits) {
  return (x >> bits) | (x << (32 - bits));
}

/// One of the 64 steps, on the eight working variables where they stand: instead of moving each one along,
/// the caller turns their names. `added`: the step's word and its constant.
template <typename Word>
[[gnu::always_inline]] inline void round(Word a, Word b, Word c, Word& d, Word e, Word f, Word g, Word& h,
                                         Word added) {
  const Word t1 =
      h + (rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25)) + (g ^ (e & (f ^ g))) + added;
  d += t1;
  h = t1 + (rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22)) + (b ^ ((a ^ b) & (b ^ c)));
}

/// Sixteen steps; added(i) is what the i-th of them adds, asked for in order.
template <typename Word, typename Added>
[[gnu::always_inline]] inline void sixteen_rounds(std::array<Word, 8>& variables, Added added) {
  auto [a, b, c, d, e, f, g, h] = variables;
  for (std::size_t i = 0; i < 16; i += 8) {
    round(a, b, c, d, e, f, g, h, added(i));
    round(h, a, b, c, d, e, f, g, added(i + 1));
    round(g, h, a, b, c, d, e, f, added(i + 2));
    round(f, g, h, a, b, c, d, e, added(i + 3));
    round(e, f, g, h, a, b, c, d, added(i + 4));
    round(d, e, f, g, h, a, b, c, added(i + 5));
    round(c, d, e, f, g, h, a, b, added(i + 6));
    round(b, c, d, e, f, g, h, a, added(i + 7));
  }
  variables = {a, b, c, d, e, f, g, h};
}

template <typename Word>
[[gnu::always_inline]] inline void add(std::array<Word, 8>& state, const std::array<Word, 8>& variables) {
  for (std::size_t i = 0; i < 8; ++i) state[i] += variables[i];
}

/// Adds a block, of sixteen words, to a state. The words are used up.
template <typename Word>
[[gnu::always_inline]] inline void compress(std::array<Word, 8>& state, std::array<Word, 16>& w) {
  std::array<Word, 8> variables = state;
  sixteen_rounds(variables, [&](std::size_t i) { return w[i] + round_constants[i]; });
  for (std::size_t t = 16; t < 64; t += 16) {
    sixteen_rounds(variables, [&](std::size_t i) __attribute__((always_inline)) {
      const Word x = w[(i + 1) & 15];
      const Word y = w[(i + 14) & 15];
      w[i] += (rotate_right(x, 7) ^ rotate_right(x, 18) ^ (x >> 3)) + w[(i + 9) & 15] +
              (rotate_right(y, 17) ^ rotate_right(y, 19) ^ (y >> 10));
      return w[i] + round_constants[t + i];
    });
  }
  add(state, variables);
}

}  // namespace al::sha256_internal
