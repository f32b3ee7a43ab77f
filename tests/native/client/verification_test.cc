#include "client/verification.h"

#include <catch2/catch_test_macros.hpp>

#include "audit/merkle.h"
#include "audit/row.h"
#include "audit/row_lines.h"
#include "base/json_writer.h"
#include "client/transcript.h"

using namespace al;
using namespace al::client;
using enum wire::Method;

namespace {

/// A ledger, and what a service says of it.
struct Ledger {
  std::vector<audit::Row> rows;
  audit::MerkleTree tree;
  Digest prev_hash{};
  Entropy entropy = Entropy::from_number(5);
  std::string salt;

  explicit Ledger(std::size_t count, std::string facts = R"({"n":1})") : salt(std::move(facts)) {
    grow(count);
  }
  void grow(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const audit::Entry entry{
          .type = "action.executed", .agent_id = "agt-1", .wall_ms = 1000, .facts = salt};
      add(audit::compose(entry, rows.size(), prev_hash, entropy));
    }
  }
  void add(audit::Row row) {
    prev_hash = audit::chain_hash(prev_hash, audit::leaf_hash(row.text));
    tree.append(audit::leaf_hash(row.text));
    rows.push_back(std::move(row));
  }
  [[nodiscard]] std::string note(std::string origin = "org-1") const {
    return audit::note_body({.origin = std::move(origin), .size = rows.size(), .root = tree.root()});
  }
  [[nodiscard]] std::string checkpoint_body() const {
    std::string out;
    json::Writer(out).begin_object().field("checkpoint", note()).end_object();
    return out;
  }
  [[nodiscard]] std::string page(std::size_t from, std::size_t limit) const {
    std::string out;
    for (std::size_t i = from; i < rows.size() && i < from + limit; ++i)
      audit::append_lines(out, rows[i].text, rows[i].openings);
    return out;
  }
};

Command verify(std::optional<std::string> pinned = {}) {
  Command command{.operation = "verify"};
  json::Writer writer(command.body);
  writer.begin_object().key("pinned");
  if (pinned) {
    writer.value(*pinned);
  } else {
    writer.null();
  }
  writer.end_object();
  return command;
}

/// The whole conversation over one page.
Settled verdict(const Ledger& ledger, std::optional<std::string> pinned = {}) {
  Transcript t;
  t.submit(1, verify(std::move(pinned)));
  t.expect_send(get, "/api/v1/audit/checkpoint");
  t.respond(200, ledger.checkpoint_body());
  if (!ledger.rows.empty()) {
    t.expect_send(get,
                  "/api/v1/audit/entries?from=0&limit=" + std::to_string(ledger.rows.size()) + "&form=lines");
    t.respond(200, ledger.page(0, 500));
  }
  Settled settled = t.expect_ok(1);
  t.expect_end();
  return settled;
}

}  // namespace

TEST_CASE("verify: a sound ledger, in pages", "[client][verify]") {
  const Ledger ledger(1203);
  Transcript t;
  t.submit(1, verify(Ledger(700).note()));
  t.expect_send(get, "/api/v1/audit/checkpoint");
  t.respond(200, ledger.checkpoint_body());
  t.expect_send(get, "/api/v1/audit/entries?from=0&limit=500&form=lines");
  t.respond(200, ledger.page(0, 500));
  t.expect_send(get, "/api/v1/audit/entries?from=500&limit=500&form=lines");
  t.respond(200, ledger.page(500, 200));  // A shorter page than asked for is a page.
  t.expect_send(get, "/api/v1/audit/entries?from=700&limit=500&form=lines");
  t.fail();
  t.advance_to_deadline();
  t.expect_send(get, "/api/v1/audit/entries?from=700&limit=500&form=lines");
  t.respond(200, ledger.page(700, 500));
  t.expect_send(get, "/api/v1/audit/entries?from=1200&limit=3&form=lines");
  t.respond(200, ledger.page(1200, 3));
  const Settled settled = t.expect_ok(1);
  CHECK(settled["chain_valid"].as_bool() == true);
  CHECK(settled["first_broken_at_row_id"].is_null());
  CHECK(settled.text("damage") == "none");
  CHECK(settled["rows_checked"].as_int64() == 1203);
  CHECK(settled["size"].as_int64() == 1203);
  CHECK(settled.text("checkpoint") == ledger.note());
  t.expect_end();
}

