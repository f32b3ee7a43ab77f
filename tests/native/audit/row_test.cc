#include "audit/row.h"
#include "audit/merkle.h"

#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/vectors.h"

namespace al::audit {
namespace {

constexpr std::string_view zeros = "0000000000000000000000000000000000000000000000000000000000000000";
constexpr Millis noon = 1'769'860'800'000;

Row composed(const Entry& entry, std::uint64_t row_id = 0, const Digest& prev_hash = {}) {
  Entropy entropy = Entropy::from_number(1);
  return compose(entry, row_id, prev_hash, entropy);
}

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string out(text);
  const std::size_t at = out.find(what);
  REQUIRE(at != std::string::npos);
  return out.replace(at, what.size(), with);
}

bool is_corrupt(std::string_view text) {
  const Result<DecodedRow> row = decode(text);
  const Result<RowFrame> frame = read_frame(text);
  REQUIRE(row.ok() == frame.ok());
  return !row.ok() && row.error().code == Code::ledger_corrupt && frame.error().code == Code::ledger_corrupt;
}

}  // namespace

TEST_CASE("A row takes no more room than it fills", "[audit][row]") {
  for (const std::uint64_t row_id : {0ULL, 9ULL, 10ULL, 18446744073709551615ULL}) {
    for (const bool by_agent : {false, true}) {
      for (std::size_t fields = 0; fields < 3; ++fields) {
        Entry entry{.type = "t", .agent_id = by_agent ? "agt-1" : "", .wall_ms = noon, .facts = R"({"a":1})"};
        for (const std::string_view field : {"metadata", "reason"})
          if (entry.redactable.size() < fields) entry.redactable.push_back({field, R"("of some length")"});
        const Row row = composed(entry, row_id);
        REQUIRE(row.text.capacity() == row.text.size());
        REQUIRE((row.openings.capacity() == row.openings.size() || row.openings.empty()));
      }
    }
  }
}

TEST_CASE("A row without an agent has exactly these bytes", "[audit][row]") {
  const Row row = composed({.type = "ledger.opened", .wall_ms = noon});
  CHECK(row.row_id == 0);
  CHECK(row.text ==
        "{\"facts\":{},\"prev_hash\":\"" + std::string(zeros) +
            "\",\"row_id\":0,\"timestamp\":\"2026-01-31T12:00:00.000Z\",\"type\":\"ledger.opened\",\"v\":1}");
  CHECK(row.openings.empty());
}

TEST_CASE("A row is composed canonically and read back whole", "[audit][row]") {
  const Digest prev = sha256("the row before");
  Entry entry{.type = "action.executed",
              .agent_id = "agt_\"\n\xe2\x82\xac",
              .wall_ms = noon + 7,
              .facts = R"({"a":[1,2.5],"b":"x"})"};
  entry.redactable = {
      {"\n", "1"}, {"metadata", R"({"k":"v"})"}, {"\xf0\x9f\x98\x80", "null"}, {"\xef\xac\xb3", "[]"}};
  const Row row = composed(entry, std::numeric_limits<std::uint64_t>::max(), prev);

  const Result<json::Document> parsed = json::parse(row.text);
  REQUIRE(parsed.ok());
  CHECK(json::canonical(parsed->root()) == row.text);
  const Result<json::Document> openings = json::parse(row.openings);
  REQUIRE(openings.ok());
  CHECK(json::canonical(openings->root()) == row.openings);

  const Result<DecodedRow> decoded = decode(row.text);
  REQUIRE(decoded.ok());
  CHECK(decoded->row_id == std::numeric_limits<std::uint64_t>::max());
  CHECK(decoded->type == "action.executed");
  CHECK(decoded->agent_id == entry.agent_id);
  CHECK(decoded->wall_ms == noon + 7);
  CHECK(decoded->prev_hash == prev);
  CHECK(json::canonical(decoded->facts) == entry.facts);
  REQUIRE(decoded->commitments.size() == 4);
  std::vector<std::string> salts;
  for (const auto& [field, value] : entry.redactable) {
    const json::Value opening = openings->root()[field];
    const Bytes salt = from_hex(opening["salt"].string()).value();
    CHECK(salt.size() == 16);
    salts.push_back(to_hex(salt));
    CHECK(json::canonical(opening["value"]) == value);
    CHECK(decoded->commitments[field].string() == to_hex(Sha256().update(salt).update(value).finish()));
  }
  CHECK(salts[0] != salts[1]);

  const Result<RowFrame> frame = read_frame(row.text);
  REQUIRE(frame.ok());
  CHECK(frame->facts == entry.facts);
  CHECK(frame->commitments == json::canonical(decoded->commitments));
  CHECK(check_openings(frame->commitments, row.openings).ok());
}

