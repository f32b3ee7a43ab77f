#include "base/json_string.h"

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/entropy.h"
#include "base/json.h"
#include "base/utf8.h"

namespace al::json {
namespace {

/// What stands between quotes means; "!" where it is no string, with what is left of it.
std::string taken(std::string text) {
  text += '"';
  std::string_view left = text;
  std::string out;
  if (!take_string(left, out)) return "! " + std::string(left);
  return left.empty() ? out : "? " + std::string(left);
}

/// The first byte, counted from one, that belongs to no character.
std::size_t first_beyond_utf8(std::string_view text) {
  std::size_t at = 0;
  while (const std::size_t bytes = utf8_sequence_bytes(text.substr(at))) at += bytes;
  return at + 1;
}

}  // namespace

TEST_CASE("Plain characters stand for themselves, and all others do not", "[base][json]") {
  for (int c = 0; c < 256; ++c) {
    const char character = static_cast<char>(c);
    const bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
    REQUIRE(is_plain(character) == plain);
    for (std::size_t at = 0; at < 40; ++at) {
      std::string text(40, 'a');
      text[at] = character;
      REQUIRE(plain_prefix(text) == (plain ? 40 : at));
      REQUIRE(unescaped_prefix(text) == (plain || c >= 0x80 ? 40 : at));
    }
  }
}

TEST_CASE("RFC 8259, section 7: strings mean what their escapes say", "[base][json]") {
  CHECK(taken("").empty());
  CHECK(taken(R"(\"\\\/\b\f\n\r\t)") == "\"\\/\b\f\n\r\t");
  CHECK(taken(R"(\u0041\u00e9\u20AC\ud83d\uDE00)") == "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  CHECK(taken(R"(\u0000)") == std::string(1, '\0'));
  CHECK(taken("\x7F\xC2\x80\xF4\x8F\xBF\xBF") == "\x7F\xC2\x80\xF4\x8F\xBF\xBF");
}

TEST_CASE("A string that is none ends where it cannot go on", "[base][json]") {
  CHECK(taken("a\nb") == "! \nb\"");
  CHECK(taken(R"(a\xb)") == "! xb\"");
  CHECK(taken(R"(\u12g4)") == "! g4\"");
  CHECK(taken(R"(\udc00)") == "! \"");
  CHECK(taken(R"(\ud800-)") == "! -\"");
  CHECK(taken(R"(\ud800\n)") == "! n\"");
  CHECK(taken("a\xFFz") == "! \xFFz\"");
  std::string_view left = "no end";
  std::string out;
  CHECK_FALSE(take_string(left, out));
  CHECK(left.empty());
}

TEST_CASE("Strings are read as nlohmann/json reads them by itself, and refused at the same place",
          "[base][json]") {
  constexpr std::array<std::string_view, 24> pieces{"a",
                                                    "plain text of more than sixteen characters",
                                                    "\"",
                                                    "\\",
                                                    "\\n",
                                                    "\\u",
                                                    "\\u00",
                                                    "0041",
                                                    "D800",
                                                    "\\uD83D",
                                                    "\\uDE00",
                                                    "\\udbff",
                                                    "\xC3\xA9",
                                                    "\xE2\x82",
                                                    "\xAC",
                                                    "\xED\xA0\x80",
                                                    "\xF0\x9F\x98\x80",
                                                    "\xF4\x90",
                                                    "\xC0\x80",
                                                    "\x1F",
                                                    "\x7F",
                                                    "/",
                                                    "\\x",
                                                    "F"};
  Entropy entropy = Entropy::from_number(11);
  std::size_t read = 0;
  constexpr int cases = 100'000;
  for (int i = 0; i < cases; ++i) {
    std::string text = "\"";
    for (std::uint64_t left = entropy.below(8); left > 0; --left)
      text += pieces[entropy.below(pieces.size())];
    text += '"';
    INFO(text);
    const Result<Document> ours = parse(text);
    try {
      const std::string theirs = nlohmann::json::parse(text).get<std::string>();
      if (!ours || ours->root().string() != theirs) FAIL("they read it as " << theirs);
      ++read;
    } catch (const nlohmann::json::parse_error& error) {
      if (ours) FAIL("they refuse it");
      // Of bytes that are no UTF-8, the first is named; of half a surrogate pair, what comes behind it.
      const std::size_t at = std::min({error.byte, first_beyond_utf8(text), text.size()});
      const std::string& message = ours.error().message;
      const bool named = message.ends_with("column " + std::to_string(at)) ||
                         (text.find("\\u") < at && message.ends_with("column " + std::to_string(at + 1)));
      if (!named) FAIL(message << "; they name byte " << error.byte);
    }
  }
  CHECK(read > cases / 20);
  CHECK(read < cases / 2);
}

}  // namespace al::json
