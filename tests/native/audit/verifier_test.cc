#include "audit/verifier.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/vectors.h"

namespace al::audit {
namespace {

constexpr Millis noon = 1'769'860'800'000;
constexpr std::uint64_t rows_total = 8;

using Ledger = std::vector<Row>;

Row row_behind(const Digest& prev_hash, std::uint64_t row_id, std::string_view said, Entropy& entropy) {
  Entry entry{.type = "action.executed", .wall_ms = noon + static_cast<Millis>(row_id) * 500};
  entry.facts = R"({"said":")" + std::string(said) + "\"}";
  if (row_id % 2 == 0) entry.agent_id = "agt_1";
  if (row_id % 3 == 0) entry.redactable = {{"metadata", R"({"pr":1})"}, {"reason", R"("because")"}};
  return compose(entry, row_id, prev_hash, entropy);
}

/// `total` rows; those from `fork` on say something else.
Ledger ledger_of(std::uint64_t total, std::uint64_t fork = rows_total) {
  Entropy entropy = Entropy::from_number(3);
  Ledger ledger;
  Digest prev{};
  for (std::uint64_t i = 0; i < total; ++i) {
    ledger.push_back(row_behind(prev, i, i < fork ? "one" : "another", entropy));
    prev = chain_hash(prev, leaf_hash(ledger.back().text));
  }
  return ledger;
}

/// Fed with each row alone, which must say the same as all at once.
Verifier fed(const Ledger& ledger) {
  Verifier verifier;
  Verifier batches;
  std::vector<RowView> rows;
  for (const Row& row : ledger) {
    verifier.add(row.text, row.openings);
    rows.push_back({row.text, row.openings});
  }
  // In two parts, so that one begins behind rows that were seen.
  const std::span<const RowView> all = rows;
  batches.add(all.first(rows.size() / 3));
  batches.add(all.subspan(rows.size() / 3));
  CHECK(batches.finding().damage == verifier.finding().damage);
  CHECK(batches.finding().row_id == verifier.finding().row_id);
  CHECK(batches.finding().message == verifier.finding().message);
  CHECK(batches.rows_checked() == verifier.rows_checked());
  CHECK(batches.rows_seen() == verifier.rows_seen());
  CHECK(batches.checkpoint("o").root == verifier.checkpoint("o").root);
  return verifier;
}

Checkpoint checkpoint_of(const Ledger& ledger) { return fed(ledger).checkpoint("org_1"); }

Checkpoint checkpoint_at(const Ledger& ledger, std::uint64_t size) {
  return checkpoint_of(Ledger(ledger.begin(), ledger.begin() + static_cast<std::ptrdiff_t>(size)));
}

/// What a client says that has the checkpoint of the honest ledger.
Finding verdict(const Ledger& ledger, const Checkpoint& checkpoint, bool newest) {
  Verifier verifier = fed(ledger);
  verifier.compare(checkpoint, newest);
  return verifier.finding();
}

void check(const Finding& finding, Damage damage, std::uint64_t row_id) {
  INFO(finding.message);
  CHECK(text(finding.damage) == text(damage));
  CHECK(finding.row_id == row_id);
  CHECK(finding.message.empty() == (damage == Damage::none));
}

auto at(Ledger& ledger, std::uint64_t index) { return ledger.begin() + static_cast<std::ptrdiff_t>(index); }

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string out(text);
  const std::size_t found = out.find(what);
  REQUIRE(found != std::string::npos);
  return out.replace(found, what.size(), with);
}

}  // namespace

TEST_CASE("An honest ledger has no finding, at any checkpoint of its past", "[audit][verifier]") {
  const Ledger ledger = ledger_of(rows_total);
  Verifier verifier = fed(ledger);
  CHECK(verifier.finding().damage == Damage::none);
  CHECK(verifier.rows_checked() == rows_total);
  CHECK(verifier.rows_seen() == rows_total);
  for (std::uint64_t size = 0; size <= rows_total; ++size)
    verifier.compare(checkpoint_at(ledger, size), false);
  verifier.compare(checkpoint_of(ledger), true);
  check(verifier.finding(), Damage::none, 0);
  const Checkpoint checkpoint = verifier.checkpoint("org_1");
  CHECK(checkpoint.origin == "org_1");
  CHECK(checkpoint.size == rows_total);

  Verifier empty;
  empty.compare(empty.checkpoint("org_1"), true);
  check(empty.finding(), Damage::none, 0);
  CHECK(empty.checkpoint("").root == sha256(std::string_view()));
}

