// A lattice whose store keeps the rows, and whose memory keeps as few of them as it can.
#include "engine/recall.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "audit/checkpoint.h"
#include "audit/merkle.h"
#include "base/bytes.h"
#include "engine/world.h"
#include "wire/limits.h"

using namespace al;
using namespace al::engine;

namespace {

constexpr LedgerLimits no_rows{.rows_max = 0};

/// Has three whole pages behind it, and the beginning of a fourth.
struct Archive : World {
  explicit Archive(LedgerLimits limits = no_rows) : World(transport::LedgerHome::host, limits) {
    add_agent("bot");
    add_operator("ada");
    set_policies(R"([{"name":"r","action_type":"read","effect":"allow"},
      {"name":"m","action_type":"merge","effect":"require_approval"}])");
    first = act("read", "first");
    asked = act("merge", "asked");
    call("bot", "POST /report",
         R"({"audit_event_id":")" + first.get("audit_event_id") + R"(","status":"success"})",
         "x-al-event-id: report\n");
    while (rows.size() < 3 * Ledger::page_rows + 9) act("read", "n" + std::to_string(rows.size()));
    reads.clear();
  }
  Reply act(const std::string& type, const std::string& event_id) {
    return call("bot", "POST /actions", R"({"action_type":")" + type + R"(","metadata":{"who":"jane"}})",
                "x-al-event-id: " + event_id + "\n");
  }
  [[nodiscard]] std::uint64_t first_in_memory() const {
    return lattice->engine().ledger().tree().first_leaf();
  }

  Reply first;
  Reply asked;
};

std::vector<Digest> nodes_of(const Reply& reply) {
  std::vector<Digest> out;
  for (const json::Value node : reply["proof"].items()) {
    const Bytes bytes = from_base64(node.string()).value();
    std::copy(bytes.begin(), bytes.end(), out.emplace_back().begin());
  }
  return out;
}

}  // namespace

TEST_CASE("recall: whole pages leave the memory once they are durable", "[recall]") {
  Archive world;
  CHECK(world.first_in_memory() == 3 * Ledger::page_rows);
  CHECK(world.lattice->engine().ledger().find(3 * Ledger::page_rows - 1) == nullptr);
  CHECK(world.lattice->engine().ledger().find(3 * Ledger::page_rows) != nullptr);
  Archive roomy({.rows_max = Ledger::page_rows});
  CHECK(roomy.first_in_memory() == 2 * Ledger::page_rows);
  Archive narrow({.rows_max = 100'000, .bytes_max = 40'000});
  CHECK(narrow.first_in_memory() > 0);
  World memory(transport::LedgerHome::memory, no_rows);
  memory.add_agent("bot");
  for (int i = 0; i < 200; ++i) memory.call("bot", "POST /actions", R"({"action_type":"x"})");
  CHECK(memory.lattice->engine().ledger().find(0) != nullptr);
}

TEST_CASE("recall: a request that was answered once is answered the same again", "[recall]") {
  Archive world;
  const std::size_t rows = world.rows.size();
  CHECK(world.act("read", "first").text == world.first.text);
  CHECK(world.act("merge", "asked").text == world.asked.text);
  CHECK(world.act("merge", "first").code() == "IDEMPOTENCY_MISMATCH");
  const std::string report =
      R"({"audit_event_id":")" + world.first.get("audit_event_id") + R"(","status":"success"})";
  CHECK(world.call("bot", "POST /report", report, "x-al-event-id: report\n").status == 201);
  CHECK(world.rows.size() == rows);
  CHECK(world.reads.size() == 4);
  CHECK(world.call("bot", "POST /report", report, "x-al-event-id: another\n").status == 201);
  CHECK(world.rows.size() == rows + 1);
}

