#include "engine/used_keys.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "base/sha256.h"

namespace al::engine {
namespace {

constexpr std::size_t slots_min = 64;

}  // namespace

UsedKeys::Fingerprint UsedKeys::fingerprint(std::string_view agent_id, std::string_view event_id) {
  // With an idempotency key of our client's, this is one block of SHA-256.
  constexpr std::size_t agent_bytes = 16;  // behind "agt-", the last of 32 random digits
  const std::string_view agent = agent_id.substr(agent_id.size() - std::min(agent_id.size(), agent_bytes));
  const Digest digest = Sha256().update(agent).update("\n").update(event_id).finish();
  Fingerprint key = 0;
  std::memcpy(&key, digest.data(), sizeof(key));
  return key;
}

bool UsedKeys::is_of(std::uint64_t rows) const {
  return std::all_of(slots_.begin(), slots_.end(), [rows](const Slot& slot) { return slot.end_row <= rows; });
}

void UsedKeys::add(Fingerprint key, std::uint64_t row_id) {
  reserve(count_ + 1);
  place({key, row_id + 1});
  ++count_;
}

void UsedKeys::place(Slot slot) {
  std::size_t at = home(slot.key);
  while (slots_[at].end_row != 0) at = after(at);
  slots_[at] = slot;
}

void UsedKeys::reserve(std::size_t count) {
  std::size_t slots = std::max(slots_.size(), slots_min);
  while (4 * count > 3 * slots) slots *= 2;
  if (slots > slots_.size()) resize(slots);
}

void UsedKeys::resize(std::size_t slots) {
  const std::vector<Slot> before = std::exchange(slots_, {});
  slots_.resize(slots);
  for (const Slot& slot : before) {
    if (slot.end_row != 0) place(slot);
  }
}

void UsedKeys::remove(Fingerprint key, std::uint64_t row_id) {
  std::size_t at = home(key);
  while (slots_[at].key != key || slots_[at].end_row != row_id + 1) {
    assert(slots_[at].end_row != 0);
    at = after(at);
  }
  slots_[at] = {};
  --count_;
  // What stood behind it may have been kept from its home by it.
  for (at = after(at); slots_[at].end_row != 0; at = after(at)) place(std::exchange(slots_[at], {}));
}

std::vector<std::uint64_t> UsedKeys::rows(Fingerprint key) const {
  std::vector<std::uint64_t> out;
  if (slots_.empty()) return out;
  for (std::size_t at = home(key); slots_[at].end_row != 0; at = after(at)) {
    if (slots_[at].key == key) out.push_back(slots_[at].end_row - 1);
  }
  return out;
}

}  // namespace al::engine