TEST_CASE("A ledger that another implementation wrote is sound", "[audit][verifier]") {
  const json::Document vectors = vectors::read("ledger.json");
  Verifier verifier;
  auto root = vectors.root()["roots"].items().begin();
  CHECK(to_hex(verifier.checkpoint("").root) == (*root).string());
  for (const json::Value row : vectors.root()["rows"].items()) {
    verifier.add(row["text"].string(), row["openings"].string());
    ++root;
    CHECK(to_hex(verifier.checkpoint("").root) == (*root).string());
  }
  check(verifier.finding(), Damage::none, 0);
  const std::string note = note_body(verifier.checkpoint(std::string(vectors.root()["origin"].string())));
  CHECK(note == vectors.root()["checkpoint"].string());
}

TEST_CASE("A redacted row is sound", "[audit][verifier]") {
  Ledger ledger = ledger_of(rows_total);
  const Checkpoint checkpoint = checkpoint_of(ledger);
  ledger[0].openings.clear();
  ledger[3].openings = ledger[3].openings.substr(0, ledger[3].openings.find(",\"reason\"")) + "}";
  check(verdict(ledger, checkpoint, true), Damage::none, 0);
}

TEST_CASE("Each byte of each row that is edited is found, and the row is named", "[audit][verifier]") {
  const Ledger honest = ledger_of(rows_total);
  const Checkpoint checkpoint = checkpoint_of(honest);
  for (std::uint64_t id = 0; id < rows_total; ++id) {
    const std::string& text = honest[id].text;
    const std::size_t hash_at = text.find("\"prev_hash\":\"") + 13;
    for (std::size_t byte = 0; byte < text.size(); ++byte) {
      for (const unsigned mask : {1U, 2U, 4U, 8U, 16U, 32U, 64U, 128U}) {
        Ledger ledger = honest;
        ledger[id].text[byte] = static_cast<char>(static_cast<unsigned char>(text[byte]) ^ mask);
        Finding finding = verdict(ledger, checkpoint, true);
        // Only the prev_hash of the last row cannot be told from an edit of the row before: no later row
        // decides.
        const bool readable = decode(ledger[id].text).ok();
        const bool last_link = readable && id == rows_total - 1 && byte >= hash_at && byte < hash_at + 64;
        const std::uint64_t named = last_link ? id - 1 : id;
        if (finding.damage != Damage::edited || finding.row_id != named) {
          FAIL("row " << id << ", byte " << byte << ", mask " << mask << ": "
                      << al::audit::text(finding.damage) << " " << finding.row_id << ": " << finding.message);
        }
      }
    }
  }
}

TEST_CASE("Each byte of each opening that is edited is found, and the row is named", "[audit][verifier]") {
  const Ledger honest = ledger_of(rows_total);
  for (std::uint64_t id = 0; id < rows_total; ++id) {
    for (std::size_t byte = 0; byte < honest[id].openings.size(); ++byte) {
      Ledger ledger = honest;
      ledger[id].openings[byte] =
          static_cast<char>(static_cast<unsigned char>(ledger[id].openings[byte]) ^ 1U);
      const Finding finding = fed(ledger).finding();
      if (finding.damage != Damage::edited || finding.row_id != id) FAIL("row " << id << ", byte " << byte);
    }
  }
  Ledger ledger = honest;
  ledger[1].openings = honest[0].openings;
  check(fed(ledger).finding(), Damage::edited, 1);
}

TEST_CASE("Rows that are deleted are named", "[audit][verifier]") {
  const Ledger honest = ledger_of(rows_total);
  const Checkpoint checkpoint = checkpoint_of(honest);
  for (std::uint64_t from = 0; from < rows_total; ++from) {
    for (std::uint64_t to = from + 1; to <= rows_total; ++to) {
      CAPTURE(from, to);
      Ledger ledger = honest;
      ledger.erase(at(ledger, from), at(ledger, to));
      const Damage damage = to == rows_total ? Damage::truncated : Damage::deleted;
      check(verdict(ledger, checkpoint, true), damage, from);
      check(verdict(ledger, checkpoint, false), damage, from);
    }
  }
}

TEST_CASE("A row that is there twice is named, wherever the second stands", "[audit][verifier]") {
  const Ledger honest = ledger_of(rows_total);
  for (std::uint64_t id = 0; id < rows_total; ++id) {
    for (std::uint64_t place = id + 1; place <= rows_total; ++place) {
      CAPTURE(id, place);
      Ledger ledger = honest;
      ledger.insert(at(ledger, place), honest[id]);
      const Finding finding = fed(ledger).finding();
      check(finding, Damage::inserted, id);
      CHECK(finding.message.find("a second time") != std::string::npos);
    }
    for (std::uint64_t place = 0; place < id; ++place) {
      CAPTURE(id, place);
      Ledger ledger = honest;
      ledger.insert(at(ledger, place), honest[id]);
      check(fed(ledger).finding(), Damage::inserted, id);
    }
  }
}

