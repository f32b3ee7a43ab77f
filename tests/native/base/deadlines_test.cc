#include "base/deadlines.h"

#include <catch2/catch_test_macros.hpp>
#include <map>

#include "base/entropy.h"

using namespace al;

TEST_CASE("deadlines: nobody waits", "[base]") {
  Deadlines deadlines;
  CHECK(!deadlines.next());
  CHECK(deadlines.due(1'000'000).empty());
  std::optional<Millis> noted;
  deadlines.note(1, noted, {});
  CHECK(!deadlines.next());
}

TEST_CASE("deadlines: whose time has come, in its order", "[base]") {
  Deadlines deadlines;
  std::optional<Millis> first, second, third;
  deadlines.note(1, first, 30);
  deadlines.note(2, second, 10);
  deadlines.note(3, third, 10);
  CHECK(deadlines.next() == 10);
  CHECK(deadlines.due(9).empty());
  CHECK(deadlines.due(10) == std::vector<Deadlines::Id>{2, 3});
  CHECK(deadlines.due(30) == std::vector<Deadlines::Id>{2, 3, 1});
  deadlines.note(2, second, 40);
  CHECK(second == 40);
  deadlines.note(3, third, {});
  CHECK(!third);
  CHECK(deadlines.next() == 30);
  CHECK(deadlines.due(100) == std::vector<Deadlines::Id>{1, 2});
}

TEST_CASE("deadlines: as a list of all of them would say", "[base]") {
  Entropy random = Entropy::from_number(11);
  Deadlines deadlines;
  std::map<Deadlines::Id, std::optional<Millis>> all;
  for (int step = 0; step < 2000; ++step) {
    const Deadlines::Id id = random.below(20);
    const std::uint64_t drawn = random.below(12);
    deadlines.note(id, all[id], drawn == 0 ? std::nullopt : std::optional(static_cast<Millis>(drawn)));
    const auto now_ms = static_cast<Millis>(random.below(12));
    std::optional<Millis> next;
    std::size_t due = 0;
    for (const auto& [each, deadline] : all) {
      if (!deadline) continue;
      next = std::min(next.value_or(*deadline), *deadline);
      if (*deadline <= now_ms) ++due;
    }
    if (deadlines.next() != next || deadlines.due(now_ms).size() != due) FAIL("after step " << step);
  }
}
