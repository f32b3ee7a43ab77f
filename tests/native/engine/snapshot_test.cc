// Snapshots: what all rows come to, so that they need not be read. That a lattice which began with one
// answers like one that read every row, is for the scenarios and the simulation to say.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "base/hex.h"
#include "engine/world.h"

using namespace al;
using namespace al::engine;

namespace {

struct Album : World {
  explicit Album(std::size_t rows_min = 100) : World(transport::LedgerHome::host, {.rows_max = 0}) {
    add_agent("bot");
    set_policies(R"([{"name":"r","action_type":"read","effect":"allow"},
      {"name":"m","action_type":"merge","effect":"require_approval"}])");
    while (rows.size() < rows_min) act("n" + std::to_string(rows.size()));
  }
  Reply act(const std::string& event_id, const std::string& type = "read") {
    return call("bot", "POST /actions", R"({"action_type":")" + type + R"(","metadata":{"who":"jane"}})",
                "x-al-event-id: " + event_id + "\n");
  }
  /// Of a lattice of its own: whether it begins with this.
  [[nodiscard]] bool restores(std::string_view bytes, const std::vector<audit::RowView>& page) {
    transport::Lattice other(transport::LedgerHome::host, *this, *this, Entropy::from_number(9));
    const bool restored = other.restore(bytes, page);
    if (!restored) CHECK(other.engine().ledger().size() == 0);
    return restored;
  }
};

}  // namespace

TEST_CASE("snapshot: a row vouches for it, and is durable first", "[snapshot]") {
  Album world;
  const std::size_t rows = world.rows.size();
  world.hold_appends = true;
  world.lattice->take_snapshot();
  CHECK(!world.snapshot);
  world.keep(*world.held);
  REQUIRE(world.snapshot);
  CHECK(world.snapshot->rows == rows);
  CHECK(world.row_types().back() == "snapshot.taken");
  const audit::DecodedRow row = audit::decode(world.rows[rows].text).value();
  CHECK(row.facts["digest"].string() == to_hex(sha256(world.snapshot->bytes)));
}

TEST_CASE("snapshot: one whose row was refused is not kept, and can be taken again", "[snapshot]") {
  Album world;
  world.refuse_appends = "the disk is full";
  world.lattice->take_snapshot();
  CHECK(!world.snapshot);
  world.refuse_appends.clear();
  CHECK(world.act("after").status == 200);
  CHECK(!world.snapshot);
  world.lattice->take_snapshot();
  CHECK(world.snapshot);
}

TEST_CASE("snapshot: none of a new ledger, of one in memory, or while a redaction is due", "[snapshot]") {
  World fresh;
  fresh.lattice->take_snapshot();
  CHECK(!fresh.snapshot);
  CHECK(fresh.rows.empty());
  World memory(transport::LedgerHome::memory);
  memory.add_agent("bot");
  memory.lattice->take_snapshot();
  CHECK(!memory.snapshot);
  Album world;
  world.refuse_redactions = "the disk is full";
  world.call("host", "POST /audit/redactions", R"({"row_id":50,"fields":["metadata"]})");
  world.lattice->take_snapshot();
  CHECK(!world.snapshot);
  world.refuse_redactions.clear();
  world.act("next");
  world.lattice->take_snapshot();
  CHECK(world.snapshot);
}

TEST_CASE("snapshot: whoever begins with one knows all that was, and reads only what came since",
          "[snapshot]") {
  for (const std::size_t rows : {70U, 127U, 128U, 129U}) {
    INFO(rows);
    Album world(rows);
    const Reply first = world.act("first");
    const Reply asked = world.act("asked", "merge");
    world.lattice->take_snapshot();
    REQUIRE(world.snapshot);
    world.act("since");
    const std::string checkpoint = world.call("host", "GET /audit/checkpoint").text;
    world.use_snapshot = true;
    world.restart();
    CHECK(world.call("host", "GET /audit/checkpoint").text == checkpoint);
    CHECK(world.act("first").text == first.text);
    CHECK(world.act("asked", "merge").text == asked.text);
    CHECK(world.call("host", "GET /audit/verify")["chain_valid"].as_bool().value());
    CHECK(world.call("host", "GET /audit/entries?limit=500")["entries"].size() == world.rows.size());
  }
}

TEST_CASE("snapshot: one that was changed anywhere, or is another's, is of no use", "[snapshot]") {
  Album world;
  world.lattice->take_snapshot();
  REQUIRE(world.snapshot);
  const std::string& bytes = world.snapshot->bytes;
  const std::vector<audit::RowView> page = world.last_page();
  REQUIRE(world.restores(bytes, page));
  for (std::size_t at = 0; at < bytes.size(); at += 7) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CHECK(!world.restores(changed, page));
  }
  CHECK(!world.restores("", page));
  CHECK(!world.restores(bytes, {}));
  CHECK(!world.restores(bytes, {page.begin() + 1, page.end()}));
  CHECK(!world.restores(bytes, {page.begin(), page.end() - 1}));
  std::vector<audit::RowView> other_row = page;
  const std::string text = std::string(page[0].text) + " ";
  other_row[0].text = text;
  CHECK(!world.restores(bytes, other_row));
  std::vector<audit::RowView> swapped = page;
  std::swap(swapped[0], swapped[1]);
  CHECK(!world.restores(bytes, swapped));
  Album other(101);
  other.lattice->take_snapshot();
  CHECK(!world.restores(other.snapshot->bytes, page));
}

TEST_CASE("snapshot: what its bytes mean is counted", "[snapshot]") {
  // Another digest for the same rows? Then count snapshot_format up (snapshot.cc), and put the new digest
  // here. Not so for a further setting: bytes without it have its default.
  Album world;
  world.lattice->take_snapshot();
  CHECK(to_hex(sha256(world.snapshot->bytes)) ==
        "90d686edc7d50c150744026c7cf28b7a4dc63de608249f0e66ab2b3d770cee7f");
}
