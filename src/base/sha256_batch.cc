#include "base/sha256_batch.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/sha256_rounds.h"
#include "base/simd.h"

namespace al {

#if !AL_SIMD

// For the module that must be small: one after the other.
void sha256_batch(std::span<const Message> messages, std::span<Digest> digests) {
  for (std::size_t i = 0; i < messages.size(); ++i)
    digests[i] = Sha256().update(messages[i].head).update(messages[i].tail).finish();
}

#else

namespace {

constexpr std::size_t lane_count = 4;
constexpr std::size_t block_bytes = 64;

using sha256_internal::Words;

/// Like memcpy, which for so few bytes is mostly a call of the runtime's.
void copy_short(std::uint8_t* out, const char* from, std::size_t bytes) {
  for (; bytes >= sizeof(Octets); bytes -= sizeof(Octets), out += sizeof(Octets), from += sizeof(Octets))
    std::memcpy(out, from, sizeof(Octets));
  for (; bytes > 0; --bytes) *out++ = static_cast<std::uint8_t>(*from++);
}

/// One message on its way through a lane, block by block.
class Lane {
 public:
  void begin(const Message& message, Digest* digest) {
    message_ = message;
    digest_ = digest;
    bytes_ = message.head.size() + message.tail.size();
    at_ = 0;
    blocks_left_ = (bytes_ + 8) / block_bytes + 1;
  }
  [[nodiscard]] bool idle() const { return digest_ == nullptr; }
  void rest() { digest_ = nullptr; }

  /// The next block; of an idle lane, any.
  const std::uint8_t* next() {
    if (idle()) return block_.data();
    --blocks_left_;
    const std::size_t head = message_.head.size();
    const std::size_t at = at_;
    at_ += block_bytes;
    if (at >= head && at_ <= bytes_)
      return reinterpret_cast<const std::uint8_t*>(message_.tail.data()) + (at - head);
    assemble(at);
    return block_.data();
  }
  [[nodiscard]] bool done() const { return !idle() && blocks_left_ == 0; }
  [[nodiscard]] Digest& digest() { return *digest_; }

 private:
  /// FIPS 180-4, 5.1.1: a one bit behind the message, zeros, its length in bits.
  void assemble(std::size_t at) {
    block_.fill(0);
    const auto copy = [&](std::string_view part, std::size_t part_at) {
      const std::size_t begin = std::max(at, part_at);
      const std::size_t end = std::min(at + block_bytes, part_at + part.size());
      if (begin < end) copy_short(block_.data() + (begin - at), part.data() + (begin - part_at), end - begin);
    };
    copy(message_.head, 0);
    copy(message_.tail, message_.head.size());
    if (bytes_ >= at && bytes_ < at + block_bytes) block_[bytes_ - at] = 0x80;
    if (blocks_left_ > 0) return;
    const std::uint64_t bits = std::uint64_t{bytes_} * 8;
    for (std::size_t i = 0; i < 8; ++i) block_[56 + i] = static_cast<std::uint8_t>(bits >> (56 - 8 * i));
  }

  Message message_;
  Digest* digest_ = nullptr;
  std::size_t bytes_ = 0;
  std::size_t at_ = 0;
  std::size_t blocks_left_ = 0;
  std::array<std::uint8_t, block_bytes> block_{};
};

/// Word t of each lane's block, for four t's.
void transpose(const std::array<const std::uint8_t*, lane_count>& blocks, std::size_t t, Words* out) {
  const Words a = sha256_internal::load_words(blocks[0] + 4 * t);
  const Words b = sha256_internal::load_words(blocks[1] + 4 * t);
  const Words c = sha256_internal::load_words(blocks[2] + 4 * t);
  const Words d = sha256_internal::load_words(blocks[3] + 4 * t);
  const Words ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  const Words ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const Words cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const Words cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  out[0] = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
  out[1] = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
  out[2] = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
  out[3] = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}

void compress(std::array<Words, 8>& state, const std::array<const std::uint8_t*, lane_count>& blocks) {
  std::array<Words, 16> words;  // Filled completely below.
  for (std::size_t t = 0; t < 16; t += 4) transpose(blocks, t, &words[t]);
  sha256_internal::compress(state, words);
}

/// Where a lane's word is in memory: a subscript that is no constant would move the whole vector there first.
unsigned char* word_of(Words& words, std::size_t lane) {
  return reinterpret_cast<unsigned char*>(&words) + sizeof(std::uint32_t) * lane;
}

}  // namespace

void sha256_batch(std::span<const Message> messages, std::span<Digest> digests) {
  std::array<Lane, lane_count> lanes;
  std::array<Words, 8> state{};
  std::size_t taken = 0;
  std::size_t busy = 0;
  const auto refill = [&](std::size_t lane) {
    if (taken == messages.size()) return lanes[lane].rest();
    lanes[lane].begin(messages[taken], &digests[taken]);
    ++taken;
    ++busy;
    for (std::size_t i = 0; i < 8; ++i)
      std::memcpy(word_of(state[i], lane), &sha256_internal::initial_state[i], sizeof(std::uint32_t));
  };
  for (std::size_t lane = 0; lane < lane_count; ++lane) refill(lane);
  while (busy > 0) {
    std::array<const std::uint8_t*, lane_count> blocks;
    for (std::size_t lane = 0; lane < lane_count; ++lane) blocks[lane] = lanes[lane].next();
    compress(state, blocks);
    for (std::size_t lane = 0; lane < lane_count; ++lane) {
      if (!lanes[lane].done()) continue;
      Digest& digest = lanes[lane].digest();
      for (std::size_t i = 0; i < 8; ++i) {
        std::uint32_t word = 0;
        std::memcpy(&word, word_of(state[i], lane), sizeof word);
        word = __builtin_bswap32(word);  // The digest is big-endian, and we are not (simd.h).
        std::memcpy(&digest[4 * i], &word, sizeof word);
      }
      --busy;
      refill(lane);
    }
  }
}

#endif

}  // namespace al