TEST_CASE("Rows that changed places are named", "[audit][verifier]") {
  const Ledger honest = ledger_of(rows_total);
  for (std::uint64_t i = 0; i < rows_total; ++i) {
    for (std::uint64_t k = i + 1; k < rows_total; ++k) {
      CAPTURE(i, k);
      Ledger swapped = honest;
      std::swap(swapped[i], swapped[k]);
      check(fed(swapped).finding(), Damage::reordered, i);

      Ledger later = honest;
      std::rotate(at(later, i), at(later, i + 1), at(later, k + 1));
      check(fed(later).finding(), Damage::reordered, i);

      Ledger earlier = honest;
      std::rotate(at(earlier, i), at(earlier, k), at(earlier, k + 1));
      check(fed(earlier).finding(), Damage::reordered, i);
    }
  }
  check(fed(Ledger(honest.rbegin(), honest.rend())).finding(), Damage::reordered, 0);
}

TEST_CASE("A forged row is named, whatever number it took", "[audit][verifier]") {
  const Ledger honest = ledger_of(rows_total);
  Entropy entropy = Entropy::from_number(9);
  Digest prev{};
  for (std::uint64_t id = 0; id < rows_total; ++id) {
    CAPTURE(id);
    const Row forged = row_behind(prev, id, "forged", entropy);
    Ledger ledger = honest;
    // With the number of the row that follows: there are two of them.
    ledger.insert(at(ledger, id), forged);
    check(fed(ledger).finding(), Damage::inserted, id);

    // With that number, and the rows behind renumbered: the next one still says that it was written without
    // the forged one.
    for (std::uint64_t place = id + 1; place < ledger.size(); ++place) {
      ledger[place].text = replaced(ledger[place].text, "\"row_id\":" + std::to_string(place - 1),
                                    "\"row_id\":" + std::to_string(place));
    }
    check(fed(ledger).finding(), Damage::inserted, id);

    // With a number that nobody has, and no place in the chain.
    ledger = honest;
    ledger.insert(at(ledger, id), row_behind(sha256("elsewhere"), rows_total + 5, "forged", entropy));
    check(fed(ledger).finding(), Damage::inserted, rows_total + 5);

    // In the place of the row: the next one knows another.
    ledger = honest;
    ledger[id] = forged;
    check(verdict(ledger, checkpoint_of(honest), true), Damage::edited, id);
    prev = chain_hash(prev, leaf_hash(honest[id].text));
  }
}

TEST_CASE("A row whose number alone was changed is edited", "[audit][verifier]") {
  Ledger ledger = ledger_of(rows_total);
  const std::string text = ledger[4].text;
  for (const std::string_view number : {"0", "3", "5", "7", "400"}) {
    CAPTURE(number);
    ledger[4].text = replaced(text, "\"row_id\":4", std::string("\"row_id\":").append(number));
    check(fed(ledger).finding(), Damage::edited, 4);
  }
}

TEST_CASE("A ledger that was cut is truncated, by the pinned and by the newest checkpoint",
          "[audit][verifier]") {
  const Ledger honest = ledger_of(rows_total);
  for (std::uint64_t size = 0; size < rows_total; ++size) {
    const Ledger cut(honest.begin(), honest.begin() + static_cast<std::ptrdiff_t>(size));
    check(fed(cut).finding(), Damage::none, 0);
    check(verdict(cut, checkpoint_of(honest), false), Damage::truncated, size);
    check(verdict(cut, checkpoint_of(honest), true), Damage::truncated, size);
  }
}

TEST_CASE("A rewritten history chains well, and is found by the checkpoint that was pinned",
          "[audit][verifier]") {
  const Ledger honest = ledger_of(rows_total);
  for (std::uint64_t fork = 0; fork < rows_total; ++fork) {
    const Ledger rewritten = ledger_of(rows_total, fork);
    check(fed(rewritten).finding(), Damage::none, 0);
    for (std::uint64_t pinned = 0; pinned <= rows_total; ++pinned) {
      CAPTURE(fork, pinned);
      const bool hidden = pinned <= fork;
      check(verdict(rewritten, checkpoint_at(honest, pinned), false), hidden ? Damage::none : Damage::forked,
            hidden ? 0 : pinned - 1);
    }
    check(verdict(rewritten, checkpoint_of(honest), true), Damage::edited, rows_total - 1);
  }
}

