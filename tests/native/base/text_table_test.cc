#include "base/text_table.h"

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <random>
#include <string>

using al::TextTable;

namespace {

struct Thing {
  std::string its_name;
  int value = 0;

  [[nodiscard]] bool empty() const { return value == 0; }
  [[nodiscard]] std::string_view name() const { return its_name; }
};

void set(TextTable<Thing>& table, const std::string& name, int value) {
  table.change(name, [&](Thing& thing) { thing = {name, value}; });
}

}  // namespace

TEST_CASE("a table finds what was put into it, and nothing else", "[base]") {
  TextTable<Thing> table;
  CHECK(table.find("") == nullptr);
  CHECK(table.find("a") == nullptr);
  set(table, "a", 1);
  set(table, "", 2);
  CHECK(table.find("a")->value == 1);
  CHECK(table.find("")->value == 2);
  CHECK(table.find("b") == nullptr);
  table.change("a", [](Thing& thing) { thing.value += 10; });
  CHECK(table.find("a")->value == 11);
  set(table, "a", 0);
  CHECK(table.find("a") == nullptr);
  set(table, "b", 0);  // It was not there, and is not now.
  CHECK(table.find("b") == nullptr);
  CHECK(table.find("")->value == 2);
}

TEST_CASE("a table agrees with a map, whatever is put in and taken out", "[base]") {
  TextTable<Thing> table;
  std::map<std::string, int> expected;
  std::mt19937 random(7);
  // Few names, so that they come and go often; and many at times, so that it grows.
  for (int step = 0; step < 20'000; ++step) {
    const unsigned names = step % 2000 < 1000 ? 20 : 1000;
    const std::string name = "name." + std::to_string(random() % names);
    const int value = static_cast<int>(random() % 3);
    set(table, name, value);
    if (value == 0)
      expected.erase(name);
    else
      expected[name] = value;
    if (step % 97 != 0) continue;
    for (int n = 0; n < 1000; ++n) {
      const std::string each = "name." + std::to_string(n);
      const Thing* found = table.find(each);
      const auto at = expected.find(each);
      REQUIRE((found == nullptr) == (at == expected.end()));
      if (found != nullptr) REQUIRE(found->value == at->second);
    }
  }
}
