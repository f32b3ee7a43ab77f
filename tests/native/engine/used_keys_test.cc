#include "engine/used_keys.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/archive.h"

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

TEST_CASE("a table of used keys is read as it was written, or refused", "[engine]") {
  UsedKeys table;
  for (std::uint64_t row = 0; row < 100; ++row) table.add(row * 0x9e37'79b9'7f4a'7c15, row);
  table.remove(0, 0);
  std::string bytes;
  ArchiveWriter writer(bytes);
  writer(table);
  const auto read = [](std::string_view from) {
    UsedKeys out;
    ArchiveReader reader(from);
    reader(out);
    return reader.complete() ? std::optional(std::move(out)) : std::nullopt;
  };
  const std::optional<UsedKeys> again = read(bytes);
  REQUIRE(again);
  for (std::uint64_t row = 0; row < 100; ++row)
    CHECK(again->rows(row * 0x9e37'79b9'7f4a'7c15) == table.rows(row * 0x9e37'79b9'7f4a'7c15));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(read(std::string_view(bytes).substr(0, size)));
  CHECK_FALSE(read(std::string(8, '\xff') + bytes.substr(8)));  // more keys than bytes
  CHECK_FALSE(
      read(bytes.substr(0, bytes.size() - 8) + std::string(8, '\xff')));  // the last of all row numbers
}

}  // namespace
}  // namespace al::engine
