#include "base/few.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

namespace al {

TEST_CASE("A list of few reads like any list, however many there are", "[base]") {
  for (const std::vector<std::string>& items :
       {std::vector<std::string>{}, {"a"}, {"a", "b"}, {"a", "b", "c"}}) {
    const Few<std::string> few(items);
    const Few<std::string> copy = few;  // The one item lies in the copy, not in what was copied.
    CHECK(std::vector<std::string>(few.begin(), few.end()) == items);
    CHECK(std::vector<std::string>(copy.begin(), copy.end()) == items);
    CHECK(copy.size() == items.size());
    CHECK(copy.empty() == items.empty());
    if (items.empty()) continue;
    CHECK(copy.begin() != few.begin());
    CHECK(copy.front() == items.front());
    CHECK(copy.back() == items.back());
    CHECK(copy[items.size() - 1] == items.back());
  }
}

}  // namespace al