TEST_CASE("verify: an empty ledger is sound", "[client][verify]") {
  CHECK(verdict(Ledger(0))["chain_valid"].as_bool() == true);
}

TEST_CASE("verify: names what is wrong and where", "[client][verify]") {
  Ledger ledger(10);
  SECTION("a row was edited") {
    const std::size_t at = ledger.rows[4].text.find("\"n\":1");
    ledger.rows[4].text[at + 4] = '2';
    const Settled settled = verdict(ledger);
    CHECK(settled["chain_valid"].as_bool() == false);
    CHECK(settled.text("damage") == "edited");
    CHECK(settled["first_broken_at_row_id"].as_int64() == 4);
  }
  SECTION("the tail was cut, and the checkpoint with it") {
    const Settled settled = verdict(Ledger(7), ledger.note());
    CHECK(settled.text("damage") == "truncated");
    CHECK(settled["first_broken_at_row_id"].as_int64() == 7);
  }
  SECTION("history was written anew") {
    const Settled settled = verdict(Ledger(12, R"({"n":2})"), ledger.note());
    CHECK(settled["chain_valid"].as_bool() == false);
    CHECK(settled.text("damage") == "forked");
  }
  SECTION("another ledger") {
    const Settled settled = verdict(ledger, ledger.note("org-2"));
    CHECK(settled.text("damage") == "forked");
  }
  SECTION("rows are held back") {
    Transcript t;
    t.submit(1, verify());
    t.expect_send(get, "/api/v1/audit/checkpoint");
    t.respond(200, ledger.checkpoint_body());
    t.expect_send(get, "/api/v1/audit/entries?from=0&limit=10&form=lines");
    t.respond(200, ledger.page(0, 6));
    t.expect_send(get, "/api/v1/audit/entries?from=6&limit=4&form=lines");
    t.respond(200, "");
    const Settled settled = t.expect_ok(1);
    CHECK(settled.text("damage") == "truncated");
    CHECK(settled["first_broken_at_row_id"].as_int64() == 6);
    t.expect_end();
  }
}

TEST_CASE("verify: rows written meanwhile are for the next time", "[client][verify]") {
  Ledger ledger(5);
  Transcript t;
  t.submit(1, verify());
  t.expect_send(get, "/api/v1/audit/checkpoint");
  t.respond(200, ledger.checkpoint_body());
  ledger.grow(3);
  t.expect_send(get, "/api/v1/audit/entries?from=0&limit=5&form=lines");
  t.respond(200, ledger.page(0, 8));
  const Settled settled = t.expect_ok(1);
  CHECK(settled["chain_valid"].as_bool() == true);
  CHECK(settled["rows_checked"].as_int64() == 5);
  t.expect_end();
}

TEST_CASE("verify: never believes a server's true", "[client][verify]") {
  Transcript t;
  t.submit(1, verify());
  t.expect_send(get, "/api/v1/audit/checkpoint");
  SECTION("instead of a checkpoint") { t.respond(200, R"({"chain_valid":true,"checkpoint":null})"); }
  SECTION("instead of rows") {
    t.respond(200, Ledger(3).checkpoint_body());
    t.expect_send(get, "/api/v1/audit/entries?from=0&limit=3&form=lines");
    t.respond(200, R"({"chain_valid":true})");
  }
  SECTION("a row without its openings") {
    t.respond(200, Ledger(3).checkpoint_body());
    t.expect_send(get, "/api/v1/audit/entries?from=0&limit=3&form=lines");
    t.respond(200, Ledger(1).rows[0].text + "\n");
  }
  t.expect_failure(1, "PROTOCOL_ERROR");
  t.expect_end();
}