TEST_CASE("The chain hash is SHA-256(prev_hash ‖ leaf_hash)", "[audit][row]") {
  const Digest prev = sha256("x");
  const Digest leaf = leaf_hash("row");
  CHECK(chain_hash(prev, leaf) == Sha256().update(prev).update(leaf).finish());
  CHECK(chain_hash({}, {}) == sha256(std::string(64, '\0')));
}

TEST_CASE("A text that differs in anything from a row is refused", "[audit][row]") {
  Entry entry{.type = "t", .agent_id = "a", .wall_ms = noon, .facts = R"({"x":1})"};
  entry.redactable = {{"m", "1"}, {"n", "2"}};
  const std::string text = composed(entry, 12).text;
  REQUIRE(decode(text).ok());
  const std::string hash = "\"prev_hash\":\"" + std::string(zeros) + "\"";
  const std::vector<std::string> table{
      "",
      "null",
      "[]",
      "{}",
      " " + text,
      text + " ",
      text + text,
      text.substr(1),
      text.substr(0, text.size() - 1),
      // A member that is missing.
      replaced(text, R"("facts":{"x":1},)", ""),
      replaced(text, "," + hash, ""),
      replaced(text, R"(,"row_id":12)", ""),
      replaced(text, R"(,"timestamp":"2026-01-31T12:00:00.000Z")", ""),
      replaced(text, R"(,"type":"t")", ""),
      replaced(text, R"(,"v":1)", ""),
      // A member too many, or twice.
      replaced(text, R"("facts")", R"("extra":1,"facts")"),
      replaced(text, R"(,"v":1)", R"(,"v":1,"w":1)"),
      replaced(text, R"("agent_id":"a",)", R"("agent_id":"a","agent_id":"a",)"),
      replaced(text, R"("agent_id":"a",)", R"("aaa":0,"agent_id":"a",)"),
      // Another type.
      replaced(text, R"("agent_id":"a")", R"("agent_id":1)"),
      replaced(text, R"("agent_id":"a")", R"("agent_id":null)"),
      replaced(text, R"("facts":{"x":1})", R"("facts":[])"),
      replaced(text, R"("facts":{"x":1})", R"("facts":null)"),
      replaced(text, R"("row_id":12)", R"("row_id":"12")"),
      replaced(text, R"("row_id":12)", R"("row_id":-12)"),
      replaced(text, R"("row_id":12)", R"("row_id":1.5)"),
      replaced(text, R"("row_id":12)", R"("row_id":18446744073709551616)"),
      replaced(text, R"("type":"t")", R"("type":1)"),
      replaced(text, R"("v":1)", R"("v":2)"),
      replaced(text, R"("v":1)", R"("v":"1")"),
      replaced(text, R"("v":1)", R"("v":1.0)"),
      // Empty where it should be left out, or not be.
      replaced(text, R"("agent_id":"a")", R"("agent_id":"")"),
      replaced(text, R"("type":"t")", R"("type":"")"),
      // Another spelling of the same.
      replaced(text, R"("agent_id":"a")", R"("agent_id":"\u0061")"),
      replaced(text, R"("facts":{"x":1})", R"("facts":{"x": 1})"),
      replaced(text, R"("facts":{"x":1})", R"("facts":{"x":1.0})"),
      replaced(text, R"("facts":{"x":1})", R"("facts":{"x":1,"a":2})"),
      replaced(text, R"("facts":{"x":1})", R"("facts":{"x":1,"x":1})"),
      replaced(text, R"("row_id":12)", R"("row_id":012)"),
      replaced(text, R"("row_id":12)", R"("row_id":12.0)"),
      replaced(text, R"("row_id":12)", R"("row_id":1.2e1)"),
      replaced(text, R"("row_id":12,)", R"("row_id":12 ,)"),
      // Digests.
      replaced(text, std::string(zeros), std::string(zeros).substr(1)),
      replaced(text, std::string(zeros), std::string(zeros) + "0"),
      replaced(text, "\"" + std::string(zeros), "\"g" + std::string(zeros).substr(1)),
      replaced(text, "\"" + std::string(zeros), "\"A" + std::string(zeros).substr(1)),
      replaced(text, std::string(zeros), ""),
      // Times.
      replaced(text, "2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00Z"),
      replaced(text, "2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00.00Z"),
      replaced(text, "2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00.0000Z"),
      replaced(text, "2026-01-31T12:00:00.000Z", "2026-01-31t12:00:00.000Z"),
      replaced(text, "2026-01-31T12:00:00.000Z", "2026-01-31 12:00:00.000Z"),
      replaced(text, "2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00.000z"),
      replaced(text, "2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00+00:00"),
      replaced(text, "2026-01-31T12:00:00.000Z", "2026-01-31T12:00:60.000Z"),
      replaced(text, "2026-01-31T12:00:00.000Z", "2026-02-29T12:00:00.000Z"),
      replaced(text, "2026-01-31T12:00:00.000Z", "2026-01-31T24:00:00.000Z"),
  };
  for (const std::string& changed : table) {
    CAPTURE(changed);
    CHECK(is_corrupt(changed));
  }
}

