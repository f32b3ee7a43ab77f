#include "audit/merkle.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/vectors.h"

namespace al::audit {
namespace {

using Proof = std::vector<Digest>;
constexpr std::uint64_t size_max = 40;

Digest digest_of(std::string_view hex) {
  const Bytes bytes = from_hex(hex).value();
  Digest out{};
  REQUIRE(bytes.size() == out.size());
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

Proof proof_of(json::Value array) {
  Proof out;
  for (const json::Value node : array.items()) out.push_back(digest_of(node.string()));
  return out;
}

Digest flipped(Digest digest, std::size_t bit) {
  digest[bit / 8] = static_cast<std::uint8_t>(digest[bit / 8] ^ (1U << (bit % 8)));
  return digest;
}

MerkleTree tree_of(std::uint64_t size) {
  MerkleTree tree;
  for (std::uint64_t i = 0; i < size; ++i) tree.append(leaf_hash("row " + std::to_string(i)));
  return tree;
}

/// Calls `holds(proof)` with every damage that a proof can take: each bit flipped, a node cut off, doubled or
/// put in, two swapped.
template <typename Holds>
void check_damaged_proofs(const Proof& proof, std::size_t bit_step, Holds holds) {
  for (std::size_t node = 0; node < proof.size(); ++node) {
    for (std::size_t bit = 0; bit < 256; bit += bit_step) {
      Proof damaged = proof;
      damaged[node] = flipped(damaged[node], bit);
      if (holds(damaged)) FAIL("node " << node << ", bit " << bit);
    }
    Proof shorter = proof;
    shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(node));
    if (holds(shorter)) FAIL("without node " << node);
    Proof doubled = proof;
    doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(node), proof[node]);
    if (holds(doubled)) FAIL("node " << node << " doubled");
    if (node > 0) {
      Proof swapped = proof;
      std::swap(swapped[node], swapped[node - 1]);
      if (holds(swapped)) FAIL("node " << node << " swapped");
    }
  }
  Proof longer = proof;
  longer.emplace_back();
  if (holds(longer)) FAIL("with one node more");
}

}  // namespace