TEST_CASE("recall: a page ends where its rows are large enough, in memory or read back", "[recall]") {
  for (const LedgerLimits limits : {no_rows, LedgerLimits{.rows_max = 10'000, .bytes_max = 100 << 20}}) {
    Archive world(limits);
    const std::string large(600'000, 'x');
    const auto act = [&](const std::string& type) {
      return world.call("bot", "POST /actions",
                        R"({"action_type":")" + type + R"(","metadata":{"text":")" + large + R"("}})");
    };
    for (int i = 0; i < 12; ++i) act("read");
    for (int i = 0; i < 12; ++i) act("merge");
    for (int i = 0; i < 70; ++i) act("read");

    // Every page is small, none is empty, and together they have all.
    const auto walk = [&](const std::string& target, std::string_view list, auto cursor_of) {
      std::size_t items = 0;
      for (std::optional<std::string> at = std::string(); at;) {
        const Reply page = world.call("ada", "GET " + target + *at);
        REQUIRE(page.status == 200);
        REQUIRE(page[list].size() > 0);
        CHECK(page.text.size() < wire::page_bytes_max + 2 * large.size());
        items += page[list].size();
        at = cursor_of(page, items);
      }
      return items;
    };
    const auto next_cursor = [](const Reply& page, std::size_t) -> std::optional<std::string> {
      const json::Value cursor = page["next_cursor"];
      if (cursor.is_null()) return {};
      return "&cursor=" + std::string(cursor.string());
    };
    CHECK(walk("/approvals?limit=500", "approvals", next_cursor) == 13);
    CHECK(walk("/audit?limit=500", "events", next_cursor) == world.rows.size());
    CHECK(walk("/audit/entries?limit=500", "entries", [&](const Reply&, std::size_t items) {
            return items < world.rows.size() ? std::optional("&from=" + std::to_string(items)) : std::nullopt;
          }) == world.rows.size());
    std::uint64_t checked = 0;
    for (int i = 0; i < 40 && checked < world.rows.size(); ++i) {
      const Reply verified = world.call("ada", "GET /audit/verify");
      INFO(verified.text);
      CHECK(verified["chain_valid"].as_bool() == true);
      checked = static_cast<std::uint64_t>(verified["rows_checked"].as_int64().value());
    }
    CHECK(checked == world.rows.size());
  }
}

TEST_CASE("recall: an approval is given and used for what an old row asked", "[recall]") {
  Archive world;
  const std::string approval = "/approvals/" + world.asked.get("approval_id");
  CHECK(world.call("ada", "GET " + approval)["metadata"]["who"].string() == "jane");
  CHECK(world.call("ada", "GET /approvals")["approvals"].size() == 1);
  const Reply given = world.call("ada", "POST " + approval + "/decision", R"({"decision":"approve"})");
  CHECK(given.get("status") == "approved");
  const Reply used = world.call("bot", "POST " + approval + "/claim", R"({"claim_id":"c"})");
  CHECK(used.get("status") == "executed");
  for (int i = 0; i < 200; ++i) world.act("read", "later" + std::to_string(i));
  CHECK(world.call("bot", "POST " + approval + "/claim", R"({"claim_id":"c"})").text == used.text);
  CHECK(world.act("merge", "asked").text == used.text);  // What was decided last.
}

TEST_CASE("recall: the trail, the entries and the proofs reach back to the first row", "[recall]") {
  Archive world;
  Archive in_memory(LedgerLimits{});
  CHECK(in_memory.first_in_memory() == 0);
  for (const std::string& request : std::vector<std::string>{
           "GET /audit?limit=500", "GET /audit?limit=3&cursor=70", "GET /audit?action_type=merge",
           "GET /audit?action_type=nothing", "GET /audit/entries?limit=500",
           "GET /audit/entries?from=60&limit=9", "GET /audit/checkpoint", "GET /posture"}) {
    INFO(request);
    CHECK(world.call("host", request).text == in_memory.call("host", request).text);
  }
  CHECK(in_memory.reads.empty());
  const std::uint64_t size = world.rows.size();
  const Digest root = audit::parse_note(world.call("host", "GET /audit/checkpoint").get("checkpoint"))->root;
  audit::MerkleTree tree;
  for (const audit::Row& row : world.rows) tree.append(audit::leaf_hash(row.text));
  for (const std::uint64_t at : std::vector<std::uint64_t>{0, 1, 63, 64, 100, 191, 192, 200}) {
    INFO(at);
    const Reply included = world.call("host", "GET /audit/proof/inclusion?row=" + std::to_string(at));
    CHECK(audit::verify_inclusion(tree.leaf(at), at, size, nodes_of(included), root));
    const Reply then = world.call("host", "GET /audit/proof/inclusion?row=0&size=" + std::to_string(at + 1));
    CHECK(audit::verify_inclusion(tree.leaf(0), 0, at + 1, nodes_of(then), tree.root(at + 1)));
    const Reply extends = world.call("host", "GET /audit/proof/consistency?from=" + std::to_string(at));
    CHECK(audit::verify_consistency(at, size, tree.root(at), root, nodes_of(extends)));
  }
  const Reply receipt = world.call("bot", "GET /audit/receipts/" + world.first.get("audit_event_id"));
  CHECK(receipt.get("row") == world.rows[world.first["row_id"].as_uint64().value()].text);
}

TEST_CASE("recall: an id that is none of ours finds nothing, whatever row it names", "[recall]") {
  Archive world;
  const std::string id = world.first.get("audit_event_id");
  for (const std::string& other : {std::string("evt-none"), std::string("evt-0-x"), std::string("evt-70-x"),
                                   std::string("evt-99999-x"), std::string("evt-99999999999999999999-x"),
                                   std::string("evt-"), id + "x", id.substr(0, id.size() - 1)}) {
    INFO(other);
    CHECK(world.call("host", "GET /audit/receipts/" + other).code() == "NOT_FOUND");
    CHECK(world.call("bot", "POST /report", R"({"audit_event_id":")" + other + R"(","status":"success"})")
              .code() == "FORBIDDEN");
  }
}

TEST_CASE("recall: a row that the store changed is refused, named, and breaks the chain's word", "[recall]") {
  Archive world;
  CHECK(world.call("host", "GET /audit/verify")["chain_valid"].as_bool().value());
  const std::uint64_t changed = world.first["row_id"].as_uint64().value();
  const audit::Row before = world.rows[changed];
  SECTION("in its text") {
    world.rows[changed].text.replace(world.rows[changed].text.find("read"), 4, "rite");
  }
  SECTION("in its openings") {
    world.rows[changed].openings.replace(world.rows[changed].openings.find("jane"), 4, "john");
  }
  SECTION("into no row") { world.rows[changed].text = "{"; }
  const Reply refused = world.act("read", "first");
  CHECK(refused.code() == "LEDGER_CORRUPT");
  CHECK(refused.text.find("row " + std::to_string(changed)) != std::string::npos);
  const Reply verified = world.call("host", "GET /audit/verify");
  CHECK(!verified["chain_valid"].as_bool().value());
  CHECK(verified["first_broken_at_row_id"].as_uint64() == changed);
  // Whatever does not rest on it goes on.
  CHECK(world.act("read", "new").status == 200);
}

TEST_CASE("recall: whoever verifies finds what the store changed", "[recall]") {
  Archive world;
  const std::uint64_t changed = 100;
  world.rows[changed].text.replace(world.rows[changed].text.find("read"), 4, "rite");
  const Reply verified = world.call("host", "GET /audit/verify");
  CHECK(!verified["chain_valid"].as_bool().value());
  CHECK(verified["first_broken_at_row_id"].as_uint64() == changed);
}

TEST_CASE("recall: rows that the store lost are missed", "[recall]") {
  Archive world;
  world.rows.resize(70);
  CHECK(world.call("host", "GET /audit/entries?from=60&limit=20").code() == "LEDGER_CORRUPT");
}

TEST_CASE("recall: a store that cannot be read now can be asked again", "[recall]") {
  Archive world;
  world.refuse_reads = "the disk is gone";
  const Reply refused = world.act("read", "first");
  CHECK(refused.code() == "LEDGER_UNAVAILABLE");
  CHECK(refused.text.find("the disk is gone") != std::string::npos);
  world.refuse_reads.clear();
  CHECK(world.act("read", "first").text == world.first.text);
}

TEST_CASE("recall: others go on while one waits for rows, and each gets its own", "[recall]") {
  Archive world;
  world.hold_reads = true;
  const auto again = [&](const std::string& event_id) {
    return world.send("bot", "POST /actions", R"({"action_type":"read","metadata":{"who":"jane"}})",
                      "x-al-event-id: " + event_id + "\n");
  };
  const auto first = again("first");
  const auto gone = again("n80");
  const auto third = again("n150");
  CHECK(world.act("read", "new").status == 200);
  REQUIRE(world.held_reads.size() == 1);  // One at a time.
  world.lattice->handle_disconnect(gone);
  const auto give_next = [&] {
    const auto [reader, range] = world.held_reads.front();
    world.held_reads.erase(world.held_reads.begin());
    world.give(reader, range);
  };
  give_next();
  CHECK(world.answers.at(first).body == world.first.text);
  CHECK(!world.answers.contains(third));
  give_next();
  CHECK(world.answers.at(third).status == 200);
  CHECK(!world.answers.contains(gone));
  CHECK(world.held_reads.empty());
}

TEST_CASE("recall: rows that come while others are appended wait for their turn", "[recall]") {
  Archive world;
  world.hold_reads = true;
  const auto first = world.send("bot", "POST /actions", R"({"action_type":"read","metadata":{"who":"jane"}})",
                                "x-al-event-id: first\n");
  world.hold_appends = true;
  const auto other = world.send("bot", "POST /actions", R"({"action_type":"read"})");
  const auto [reader, range] = world.held_reads.at(0);
  world.give(reader, range);
  CHECK(world.answers.empty());
  world.keep(*world.held);
  CHECK(world.answers.at(first).body == world.first.text);
  CHECK(world.answers.at(other).status == 200);
}

TEST_CASE("recall: an old row is redacted, in the store and for whoever asks", "[recall]") {
  Archive world;
  const std::uint64_t row_id = world.first["row_id"].as_uint64().value();
  const std::string redaction = R"({"row_id":)" + std::to_string(row_id) + R"(,"fields":["metadata"]})";
  const auto shown = [&] {
    return world.call("host", "GET /audit/entries?from=" + std::to_string(row_id) + "&limit=1")
               .text.find("jane") != std::string::npos;
  };
  CHECK(shown());
  world.refuse_redactions = "the disk is full";
  CHECK(world.call("host", "POST /audit/redactions", redaction).code() == "LEDGER_UNAVAILABLE");
  CHECK(world.rows[row_id].openings.find("jane") != std::string::npos);
  CHECK(!shown());  // Though the store still has it.
  SECTION("when the store can again") { world.refuse_redactions.clear(); }
  SECTION("when the ledger is opened again") {
    world.restart();
    CHECK(!world.reads.empty());  // The row had left the memory before the one that says what is to go.
    CHECK(!shown());
    world.refuse_redactions.clear();
  }
  SECTION("when the ledger is opened again and cannot be read at once") {
    world.hold_reads = true;
    world.restart();
    world.refuse_redactions.clear();
    CHECK(world.act("read", "meanwhile").status == 200);
    const auto [reader, range] = world.held_reads.back();
    world.hold_reads = false;
    world.give(reader, range);
  }
  world.act("read", "next");
  CHECK(world.rows[row_id].openings.find("jane") == std::string::npos);
  CHECK(world.rows[row_id].openings.find("conditions") != std::string::npos);
  CHECK(!shown());
  world.reads.clear();
  world.restart();
  CHECK(world.reads.empty());  // Nothing is left to do.
}

TEST_CASE("recall: those who listen are told of rows that left the memory", "[recall]") {
  Archive world;
  const auto listen = [&](ConnectionId connection, std::uint64_t after) {
    world.lattice->handle_connect(connection);
    world.lattice->handle_frame(connection, R"({"type":"subscribe","token":")" + world.key("host") +
                                                R"(","after":)" + std::to_string(after) + "}");
  };
  const auto heard = [&](ConnectionId connection) {
    std::vector<std::uint64_t> out;
    for (int turn = 0; turn < 20; ++turn) {
      for (const std::string& frame : std::exchange(world.frames[connection], {})) {
        const json::Document document = json::parse(frame).value();
        if (document.root()["type"].string() == "event")
          out.push_back(document.root()["seq"].as_uint64().value());
      }
      if (!world.hung_up.contains(connection)) world.lattice->handle_flushed(connection);
      world.advance(1);
    }
    return out;
  };
  std::vector<std::uint64_t> expected;
  for (std::uint64_t row = 1; row < world.rows.size(); ++row) {
    if (!event_type(audit::decode(world.rows[row].text)->type).empty()) expected.push_back(row);
  }
  SECTION("from the store") {
    listen(1, 0);
    listen(2, 130);
    CHECK(heard(1) == expected);
    const std::vector<std::uint64_t> late = heard(2);
    CHECK(late.front() == 131);
    CHECK(late.back() == expected.back());
    CHECK(late.size() == world.rows.size() - 131);
  }
  SECTION("once the store answers; meanwhile, others hear what happens") {
    world.hold_reads = true;
    listen(1, 0);
    listen(2, world.rows.size() - 1);
    CHECK(heard(1).empty());
    world.act("read", "now");
    CHECK(heard(2) == std::vector<std::uint64_t>{world.rows.size() - 1});
    expected.push_back(world.rows.size() - 1);
    world.hold_reads = false;
    const auto [reader, range] = world.held_reads.at(0);
    CHECK(world.held_reads.size() == 1);
    world.give(reader, range);
    CHECK(heard(1) == expected);
  }
  SECTION("unless it cannot: they come back later") {
    world.refuse_reads = "the disk is gone";
    listen(1, 0);
    CHECK(heard(1).empty());
    CHECK(world.hung_up.at(1) == wire::close_code::try_again_later);
  }
  SECTION("unless it changed them") {
    world.rows[50].text = "{}";
    listen(1, 0);
    CHECK(heard(1).empty());
    CHECK(world.hung_up.at(1) == wire::close_code::try_again_later);
    CHECK(!world.call("host", "GET /audit/verify")["chain_valid"].as_bool().value());
  }
}
