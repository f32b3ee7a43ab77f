#include "engine/used_keys.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>

namespace al::engine {
namespace {

TEST_CASE("a key's fingerprint is its agent's own", "[engine]") {
  CHECK(UsedKeys::fingerprint("agt-1", "k") == UsedKeys::fingerprint("agt-1", "k"));
  CHECK(UsedKeys::fingerprint("agt-1", "k") != UsedKeys::fingerprint("agt-2", "k"));
  CHECK(UsedKeys::fingerprint("agt-1", "k") != UsedKeys::fingerprint("agt-1", "l"));
}

TEST_CASE("a table of used keys holds what a map does", "[engine]") {
  // Few fingerprints close to each other, so that they stand in each other's place, at the table's end too.
  const auto fingerprint = [](std::uint64_t n) { return n % 7 == 0 ? ~n : n << 5; };
  std::mt19937_64 chance(1);
  UsedKeys table;
  std::map<std::uint64_t, std::set<std::uint64_t>> expected;
  CHECK(table.rows(1).empty());
  for (std::uint64_t row = 0; row < 20'000; ++row) {
    const std::uint64_t key = fingerprint(chance() % 4000);
    table.add(key, row);
    expected[key].insert(row);
    const std::uint64_t other = fingerprint(chance() % 4000);
    if (chance() % 3 == 0 && !expected[other].empty()) {
      const std::uint64_t gone = *expected[other].begin();
      table.remove(other, gone);
      expected[other].erase(gone);
    }
  }
  for (std::uint64_t n = 0; n < 4000; ++n) {
    std::vector<std::uint64_t> rows = table.rows(fingerprint(n));
    const std::set<std::uint64_t> found(rows.begin(), rows.end());
    REQUIRE(found.size() == rows.size());
    REQUIRE(found == expected[fingerprint(n)]);
  }
}

}  // namespace
}  // namespace al::engine
