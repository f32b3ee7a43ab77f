#include "base/archive.h"

#include <catch2/catch_test_macros.hpp>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

using namespace al;

namespace {

enum class Colour : std::uint8_t { red, green };

struct Inner {
  std::string name;
  std::optional<std::int64_t> number;
  template <typename Archive>
  void archive(Archive& fields) {
    fields(name, number);
  }
};

struct Outer {
  bool yes = false;
  std::uint32_t small = 0;
  Colour colour = Colour::red;
  std::array<std::uint8_t, 4> bytes{};
  std::array<std::int64_t, 2> pair{};
  std::vector<Inner> list;
  std::map<std::string, std::vector<std::string>, std::less<>> map;
  std::unordered_map<std::string, std::pair<std::uint64_t, bool>> table;
  template <typename Archive>
  void archive(Archive& fields) {
    fields(yes, small, enumeration(colour, Colour::green), bytes, pair, list, map, table);
  }
};

Outer sample() {
  return {true,
          7,
          Colour::green,
          {1, 2, 3, 4},
          {-1, 1LL << 50},
          {{"a", {}}, {"", 5}},
          {{"k", {"x", "y"}}, {"l", {}}},
          {{"t", {9, true}}}};
}

std::string written(const Outer& value) {
  std::string out;
  ArchiveWriter writer(out);
  writer(value);
  return out;
}

}  // namespace

TEST_CASE("archive: what was written is read", "[archive]") {
  const std::string bytes = written(sample());
  Outer read;
  read.list.resize(9);
  ArchiveReader reader(bytes);
  reader(read);
  CHECK(reader.complete());
  CHECK(written(read) == bytes);
  CHECK(read.colour == Colour::green);
  CHECK(read.list[1].number == 5);
  CHECK(!read.list[0].number);
  CHECK(read.map.at("k") == std::vector<std::string>{"x", "y"});
  CHECK(read.table.at("t") == std::pair<std::uint64_t, bool>{9, true});
}

TEST_CASE("archive: whatever is cut off, too long or changed is not read beyond its end", "[archive]") {
  const std::string bytes = written(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    // Of its own size, so that the sanitizers see every byte that is read beyond it.
    const std::string cut = bytes.substr(0, size);
    Outer read;
    ArchiveReader reader(cut);
    reader(read);
    CHECK(!reader.complete());
  }
  Outer read;
  const std::string more = bytes + "x";
  ArchiveReader longer(more);
  longer(read);
  CHECK(longer.sound());
  CHECK(!longer.complete());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int flipped : {0x01, 0x80, 0xff}) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ flipped);
      Outer other;
      ArchiveReader reader(changed);
      reader(other);
      if (reader.complete()) CHECK(other.colour <= Colour::green);
    }
  }
}

TEST_CASE("archive: a time or a count beyond 2^53 is refused, as sums of it could not be trusted",
          "[archive]") {
  constexpr std::int64_t max = std::int64_t{1} << 53;
  for (const std::int64_t written :
       {max, -max, max + 1, -max - 1, std::numeric_limits<std::int64_t>::min()}) {
    std::string bytes;
    ArchiveWriter writer(bytes);
    writer(written);
    std::int64_t value = 7;
    ArchiveReader reader(bytes);
    reader(value);
    const bool sound = written <= max && written >= -max;
    CHECK(reader.complete() == sound);
    CHECK(value == (sound ? written : 0));
  }
}
