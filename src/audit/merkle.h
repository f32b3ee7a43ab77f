// The Merkle tree of RFC 6962, section 2.1, over the rows' texts, with proofs of inclusion and consistency.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/sha256.h"

namespace al::audit {

/// SHA-256(0x00 ‖ row).
[[nodiscard]] Digest leaf_hash(std::string_view row_text);
/// SHA-256(0x01 ‖ left ‖ right).
[[nodiscard]] Digest node_hash(const Digest& left, const Digest& right);

/// Append-only; keeps every complete subtree, so proofs cost log n. Old leaves may be forgotten in whole
/// pages, whose roots stay: what needs one of these leaves again is given its page, read back from elsewhere.
class MerkleTree {
 public:
  static constexpr std::uint64_t page_leaves = 64;
  /// Pages that were forgotten, by number, each the tree over its leaves alone.
  using Pages = std::map<std::uint64_t, MerkleTree>;

  void append(const Digest& leaf);
  /// Many at once cost less than each alone: the new nodes of a level are hashed side by side.
  void append(std::span<const Digest> leaves);
  /// Forgets the leaves from `size` on, which must not exceed size() or cut what was forgotten.
  void truncate(std::uint64_t size);
  /// Forgets the leaves before `end`, a multiple of page_leaves that must not exceed size().
  void forget(std::uint64_t end);

  [[nodiscard]] std::uint64_t size() const { return levels_[0].end(); }
  /// The first leaf that is not forgotten.
  [[nodiscard]] std::uint64_t first_leaf() const { return levels_[0].first; }
  /// `index` must be from first_leaf() on and below size().
  [[nodiscard]] const Digest& leaf(std::uint64_t index) const;
  /// The root of a page that is complete.
  [[nodiscard]] const Digest& page_root(std::uint64_t page) const;

  // `pages` must hold those that are forgotten and needed, where any are: the page that a size cuts, the page
  // of a leaf.

  /// The root over the first `size` leaves; of none, SHA-256 of nothing. `size` must not exceed size().
  [[nodiscard]] Digest root(std::uint64_t size, const Pages* pages = nullptr) const;
  [[nodiscard]] Digest root() const { return root(size()); }
  /// RFC 6962, 2.1.1. Fails with `invalid_request` unless index < size <= size().
  [[nodiscard]] Result<std::vector<Digest>> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                                            const Pages* pages = nullptr) const;
  /// RFC 6962, 2.1.2. Fails with `invalid_request` unless from <= to <= size(). Empty for from 0 and for from
  /// == to.
  [[nodiscard]] Result<std::vector<Digest>> consistency_proof(std::uint64_t from, std::uint64_t to,
                                                              const Pages* pages = nullptr) const;

  /// The roots of the pages, and the leaves behind the last.
  template <typename Archive>
  void archive(Archive& fields) {
    std::vector<Digest> page_roots;
    std::vector<Digest> leaves;
    if constexpr (!Archive::reads) {
      page_roots = levels_[page_level].nodes;
      leaves = open_page();
    }
    fields(page_roots, leaves);
    if constexpr (Archive::reads) {
      if (leaves.size() < page_leaves)
        restore(std::move(page_roots), leaves);
      else
        fields.fail();
    }
  }

 private:
  static constexpr std::size_t page_level = 6;  // the height of a page's root
  static_assert(page_leaves == 1 << page_level);

  [[nodiscard]] std::vector<Digest> open_page() const;
  void restore(std::vector<Digest> page_roots, std::span<const Digest> leaves);

  /// Nodes of one height, from number `first` on.
  struct Level {
    std::vector<Digest> nodes;
    std::size_t first = 0;
    [[nodiscard]] std::uint64_t end() const { return first + nodes.size(); }
    [[nodiscard]] const Digest& node(std::uint64_t index) const {
      return nodes[static_cast<std::size_t>(index - first)];
    }
  };

  /// Makes the nodes of `level` that the pairs of the one `below` have become complete for.
  static void grow(const Level& below, Level& level);
  [[nodiscard]] Digest subtree(std::uint64_t begin, std::uint64_t end, const Pages* pages) const;

  static constexpr std::size_t levels_max = 40;  // more rows than any memory has nodes for
  std::array<Level, levels_max> levels_;  // node i of levels_[k]: the root of leaves [i·2^k, (i+1)·2^k)
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