TEST_CASE("A checkpoint that agreed narrows down where another one does not", "[audit][verifier]") {
  const Ledger honest = ledger_of(rows_total);
  Verifier verifier = fed(ledger_of(rows_total, 5));
  verifier.compare(checkpoint_at(honest, 4), false);
  verifier.compare(checkpoint_at(honest, 2), false);
  verifier.compare(checkpoint_at(honest, 7), false);
  check(verifier.finding(), Damage::forked, 6);
  CHECK(verifier.finding().message.find("up to row 3 they agree") != std::string::npos);
  // The first finding stays.
  verifier.compare(checkpoint_of(honest), true);
  check(verifier.finding(), Damage::forked, 6);
}

TEST_CASE("Rows beyond the checkpoint that came with them are inserted, beyond a pinned one they are news",
          "[audit][verifier]") {
  const Ledger honest = ledger_of(rows_total);
  check(verdict(honest, checkpoint_at(honest, 5), true), Damage::inserted, 5);
  check(verdict(honest, checkpoint_at(honest, 5), false), Damage::none, 0);
  check(verdict({}, Checkpoint{.origin = "org_1", .size = 0, .root = {}}, true), Damage::edited, 0);
}

TEST_CASE("Rows of another ledger behind the own ones are found at the seam", "[audit][verifier]") {
  const Ledger honest = ledger_of(rows_total);
  const Ledger other = ledger_of(rows_total, 2);
  Ledger spliced(honest.begin(), honest.begin() + 5);
  spliced.insert(spliced.end(), other.begin() + 5, other.end());
  check(fed(spliced).finding(), Damage::edited, 4);
}

TEST_CASE("Time may stand still, but not go back", "[audit][verifier]") {
  Entropy entropy = Entropy::from_number(4);
  Ledger ledger;
  Digest prev{};
  std::uint64_t id = 0;
  for (const Millis wall_ms : {noon, noon, noon + 1, noon}) {
    ledger.push_back(compose({.type = "t", .wall_ms = wall_ms}, id++, prev, entropy));
    prev = chain_hash(prev, leaf_hash(ledger.back().text));
  }
  check(fed(ledger).finding(), Damage::edited, 3);
  ledger.pop_back();
  check(fed(ledger).finding(), Damage::none, 0);
  // Before 1970, too.
  Verifier verifier;
  verifier.add(compose({.type = "t", .wall_ms = -1}, 0, {}, entropy).text, "");
  check(verifier.finding(), Damage::none, 0);
}

TEST_CASE("The first row starts the chain", "[audit][verifier]") {
  Entropy entropy = Entropy::from_number(4);
  Verifier verifier;
  verifier.add(compose({.type = "t"}, 0, sha256("x"), entropy).text, "");
  check(verifier.finding(), Damage::edited, 0);
}

TEST_CASE("After a finding, rows are counted, not checked", "[audit][verifier]") {
  Ledger ledger = ledger_of(rows_total);
  ledger[3].text = "{}";
  ledger[6].text = "nonsense";
  const Verifier verifier = fed(ledger);
  check(verifier.finding(), Damage::edited, 3);
  CHECK(verifier.rows_checked() == 4);
  CHECK(verifier.rows_seen() == rows_total);
  CHECK(verifier.checkpoint("").size == 3);
  CHECK(verifier.checkpoint("").root == checkpoint_at(ledger_of(rows_total), 3).root);
}

TEST_CASE("What is found stays found when the row that would tell more cannot be read", "[audit][verifier]") {
  Ledger ledger = ledger_of(rows_total);
  ledger[2].text = replaced(ledger[2].text, "one", "two");
  ledger[4].text = "";
  check(fed(ledger).finding(), Damage::edited, 2);
  ledger = ledger_of(rows_total);
  ledger.erase(at(ledger, 2));
  ledger[4].text = "";
  check(fed(ledger).finding(), Damage::deleted, 2);
}

TEST_CASE("Kinds of damage have the names of the wire", "[audit][verifier]") {
  const std::vector<std::pair<Damage, std::string_view>> table{
      {Damage::none, "none"},           {Damage::edited, "edited"},
      {Damage::deleted, "deleted"},     {Damage::inserted, "inserted"},
      {Damage::reordered, "reordered"}, {Damage::truncated, "truncated"},
      {Damage::forked, "forked"},       {Damage::bad_signature, "bad_signature"}};
  for (const auto& [damage, name] : table) CHECK(text(damage) == name);
}

}  // namespace al::audit
