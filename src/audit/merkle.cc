#include "audit/merkle.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <string>

#include "base/sha256_batch.h"

namespace al::audit {
namespace {

/// RFC 6962, 2.1: the largest power of two smaller than `n`, for n > 1.
std::uint64_t split(std::uint64_t n) { return std::bit_floor(n - 1); }

/// RFC 9162, 2.1.3.2 and 2.1.4.2: "If LSB(fn) is not set, then right-shift both fn and sn equally until
/// either LSB(fn) is set or fn is 0." These are the levels where the node stands alone at the right edge.
void climb_lone_edge(std::uint64_t& fn, std::uint64_t& sn) {
  while ((fn & 1) == 0 && fn != 0) {
    fn >>= 1;
    sn >>= 1;
  }
}

}  // namespace

// RFC 6962, 2.1: MTH({d(0)}) = SHA-256(0x00 || d(0)).
Digest leaf_hash(std::string_view row_text) {
  constexpr std::array<std::uint8_t, 1> prefix{0x00};
  return Sha256().update(prefix).update(row_text).finish();
}

// RFC 6962, 2.1: MTH(D[n]) = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n])).
Digest node_hash(const Digest& left, const Digest& right) {
  constexpr std::array<std::uint8_t, 1> prefix{0x01};
  return Sha256().update(prefix).update(left).update(right).finish();
}

void MerkleTree::append(const Digest& leaf) {
  levels_[0].nodes.push_back(leaf);
  // Each pair that is complete now makes a node one level up. Half of the appends stop at the leaf, a quarter
  // one above, …: one node each on average. What a page forgot of a level is an even number of nodes.
  for (std::size_t k = 0; levels_[k].nodes.size() % 2 == 0; ++k) {
    const std::vector<Digest>& nodes = levels_[k].nodes;
    const Digest parent = node_hash(nodes[nodes.size() - 2], nodes.back());
    levels_[k + 1].nodes.push_back(parent);
  }
}

void MerkleTree::append(std::span<const Digest> leaves) {
  levels_[0].nodes.insert(levels_[0].nodes.end(), leaves.begin(), leaves.end());
  // Each pair that is complete now makes a node one level up: one node a leaf on average.
  for (std::size_t k = 0; levels_[k].end() > 1; ++k) grow(levels_[k], levels_[k + 1]);
}

void MerkleTree::grow(const Level& below, Level& level) {
  constexpr std::size_t nodes_at_once = 64;
  constexpr std::string_view prefix("\x01", 1);
  std::array<Message, nodes_at_once> messages;
  while (level.end() < below.end() / 2) {
    const std::size_t count =
        std::min(static_cast<std::size_t>(below.end() / 2 - level.end()), nodes_at_once);
    for (std::size_t i = 0; i < count; ++i) {
      // A pair lies side by side, as RFC 6962 wants it hashed.
      const auto* pair = reinterpret_cast<const char*>(below.node(2 * (level.end() + i)).data());
      messages[i] = {prefix, std::string_view(pair, 2 * sizeof(Digest))};
    }
    level.nodes.resize(level.nodes.size() + count);
    sha256_batch(std::span(messages).first(count), std::span(level.nodes).last(count));
  }
}

void MerkleTree::truncate(std::uint64_t size) {
  assert(size <= this->size() && size >= first_leaf());
  for (Level& level : levels_) {
    level.nodes.resize(static_cast<std::size_t>(size - level.first));
    size /= 2;
  }
}

std::vector<Digest> MerkleTree::open_page() const {
  const std::uint64_t begin = size() - size() % page_leaves;
  const auto at = static_cast<std::ptrdiff_t>(begin - first_leaf());
  return {levels_[0].nodes.begin() + at, levels_[0].nodes.end()};
}

void MerkleTree::restore(std::vector<Digest> page_roots, std::span<const Digest> leaves) {
  for (std::size_t k = 0; k < page_level; ++k) levels_[k] = {{}, (page_roots.size() << page_level) >> k};
  levels_[page_level].nodes = std::move(page_roots);
  for (std::size_t k = page_level; levels_[k].end() > 1; ++k) grow(levels_[k], levels_[k + 1]);
  append(leaves);
}

void MerkleTree::forget(std::uint64_t end) {
  assert(end % page_leaves == 0 && end <= size());
  for (std::size_t k = 0; k < page_level; ++k) {
    Level& level = levels_[k];
    const std::size_t first = std::max(static_cast<std::size_t>(end >> k), level.first);
    level.nodes.erase(level.nodes.begin(),
                      level.nodes.begin() + static_cast<std::ptrdiff_t>(first - level.first));
    level.first = first;
  }
}

const Digest& MerkleTree::leaf(std::uint64_t index) const {
  assert(index < size() && index >= first_leaf());
  return levels_[0].node(index);
}

const Digest& MerkleTree::page_root(std::uint64_t page) const {
  assert((page + 1) * page_leaves <= size());
  return levels_[page_level].node(page);
}

// INVARIANT: begin is a multiple of the smallest power of two that is not below end - begin; RFC 6962's
// recursion only ever makes such ranges. So a range whose length is a power of two is a node that is kept, or
// lies in a page that is forgotten.
Digest MerkleTree::subtree(std::uint64_t begin, std::uint64_t end, const Pages* pages) const {
  const std::uint64_t n = end - begin;
  if (std::has_single_bit(n)) {
    const auto level = static_cast<std::size_t>(std::countr_zero(n));
    if (level >= page_level || begin >= first_leaf()) return levels_[level].node(begin >> level);
    assert(pages != nullptr);
    const auto page = pages->find(begin / page_leaves);
    assert(page != pages->end());
    return page->second.subtree(begin % page_leaves, begin % page_leaves + n, nullptr);
  }
  const std::uint64_t k = split(n);
  return node_hash(subtree(begin, begin + k, pages), subtree(begin + k, end, pages));
}

// RFC 6962, 2.1: MTH({}) = SHA-256().
Digest MerkleTree::root(std::uint64_t size, const Pages* pages) const {
  assert(size <= this->size());
  return size == 0 ? sha256(std::string_view()) : subtree(0, size, pages);
}

Result<std::vector<Digest>> MerkleTree::inclusion_proof(std::uint64_t index, std::uint64_t size,
                                                        const Pages* pages) const {
  if (index >= size || size > this->size()) {
    return Error{Code::invalid_request, "no inclusion proof of row " + std::to_string(index) + " in " +
                                            std::to_string(size) + " rows: the ledger has " +
                                            std::to_string(this->size())};
  }
  // RFC 6962, 2.1.1, from the root down; the proof is written from the leaf up.
  //   PATH(m, D[n]) = PATH(m, D[0:k]) : MTH(D[k:n])        for m < k
  //   PATH(m, D[n]) = PATH(m - k, D[k:n]) : MTH(D[0:k])    for m >= k
  std::vector<Digest> down;
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  while (end - begin > 1) {
    const std::uint64_t middle = begin + split(end - begin);
    if (index < middle) {
      down.push_back(subtree(middle, end, pages));
      end = middle;
    } else {
      down.push_back(subtree(begin, middle, pages));
      begin = middle;
    }
  }
  return std::vector<Digest>(down.rbegin(), down.rend());
}

Result<std::vector<Digest>> MerkleTree::consistency_proof(std::uint64_t from, std::uint64_t to,
                                                          const Pages* pages) const {
  if (from > to || to > size()) {
    return Error{Code::invalid_request, "no consistency proof from " + std::to_string(from) + " to " +
                                            std::to_string(to) + " rows: the ledger has " +
                                            std::to_string(size())};
  }
  std::vector<Digest> down;
  if (from == 0 || from == to) return down;
  // RFC 6962, 2.1.2: PROOF(m, D[n]) = SUBPROOF(m, D[n], true), from the root down.
  //   SUBPROOF(m, D[n], b) = SUBPROOF(m, D[0:k], b) : MTH(D[k:n])              for m <= k
  //   SUBPROOF(m, D[n], b) = SUBPROOF(m - k, D[k:n], false) : MTH(D[0:k])      for m > k
  std::uint64_t begin = 0;
  std::uint64_t end = to;
  bool known_to_asker = true;  // b: the subtree is the whole of the old tree, whose root the asker has
  while (from != end) {
    const std::uint64_t middle = begin + split(end - begin);
    if (from <= middle) {
      down.push_back(subtree(middle, end, pages));
      end = middle;
    } else {
      down.push_back(subtree(begin, middle, pages));
      begin = middle;
      known_to_asker = false;
    }
  }
  //   SUBPROOF(m, D[m], true) = {}      SUBPROOF(m, D[m], false) = {MTH(D[m])}
  if (!known_to_asker) down.push_back(subtree(begin, end, pages));
  return std::vector<Digest>(down.rbegin(), down.rend());
}

bool verify_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                      std::span<const Digest> proof, const Digest& root) {
  // RFC 9162, 2.1.3.2, steps 1 to 3.
  if (index >= size) return false;
  std::uint64_t fn = index;
  std::uint64_t sn = size - 1;
  Digest r = leaf;
  // Step 4.
  for (const Digest& p : proof) {
    if (sn == 0) return false;
    if ((fn & 1) == 1 || fn == sn) {
      r = node_hash(p, r);
      climb_lone_edge(fn, sn);
    } else {
      r = node_hash(r, p);
    }
    fn >>= 1;
    sn >>= 1;
  }
  // Step 5.
  return sn == 0 && r == root;
}

