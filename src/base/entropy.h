// Randomness is an argument: a generator that the host seeds once from the platform, and a test from a
// number.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/sha256.h"

namespace al {

/// A deterministic generator: three blocks are hashes of a key, and so is the next key, and what was drawn is
/// wiped, so a later leak of the state does not reveal it. Its output is as unpredictable as its seed.
class Entropy {
 public:
  /// For hosts: 32 bytes of the platform's cryptographic randomness.
  explicit Entropy(const Digest& seed) : key_(seed) {}
  /// For tests and simulations.
  [[nodiscard]] static Entropy from_number(std::uint64_t seed);

  void fill(std::span<std::uint8_t> out);
  [[nodiscard]] std::uint64_t next_u64();
  /// Uniform in [0, bound); 0 when bound is 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);

 private:
  void refill();

  /// With the next key, as many as are hashed side by side.
  static constexpr std::size_t blocks = 3;

  Digest key_;
  std::array<std::uint8_t, blocks * sizeof(Digest)> drawn_{};
  std::size_t used_ = sizeof drawn_;
};

/// An identifier such as "evt-" and 32 hexadecimal digits: 128 random bits.
[[nodiscard]] std::string mint_id(std::string_view prefix, Entropy& entropy);

/// A bearer key such as "al_live_" and 64 hexadecimal digits: 256 random bits. A secret.
[[nodiscard]] std::string mint_key(std::string_view prefix, Entropy& entropy);

}  // namespace al
