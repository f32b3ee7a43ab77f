// The Merkle tree of RFC 6962, section 2.1, over the rows' texts, with proofs of inclusion and consistency.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sha256.h"

namespace al::audit {

/// SHA-256(0x00 ‖ row).
[[nodiscard]] Digest leaf_hash(std::string_view row_text);
/// SHA-256(0x01 ‖ left ‖ right).
[[nodiscard]] Digest node_hash(const Digest& left, const Digest& right);

/// Append-only; keeps every complete subtree, so proofs cost log n.
class MerkleTree {
 public:
  void append(const Digest& leaf);
  /// Many at once cost less than each alone: the new nodes of a level are hashed side by side.
  void append(std::span<const Digest> leaves);
  /// Forgets the leaves from `size` on, which must not exceed size().
  void truncate(std::uint64_t size);
  [[nodiscard]] std::uint64_t size() const;
  /// `index` must be below size().
  [[nodiscard]] const Digest& leaf(std::uint64_t index) const;
  /// The root over the first `size` leaves; of none, SHA-256 of nothing. `size` must not exceed size().
  [[nodiscard]] Digest root(std::uint64_t size) const;
  [[nodiscard]] Digest root() const { return root(size()); }
  /// RFC 6962, 2.1.1. Fails with `invalid_request` unless index < size <= size().
  [[nodiscard]] Result<std::vector<Digest>> inclusion_proof(std::uint64_t index, std::uint64_t size) const;
  /// RFC 6962, 2.1.2. Fails with `invalid_request` unless from <= to <= size(). Empty for from 0 and for from
  /// == to.
  [[nodiscard]] Result<std::vector<Digest>> consistency_proof(std::uint64_t from, std::uint64_t to) const;

 private:
  /// Makes the nodes of `level` that the pairs of the one `below` have become complete for.
  static void grow(const std::vector<Digest>& below, std::vector<Digest>& level);
  [[nodiscard]] Digest subtree(std::uint64_t begin, std::uint64_t end) const;

  std::vector<std::vector<Digest>> levels_;  // levels_[k][i]: root of leaves [i·2^k, (i+1)·2^k)
};

/// True when the proof shows that `leaf` is leaf `index` of the tree of `size` leaves with that root (RFC
/// 9162, 2.1.3.2).
[[nodiscard]] bool verify_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                                    std::span<const Digest> proof, const Digest& root);
/// True when the proof shows that the tree of `to` leaves extends that of `from` leaves (RFC 9162, 2.1.4.2).
/// From 0, the proof is empty and `from_root` the root of nothing.
[[nodiscard]] bool verify_consistency(std::uint64_t from, std::uint64_t to, const Digest& from_root,
                                      const Digest& to_root, std::span<const Digest> proof);

}  // namespace al::audit