bool verify_consistency(std::uint64_t from, std::uint64_t to, const Digest& from_root, const Digest& to_root,
                        std::span<const Digest> proof) {
  if (from > to) return false;
  if (from == to) return proof.empty() && from_root == to_root;
  // RFC 9162 leaves 0 out: every tree extends the empty one, whose root is known.
  if (from == 0) return proof.empty() && from_root == sha256(std::string_view());
  // RFC 9162, 2.1.4.2, steps 1 and 2: where `from` is a power of two, its root is the first node.
  if (proof.empty()) return false;
  const bool whole = std::has_single_bit(from);
  Digest fr = whole ? from_root : proof.front();
  Digest sr = fr;
  // Steps 3 to 5.
  std::uint64_t fn = from - 1;
  std::uint64_t sn = to - 1;
  while ((fn & 1) == 1) {
    fn >>= 1;
    sn >>= 1;
  }
  // Step 6.
  for (const Digest& c : proof.subspan(whole ? 0 : 1)) {
    if (sn == 0) return false;
    if ((fn & 1) == 1 || fn == sn) {
      fr = node_hash(c, fr);
      sr = node_hash(c, sr);
      climb_lone_edge(fn, sn);
    } else {
      sr = node_hash(sr, c);
    }
    fn >>= 1;
    sn >>= 1;
  }
  // Step 7.
  return fr == from_root && sr == to_root && sn == 0;
}

}  // namespace al::audit
