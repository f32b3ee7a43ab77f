// Where idempotency keys were used. The row that says so holds the key itself, and the digest of the request
// that it stood for; so a fingerprint of the key is all that is kept of it: 16 bytes, in a table that is at
// most three quarters full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

namespace al::engine {

class UsedKeys {
 public:
  /// Of an agent's key, 64 bits that nobody can aim at another's.
  using Fingerprint = std::uint64_t;
  [[nodiscard]] static Fingerprint fingerprint(std::string_view agent_id, std::string_view event_id);

  void add(Fingerprint key, std::uint64_t row_id);
  /// Takes back an add().
  void remove(Fingerprint key, std::uint64_t row_id);
  /// The rows to look at: of this key, and of any other with the same fingerprint.
  [[nodiscard]] std::vector<std::uint64_t> rows(Fingerprint key) const;

  /// Whether they stand in the first `rows` rows.
  [[nodiscard]] bool is_of(std::uint64_t rows) const;

  template <typename Archive>
  void archive(Archive& fields) {
    // One by one: a list of them all, beside the table, would be the peak of what opening a ledger takes.
    std::pair<Fingerprint, std::uint64_t> used;  // a key with its row
    if constexpr (Archive::reads) {
      // In the order of the slots, so that in a table of the same size each falls behind the one before.
      std::size_t left = fields.length(sizeof used.first + sizeof used.second);
      reserve(left);
      for (; left > 0; --left) {
        fields(used);
        if (used.second == row_none) return fields.fail();
        add(used.first, used.second);
      }
    } else {
      fields(std::uint64_t{count_});
      for (const Slot& slot : slots_) {
        if (slot.end_row == 0) continue;
        used = {slot.key, slot.end_row - 1};
        fields(used);
      }
    }
  }

 private:
  /// A slot's end_row would be 0, which is what an empty one has.
  static constexpr auto row_none = std::numeric_limits<std::uint64_t>::max();
  struct Slot {
    Fingerprint key = 0;
    std::uint64_t end_row = 0;  // row number + 1; 0: empty
  };
  [[nodiscard]] std::size_t home(Fingerprint key) const { return key & (slots_.size() - 1); }
  [[nodiscard]] std::size_t after(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }
  void place(Slot slot);
  void reserve(std::size_t count);
  void resize(std::size_t slots);

  std::vector<Slot> slots_;  // none, or a power of two; each stands at its home, or behind it without a gap
  std::size_t count_ = 0;
};

}  // namespace al::engine