TEST_CASE("Commitments are digests, in order, and not empty", "[audit][row]") {
  Entry entry{.type = "t", .wall_ms = noon};
  entry.redactable = {{"m", "1"}};
  const std::string text = composed(entry).text;
  const std::string digest = json::canonical(decode(text)->commitments["m"]);
  CHECK(digest.size() == 66);
  const auto with = [&](const std::string& commitments) {
    return replaced(text, "{\"m\":" + digest + "}", commitments);
  };
  CHECK(decode(with("{\"l\":" + digest + ",\"m\":" + digest + "}")).ok());
  CHECK(is_corrupt(with("{}")));
  CHECK(is_corrupt(with("null")));
  CHECK(is_corrupt(with("[]")));
  CHECK(is_corrupt(with("{\"m\":1}")));
  CHECK(is_corrupt(with("{\"m\":\"" + digest.substr(2))));
  CHECK(is_corrupt(with("{\"m\":" + digest + ",\"m\":" + digest + "}")));
  CHECK(is_corrupt(with("{\"m\":" + digest + ",\"l\":" + digest + "}")));
}

TEST_CASE("A fault names the member where the text departs", "[audit][row]") {
  const std::string text = composed({.type = "t", .wall_ms = noon}, 12).text;
  CHECK(read_frame(replaced(text, "12:00:00.000Z", "12:00:00Z")).error().message.find("\"timestamp\"") !=
        std::string::npos);
  CHECK(read_frame(replaced(text, R"("row_id":12)", R"("row_id":x)")).error().message.find("\"row_id\"") !=
        std::string::npos);
}

