#include "policy/pattern.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

namespace al::policy {
namespace {

Pattern pattern(std::string_view text) {
  const std::optional<Pattern> parsed = Pattern::parse(text);
  INFO(text);
  REQUIRE(parsed.has_value());
  return *parsed;
}

TEST_CASE("which texts are patterns", "[policy]") {
  const std::string longest(128, 'a');
  const std::string too_long(129, 'a');
  for (const std::string_view good :
       std::vector<std::string_view>{"*", "pr", "pr.merge", "pr.*", "a.b.c.*", "A-Z_0:9.x", longest}) {
    INFO(good);
    CHECK(Pattern::parse(good).has_value());
  }
  for (const std::string_view bad :
       std::vector<std::string_view>{"", ".", "pr.", ".pr", "pr..x", "pr*", "*.pr", "pr.*.x", "**", "pr.**",
                                     ".*", "pr. x", "pr/x", "pr.m\u00e9rge", too_long}) {
    INFO(bad);
    CHECK_FALSE(Pattern::parse(bad).has_value());
  }
  CHECK(is_action_type("pr.merge"));
  CHECK_FALSE(is_action_type("pr.*"));
  CHECK_FALSE(is_action_type("*"));
  CHECK_FALSE(is_action_type(""));
  CHECK_FALSE(is_action_type(too_long));
}

TEST_CASE("matches and prefixes", "[policy]") {
  CHECK(pattern("pr.*").matches("pr.merge"));
  CHECK(pattern("pr.*").matches("pr.merge.fast"));
  CHECK_FALSE(pattern("pr.*").matches("pr"));
  CHECK_FALSE(pattern("pr.*").matches("prx.merge"));
  CHECK(pattern("*").matches("pr"));
  CHECK_FALSE(pattern("pr.merge").matches("pr.merge.fast"));
  CHECK(pattern("pr.*").prefix() == "pr.");
  CHECK(pattern("*").prefix().empty());
  CHECK(pattern("pr.merge").prefix() == "pr.merge");
  CHECK_FALSE(Pattern().matches(""));
  CHECK_FALSE(Pattern().matches("pr"));
  CHECK(pattern("a").specificity() > pattern("long.prefix.of.words.*").specificity());
  CHECK(pattern("a.b.*").specificity() > pattern("a.*").specificity());
  CHECK(pattern("a.*").specificity() > pattern("*").specificity());
}

TEST_CASE("covers() is inclusion of sets, checked against all short action types", "[policy]") {
  // Every type of up to four words of two letters; patterns of up to three words, so that no inclusion is an
  // accident.
  std::vector<std::string> types;
  for (std::size_t begin = 0, words = 1; words <= 4; ++words) {
    const std::size_t end = types.size();
    for (const char c : {'a', 'b'}) {
      if (words == 1) types.emplace_back(1, c);
      for (std::size_t i = begin; words > 1 && i < end; ++i) types.push_back(types[i] + "." + c);
    }
    begin = end;
  }
  REQUIRE(types.size() == 2 + 4 + 8 + 16);
  std::vector<Pattern> patterns{pattern("*")};
  for (const std::string& type : types) {
    if (type.size() > 5) continue;
    patterns.push_back(pattern(type));
    patterns.push_back(pattern(type + ".*"));
  }
  for (const Pattern& a : patterns) {
    for (const Pattern& b : patterns) {
      bool included = true;
      for (const std::string& type : types) included = included && (a.matches(type) || !b.matches(type));
      INFO(a.text() << " covers " << b.text());
      CHECK(a.covers(b) == included);
    }
  }
}

}  // namespace
}  // namespace al::policy