TEST_CASE("RFC 6962, 2.1: the roots of the known leaves", "[audit][merkle]") {
  const json::Document vectors = vectors::read("merkle.json");
  MerkleTree tree;
  std::vector<std::string> roots;
  roots.push_back(to_hex(tree.root()));
  for (const json::Value leaf : vectors.root()["leaves"].items()) {
    const Bytes bytes = from_hex(leaf.string()).value();
    tree.append(leaf_hash(std::string(bytes.begin(), bytes.end())));
    roots.push_back(to_hex(tree.root()));
  }
  CHECK(tree.size() == 8);
  std::uint64_t size = 0;
  for (const json::Value root : vectors.root()["roots"].items()) {
    CHECK(roots[static_cast<std::size_t>(size)] == root.string());
    CHECK(to_hex(tree.root(size)) == root.string());
    ++size;
  }
  CHECK(roots[0] == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

  for (const json::Value row : vectors.root()["inclusion"].items()) {
    const std::uint64_t index = *row["index"].as_uint64();
    const std::uint64_t of = *row["size"].as_uint64();
    CHECK(*tree.inclusion_proof(index, of) == proof_of(row["proof"]));
    CHECK(verify_inclusion(tree.leaf(index), index, of, proof_of(row["proof"]), tree.root(of)));
  }
  for (const json::Value row : vectors.root()["consistency"].items()) {
    const std::uint64_t from = *row["from"].as_uint64();
    const std::uint64_t to = *row["to"].as_uint64();
    CHECK(*tree.consistency_proof(from, to) == proof_of(row["proof"]));
    CHECK(verify_consistency(from, to, tree.root(from), tree.root(to), proof_of(row["proof"])));
  }
}

TEST_CASE("A tree gives every earlier root, as if it had stopped there", "[audit][merkle]") {
  const MerkleTree whole = tree_of(size_max);
  for (std::uint64_t size = 0; size <= size_max; ++size) CHECK(whole.root(size) == tree_of(size).root());
}

TEST_CASE("A tree grows the same however its leaves come, and forgets the last ones", "[audit][merkle]") {
  const MerkleTree whole = tree_of(size_max);
  std::vector<Digest> leaves;
  for (std::uint64_t i = 0; i < size_max; ++i) leaves.push_back(whole.leaf(i));
  const std::span<const Digest> all = leaves;
  for (std::uint64_t first = 0; first <= size_max; ++first) {
    MerkleTree tree;
    tree.append(all.first(first));
    tree.append(all.subspan(first));
    if (tree.root() != whole.root()) FAIL("cut at " << first);
    tree.truncate(first);
    if (tree.size() != first || tree.root() != whole.root(first)) FAIL("cut back to " << first);
    tree.append(all.subspan(first));
    if (tree.root() != whole.root()) FAIL("cut back to " << first << " and grown again");
  }
}

TEST_CASE("Every inclusion proof holds, for its row, index, size and root alone", "[audit][merkle]") {
  const MerkleTree tree = tree_of(size_max);
  for (std::uint64_t size = 1; size <= size_max; ++size) {
    const Digest root = tree.root(size);
    for (std::uint64_t index = 0; index < size; ++index) {
      const Proof proof = *tree.inclusion_proof(index, size);
      const Digest leaf = tree.leaf(index);
      if (!verify_inclusion(leaf, index, size, proof, root)) FAIL("index " << index << ", size " << size);
      for (std::uint64_t other = 0; other <= size_max + 1; ++other) {
        if (other != index && verify_inclusion(leaf, other, size, proof, root))
          FAIL("index " << other << " for " << index);
      }
      for (std::size_t bit = 0; bit < 256; bit += 5) {
        if (verify_inclusion(flipped(leaf, bit), index, size, proof, root)) FAIL("leaf, bit " << bit);
        if (verify_inclusion(leaf, index, size, proof, flipped(root, bit))) FAIL("root, bit " << bit);
      }
      check_damaged_proofs(proof, 37, [&](const Proof& damaged) {
        return verify_inclusion(leaf, index, size, damaged, root);
      });
    }
  }
}

TEST_CASE("Not one bit of an inclusion proof is idle", "[audit][merkle]") {
  for (const std::uint64_t size : {std::uint64_t{7}, std::uint64_t{13}, std::uint64_t{16}}) {
    const MerkleTree tree = tree_of(size);
    for (std::uint64_t index = 0; index < size; ++index) {
      const Proof proof = *tree.inclusion_proof(index, size);
      check_damaged_proofs(proof, 1, [&](const Proof& damaged) {
        return verify_inclusion(tree.leaf(index), index, size, damaged, tree.root());
      });
    }
  }
}

TEST_CASE("An inclusion proof names another size only where both trees have the same path",
          "[audit][merkle]") {
  // The size enters a proof through its shape alone; so the root must be that of the named size. With its own
  // root, a row is proven in each size by that size's proof and no other.
  const MerkleTree tree = tree_of(size_max);
  for (std::uint64_t size = 1; size <= size_max; ++size) {
    for (std::uint64_t index = 0; index < size; ++index) {
      const Proof proof = *tree.inclusion_proof(index, size);
      for (std::uint64_t other = 0; other <= size_max; ++other) {
        if (other == size) continue;
        if (verify_inclusion(tree.leaf(index), index, other, proof, tree.root(other))) {
          FAIL("index " << index << ", size " << other << " for " << size);
        }
      }
      if (verify_inclusion(tree.leaf(index), index, 0, proof, tree.root(size))) FAIL("size 0");
      if (verify_inclusion(tree.leaf(index), index, index, proof, tree.root(size))) FAIL("size = index");
    }
  }
}

TEST_CASE("Every consistency proof holds, for its sizes and roots alone", "[audit][merkle]") {
  const MerkleTree tree = tree_of(size_max);
  for (std::uint64_t to = 1; to <= size_max; ++to) {
    const Digest to_root = tree.root(to);
    for (std::uint64_t from = 0; from <= to; ++from) {
      const Digest from_root = tree.root(from);
      const Proof proof = *tree.consistency_proof(from, to);
      CAPTURE(from, to);
      if (!verify_consistency(from, to, from_root, to_root, proof)) FAIL("does not hold");
      CHECK(proof.empty() == (from == 0 || from == to));
      for (std::size_t bit = 0; bit < 256; bit += 5) {
        if (verify_consistency(from, to, flipped(from_root, bit), to_root, proof))
          FAIL("old root, bit " << bit);
        // Every tree extends the empty one: from 0 there is nothing that the new root is checked against.
        if (from > 0 && verify_consistency(from, to, from_root, flipped(to_root, bit), proof))
          FAIL("new root, bit " << bit);
      }
      for (std::uint64_t other = 0; other <= size_max; ++other) {
        if (other != from && verify_consistency(other, to, from_root, to_root, proof)) FAIL("from " << other);
        if (other != to && verify_consistency(from, other, from_root, tree.root(other), proof) && from > 0)
          FAIL("to " << other);
      }
      check_damaged_proofs(proof, from == 5 || to == 23 ? 1 : 37, [&](const Proof& damaged) {
        return verify_consistency(from, to, from_root, to_root, damaged);
      });
    }
  }
}

TEST_CASE("A rewritten history has no consistency proof", "[audit][merkle]") {
  const MerkleTree honest = tree_of(size_max);
  for (std::uint64_t edited = 0; edited < size_max; ++edited) {
    MerkleTree other;
    for (std::uint64_t i = 0; i < size_max; ++i)
      other.append(i == edited ? leaf_hash("another row") : honest.leaf(i));
    for (std::uint64_t from = 1; from <= size_max; ++from) {
      const Proof proof = *other.consistency_proof(from, size_max);
      CHECK(verify_consistency(from, size_max, honest.root(from), other.root(), proof) == (from <= edited));
    }
  }
}

TEST_CASE("Proofs that cannot be are refused", "[audit][merkle]") {
  const MerkleTree tree = tree_of(5);
  constexpr std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
  const auto code = [](const auto& result) { return result.ok() ? Code::internal : result.error().code; };
  CHECK(code(tree.inclusion_proof(5, 5)) == Code::invalid_request);
  CHECK(code(tree.inclusion_proof(0, 0)) == Code::invalid_request);
  CHECK(code(tree.inclusion_proof(0, 6)) == Code::invalid_request);
  CHECK(code(tree.inclusion_proof(max, max)) == Code::invalid_request);
  CHECK(code(MerkleTree().inclusion_proof(0, 0)) == Code::invalid_request);
  CHECK(code(tree.consistency_proof(3, 2)) == Code::invalid_request);
  CHECK(code(tree.consistency_proof(3, 6)) == Code::invalid_request);
  CHECK(code(tree.consistency_proof(max, max)) == Code::invalid_request);
  CHECK(MerkleTree().consistency_proof(0, 0)->empty());

  const Digest root = tree.root();
  CHECK_FALSE(verify_inclusion(root, max, max, {}, root));
  CHECK_FALSE(verify_inclusion(root, max - 1, max, {}, root));
  CHECK_FALSE(verify_consistency(1, max, root, root, {}));
  CHECK_FALSE(verify_consistency(max, max - 1, root, root, {}));
  CHECK(verify_inclusion(tree.leaf(0), 0, 1, {}, tree.root(1)));
  CHECK(verify_consistency(0, 0, MerkleTree().root(), MerkleTree().root(), {}));
  CHECK_FALSE(verify_consistency(0, 5, root, root, {}));
}

TEST_CASE("a tree that forgot old leaves has the roots and proofs of one that did not", "[audit][merkle]") {
  constexpr std::uint64_t size = 5 * MerkleTree::page_leaves + 7;
  const MerkleTree whole = tree_of(size);
  for (std::uint64_t pages = 0; pages <= size / MerkleTree::page_leaves; ++pages) {
    const std::uint64_t first = pages * MerkleTree::page_leaves;
    MerkleTree tree = tree_of(size);
    tree.forget(first);
    tree.forget(0);  // What is forgotten stays so.
    CHECK(tree.first_leaf() == first);
    CHECK(tree.size() == size);
    CHECK(tree.root() == whole.root());
    MerkleTree::Pages read_back;
    for (std::uint64_t page = 0; page < pages; ++page) {
      MerkleTree& leaves = read_back[page];
      for (std::uint64_t i = 0; i < MerkleTree::page_leaves; ++i)
        leaves.append(whole.leaf(page * MerkleTree::page_leaves + i));
      CHECK(leaves.root() == tree.page_root(page));
    }
    for (std::uint64_t to = 1; to <= size; to += 3) {
      CHECK(tree.root(to, &read_back) == whole.root(to));
      for (std::uint64_t at = to % 5; at <= to; at += 5) {
        if (at < to)
          CHECK(tree.inclusion_proof(at, to, &read_back).value() == whole.inclusion_proof(at, to).value());
        CHECK(tree.consistency_proof(at, to, &read_back).value() == whole.consistency_proof(at, to).value());
      }
    }
  }
}

TEST_CASE("a tree that forgot old leaves goes on, one by one, many at once, and back", "[audit][merkle]") {
  constexpr std::uint64_t page = MerkleTree::page_leaves;
  std::vector<Digest> leaves;
  for (std::uint64_t i = 0; i < 6 * page; ++i) leaves.push_back(leaf_hash("row " + std::to_string(i)));
  MerkleTree tree = tree_of(3 * page + 5);
  tree.forget(3 * page);
  for (std::uint64_t i = 3 * page + 5; i < 3 * page + 20; ++i) tree.append(leaves[i]);
  CHECK(tree.root() == tree_of(3 * page + 20).root());
  tree.append(std::span(leaves).subspan(3 * page + 20));
  CHECK(tree.root() == tree_of(6 * page).root());
  tree.truncate(3 * page + 1);
  CHECK(tree.root() == tree_of(3 * page + 1).root());
  CHECK(tree.leaf(3 * page) == leaves[3 * page]);
  tree.truncate(3 * page);
  CHECK(tree.root() == tree_of(3 * page).root());
  tree.append(std::span(leaves).subspan(3 * page));
  CHECK(tree.root() == tree_of(6 * page).root());
}

}  // namespace al::audit