TEST_CASE("Rows nest as deep as the limit, not deeper", "[audit][row]") {
  const auto row = [](std::size_t depth) {
    return composed(
               {.type = "t", .facts = R"({"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}"})
        .text;
  };
  CHECK(decode(row(row_limits.depth_max - 2)).ok());
  CHECK(is_corrupt(row(row_limits.depth_max - 1)));
  CHECK(is_corrupt(row(100'000)));
}

TEST_CASE("Openings must be what the row commits to", "[audit][row]") {
  Entry entry{.type = "t", .wall_ms = noon};
  entry.redactable = {{"a", "1"}, {"b", R"({"x":"y"})"}, {"c", "null"}};
  const Row row = composed(entry);
  const std::string commitments(read_frame(row.text)->commitments);
  const auto opens = [&](std::string_view openings) { return check_openings(commitments, openings).ok(); };
  CHECK(opens(row.openings));

  // Redacted, in part or whole.
  const std::size_t b = row.openings.find(",\"b\":");
  const std::size_t c = row.openings.find(",\"c\":");
  const std::string only_a = row.openings.substr(0, b) + "}";
  const std::string only_c = "{" + row.openings.substr(c + 1);
  const std::string a_and_c = row.openings.substr(0, b) + row.openings.substr(c);
  CHECK(opens(only_a));
  CHECK(opens(only_c));
  CHECK(opens(a_and_c));
  CHECK(opens("{}"));
  CHECK(opens(""));
  CHECK(check_openings("", "").ok());
  CHECK(check_openings("", "{}").ok());

  CHECK_FALSE(check_openings("", only_a).ok());             // No commitment at all.
  CHECK_FALSE(opens(replaced(only_a, "\"a\"", "\"aa\"")));  // None of that name.
  CHECK_FALSE(opens(replaced(only_a, "\"a\"", "\"b\"")));   // That of another field.
  CHECK_FALSE(opens(replaced(only_a, "\"value\":1", "\"value\":2")));
  CHECK_FALSE(opens(replaced(only_a, "\"value\":1", "\"value\":1.0")));
  CHECK_FALSE(opens(replaced(only_a, "\"value\":1", "\"value\":\"1\"")));
  CHECK_FALSE(opens(replaced(only_a, "\"value\":1", "\"extra\":0,\"value\":1")));
  CHECK_FALSE(opens(replaced(only_a, "\"value\":1", "\"value\":1,\"x\":0")));
  CHECK_FALSE(opens(R"({"a":{"salt":"","value":1}})"));
  CHECK_FALSE(opens("null"));
  CHECK_FALSE(opens("[]"));
  CHECK_FALSE(opens(row.openings + " "));
  CHECK_FALSE(opens(only_a.substr(0, only_a.size() - 1) + "," + only_a.substr(1)));  // Twice.
  CHECK_FALSE(check_openings("nonsense", only_a).ok());
  CHECK(check_openings(commitments, only_a + "x").error().code == Code::ledger_corrupt);

  for (std::size_t at = 0; at < row.openings.size(); ++at) {
    for (const unsigned mask : {1U, 2U, 4U, 8U, 16U, 32U, 64U, 128U}) {
      std::string changed = row.openings;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ mask);
      if (opens(changed)) FAIL("byte " << at << ": " << changed);
    }
  }
}

TEST_CASE("Rows that another implementation wrote are read", "[audit][row]") {
  const json::Document vectors = vectors::read("ledger.json");
  Digest prev{};
  std::uint64_t id = 0;
  auto hash = vectors.root()["chain_hashes"].items().begin();
  for (const json::Value row : vectors.root()["rows"].items()) {
    const std::string_view text = row["text"].string();
    CAPTURE(text);
    const Result<DecodedRow> decoded = decode(text);
    REQUIRE(decoded.ok());
    CHECK(decoded->row_id == id++);
    CHECK(decoded->prev_hash == prev);
    CHECK(check_openings(read_frame(text)->commitments, row["openings"].string()).ok());
    prev = chain_hash(prev, leaf_hash(text));
    CHECK(to_hex(prev) == (*hash).string());
    ++hash;
  }
  CHECK(id == 6);
}

}  // namespace al::audit
