// SHA-256 (FIPS 180-4).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace al {

using Digest = std::array<std::uint8_t, 32>;

class Sha256 {
 public:
  Sha256& update(std::span<const std::uint8_t> bytes);
  Sha256& update(std::string_view text) { return update(bytes_of(text)); }
  /// The digest of everything so far. The object must not be used afterwards.
  [[nodiscard]] Digest finish();

 private:
  void compress(const std::uint8_t* block);

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint8_t, 64> block_{};
  std::size_t block_used_ = 0;
  std::uint64_t bytes_total_ = 0;
};

[[nodiscard]] Digest sha256(std::span<const std::uint8_t> bytes);
[[nodiscard]] inline Digest sha256(std::string_view text) { return sha256(bytes_of(text)); }

/// Compares in time that does not depend on where two digests differ.
[[nodiscard]] bool equal_constant_time(const Digest& a, const Digest& b);

}  // namespace al
