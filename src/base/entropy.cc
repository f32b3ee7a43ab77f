#include "base/entropy.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/sha256_batch.h"

namespace al {

Entropy Entropy::from_number(std::uint64_t seed) {
  std::array<std::uint8_t, 8> bytes;
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(seed >> (8 * i));
  return Entropy(sha256(bytes));
}

void Entropy::refill() {
  constexpr std::array<std::string_view, blocks + 1> numbers{"0", "1", "2", "3"};
  const std::string_view key(reinterpret_cast<const char*>(key_.data()), key_.size());
  std::array<Message, blocks + 1> messages;
  for (std::size_t i = 0; i <= blocks; ++i) messages[i] = {key, numbers[i]};
  std::array<Digest, blocks + 1> digests;
  sha256_batch(messages, digests);
  for (std::size_t i = 0; i < blocks; ++i)
    std::copy(digests[i].begin(), digests[i].end(),
              drawn_.begin() + static_cast<std::ptrdiff_t>(i * sizeof(Digest)));
  key_ = digests[blocks];
  used_ = 0;
}

void Entropy::fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    if (used_ == drawn_.size()) refill();
    const std::size_t take = std::min(out.size(), drawn_.size() - used_);
    const auto from = drawn_.begin() + static_cast<std::ptrdiff_t>(used_);
    std::copy_n(from, take, out.begin());
    std::fill_n(from, take, std::uint8_t{0});
    used_ += take;
    out = out.subspan(take);
  }
}

std::uint64_t Entropy::next_u64() {
  std::array<std::uint8_t, 8> bytes;
  fill(bytes);
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

std::uint64_t Entropy::below(std::uint64_t bound) {
  if (bound == 0) return 0;
  // Values below 2^64 mod bound would make the low residues more likely; they are drawn again.
  const std::uint64_t biased = (0 - bound) % bound;
  std::uint64_t value = next_u64();
  while (value < biased) value = next_u64();
  return value % bound;
}

namespace {

std::string mint(std::string_view prefix, std::span<std::uint8_t> bytes, Entropy& entropy) {
  entropy.fill(bytes);
  std::string out;
  out.reserve(prefix.size() + bytes.size() * 2);
  out += prefix;
  append_hex(out, bytes);
  return out;
}

}  // namespace

std::string mint_id(std::string_view prefix, Entropy& entropy) {
  std::array<std::uint8_t, 16> bytes;
  return mint(prefix, bytes, entropy);
}

std::string mint_key(std::string_view prefix, Entropy& entropy) {
  std::array<std::uint8_t, 32> bytes;
  return mint(prefix, bytes, entropy);
}

}  // namespace al
