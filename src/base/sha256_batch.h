// SHA-256 of many messages at once: four are hashed side by side, one in each lane of a 128-bit vector.
#pragma once

#include <span>
#include <string_view>

#include "base/sha256.h"

namespace al {

/// A message in two parts, so that a prefix costs no copy.
struct Message {
  std::string_view head;
  std::string_view tail;
};

/// The digest of each message, in order. `digests` has room for as many.
void sha256_batch(std::span<const Message> messages, std::span<Digest> digests);

}  // namespace al
