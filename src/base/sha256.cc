#include "base/sha256.h"

#include <algorithm>
#include <cstring>

#include "base/sha256_rounds.h"
#include "base/simd.h"

namespace al {
#if AL_SIMD

namespace {

using namespace sha256_internal;

/// Four words at once, of the one message: each is made of words before it, the last two of which it makes
/// itself.
Words extend(Words a, Words b, Words c, Words d) {
  const Words one_on = __builtin_shufflevector(a, b, 1, 2, 3, 4);
  const Words nine_on = __builtin_shufflevector(c, d, 1, 2, 3, 4);
  const auto low = [](Words x) { return rotate_right(x, 7) ^ rotate_right(x, 18) ^ (x >> 3); };
  const auto high = [](Words x) { return rotate_right(x, 17) ^ rotate_right(x, 19) ^ (x >> 10); };
  constexpr Words none{};
  Words out = a + low(one_on) + nine_on;
  out += __builtin_shufflevector(high(d), none, 2, 3, 4, 4);
  out += __builtin_shufflevector(high(out), none, 4, 4, 0, 1);
  return out;
}

}  // namespace

void Sha256::compress(const std::uint8_t* block) {
  std::array<Words, 4> words;  // Filled completely below.
  for (std::size_t i = 0; i < 4; ++i) words[i] = load_words(block + 16 * i);
  std::array<std::uint32_t, 8> variables = state_;
  for (std::size_t t = 0; t < 64; t += 16) {
    std::array<std::uint32_t, 16> added;
    for (std::size_t i = 0; i < 4; ++i) {
      if (t > 0) words[i] = extend(words[i], words[(i + 1) & 3], words[(i + 2) & 3], words[(i + 3) & 3]);
      Words sums;
      std::memcpy(&sums, &round_constants[t + 4 * i], sizeof sums);
      sums += words[i];
      std::memcpy(&added[4 * i], &sums, sizeof sums);
    }
    sixteen_rounds(variables, [&](std::size_t i) { return added[i]; });
  }
  add(state_, variables);
}

#else

void Sha256::compress(const std::uint8_t* block) {
  std::array<std::uint32_t, 16> words;  // Filled completely below.
  for (std::size_t t = 0; t < 16; ++t) {
    const std::uint8_t* at = block + 4 * t;
    words[t] = static_cast<std::uint32_t>(at[0]) << 24 | static_cast<std::uint32_t>(at[1]) << 16 |
               static_cast<std::uint32_t>(at[2]) << 8 | static_cast<std::uint32_t>(at[3]);
  }
  sha256_internal::compress(state_, words);
}

#endif

Sha256& Sha256::update(std::span<const std::uint8_t> bytes) {
  bytes_total_ += bytes.size();
  if (block_used_ > 0) {
    const std::size_t take = std::min(bytes.size(), block_.size() - block_used_);
    std::copy_n(bytes.begin(), take, block_.begin() + static_cast<std::ptrdiff_t>(block_used_));
    block_used_ += take;
    bytes = bytes.subspan(take);
    if (block_used_ < block_.size()) return *this;
    compress(block_.data());
    block_used_ = 0;
  }
  for (; bytes.size() >= block_.size(); bytes = bytes.subspan(block_.size())) compress(bytes.data());
  std::copy(bytes.begin(), bytes.end(), block_.begin());
  block_used_ = bytes.size();
  return *this;
}

Digest Sha256::finish() {
  const std::uint64_t bits = bytes_total_ * 8;
  block_[block_used_++] = 0x80;
  if (block_used_ > 56) {
    std::fill(block_.begin() + static_cast<std::ptrdiff_t>(block_used_), block_.end(), std::uint8_t{0});
    compress(block_.data());
    block_used_ = 0;
  }
  std::fill(block_.begin() + static_cast<std::ptrdiff_t>(block_used_), block_.begin() + 56, std::uint8_t{0});
  for (std::size_t i = 0; i < 8; ++i) block_[56 + i] = static_cast<std::uint8_t>(bits >> (56 - 8 * i));
  compress(block_.data());
  Digest out;
  for (std::size_t i = 0; i < 32; ++i)
    out[i] = static_cast<std::uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)));
  return out;
}

Digest sha256(std::span<const std::uint8_t> bytes) { return Sha256().update(bytes).finish(); }

bool equal_constant_time(const Digest& a, const Digest& b) {
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace al
