#include "policy/glob.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

namespace al::policy {
namespace {

bool matches(std::string_view pattern, std::string_view text) {
  const std::optional<Glob> glob = Glob::parse(pattern);
  REQUIRE(glob.has_value());
  return glob->matches(text);
}

/// The definition, word by word; for short texts only.
bool matches_slowly(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    return matches_slowly(pattern.substr(1), text) ||
           (!text.empty() && matches_slowly(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern.front() == '?' || pattern.front() == text.front()) &&
         matches_slowly(pattern.substr(1), text.substr(1));
}

TEST_CASE("globs", "[policy]") {
  CHECK(matches("release/*", "release/1.2"));
  CHECK(matches("release/*", "release/"));
  CHECK_FALSE(matches("release/*", "Release/1"));
  CHECK(matches("*.ts", "a/b/c.ts"));
  CHECK(matches("v?.?", "v1.2"));
  CHECK_FALSE(matches("v?.?", "v1.23"));
  CHECK_FALSE(matches("", "a"));
  CHECK(matches("", ""));
  CHECK(matches("***", ""));
  CHECK(matches("?", "\u00e9"));
  CHECK(matches("a?b", "a\U0001F600b"));
  CHECK_FALSE(matches("??", "\u00e9"));
  CHECK(matches("*\u00e9?", "caf\u00e9s"));
  CHECK(Glob::containing("a*b")->matches("xa*by"));
  CHECK_FALSE(Glob::containing("a*b")->matches("xaab"));
}

TEST_CASE("globs agree with their definition on all short patterns and texts", "[policy]") {
  const auto all = [](std::string_view letters, std::size_t length) {
    std::vector<std::string> out{""};
    for (std::size_t begin = 0, n = 0; n < length; ++n) {
      const std::size_t end = out.size();
      for (; begin < end; ++begin) {
        for (const char c : letters) out.push_back(out[begin] + c);
      }
    }
    return out;
  };
  std::size_t wrong = 0;
  for (const std::string& pattern : all("ab?*", 5)) {
    const std::optional<Glob> glob = Glob::parse(pattern);
    for (const std::string& text : all("abc", 4)) {
      if (glob->matches(text) != matches_slowly(pattern, text)) ++wrong;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("the worst globs take one pass", "[policy]") {
  std::string pattern;
  while (pattern.size() + 2 <= Glob::pattern_bytes_max - 1) pattern += "*a";
  pattern += "b";
  const std::string text(1 << 20, 'a');
  CHECK_FALSE(matches(pattern, text));
  CHECK(matches(pattern, text + "b"));
  CHECK(matches(std::string(255, '?'), std::string(255, 'x')));
  CHECK_FALSE(matches(std::string(255, '?'), std::string(254, 'x')));
  CHECK_FALSE(Glob::parse(std::string(256, 'a')).has_value());
  CHECK(matches(std::string(200, 'a') + "*" + std::string(54, 'b'),
                std::string(200, 'a') + "zz" + std::string(54, 'b')));
}

}  // namespace
}  // namespace al::policy
