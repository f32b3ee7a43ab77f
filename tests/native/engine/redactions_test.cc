#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>

#include "audit/verifier.h"
#include "engine/world.h"

using namespace al;
using namespace al::engine;

namespace {

constexpr std::string_view secret = "jane.doe@example.org";

/// A lattice in which "bot" did something whose metadata should not have been said.
struct Indiscretion : World {
  explicit Indiscretion(transport::LedgerHome home = transport::LedgerHome::host) : World(home) {
    add_agent("bot");
    set_policies(R"([{"name":"r","action_type":"read","effect":"allow"},
      {"name":"m","action_type":"merge","effect":"require_approval"}])");
    const Reply done = act("read");
    REQUIRE(done.get("status") == "executed");
    row_id = lattice->engine().ledger().size() - 1;
  }
  Reply act(const std::string& type) {
    return call("bot", "POST /actions",
                R"({"action_type":")" + type + R"(","metadata":{"who":")" + std::string(secret) + "\"}}");
  }
  Reply redact_metadata(std::uint64_t row, std::string_view who = "host") {
    return call(who, "POST /audit/redactions",
                R"({"row_id":)" + std::to_string(row) + R"(,"fields":["metadata"],"reason":"asked to"})");
  }
  [[nodiscard]] bool kept_in_store() const {
    for (const audit::Row& row : rows) {
      if ((row.text + row.openings).find(secret) != std::string::npos) return true;
    }
    return false;
  }
  [[nodiscard]] bool kept_in_memory() const {
    for (std::uint64_t at = 0; at < lattice->engine().ledger().size(); ++at) {
      if (lattice->engine().ledger().row(at).openings.find(secret) != std::string::npos) return true;
    }
    return false;
  }
  [[nodiscard]] audit::Finding verified() const {
    audit::Verifier verifier;
    for (const audit::Row& row : rows) verifier.add(row.text, row.openings);
    return verifier.finding();
  }

  std::uint64_t row_id = 0;
};

}  // namespace

TEST_CASE("a redaction is a row, and what it is about is gone", "[redaction]") {
  Indiscretion world;
  CHECK(world.kept_in_store());
  const Reply reply = world.redact_metadata(world.row_id);
  CHECK(reply.status == 200);
  CHECK(reply.text == R"({"redacted":["metadata"],"row_id":)" + std::to_string(world.row_id) + "}");
  CHECK(!world.kept_in_store());
  CHECK(!world.kept_in_memory());
  CHECK(world.row_types().back() == "row.redacted");
  CHECK(world.verified().damage == audit::Damage::none);
  CHECK(world.call("host", "GET /audit/verify")["chain_valid"].as_bool().value_or(false));
  // The other openings of that row are as they were.
  CHECK(world.rows[world.row_id].openings.find("conditions") != std::string::npos);
  CHECK(world.call("host", "GET /audit").text.find(secret) == std::string::npos);

  const std::size_t rows = world.rows.size();
  CHECK(world.redact_metadata(world.row_id).status == 200);  // Done before: no row.
  CHECK(world.rows.size() == rows);
  world.restart();
  CHECK(world.redact_metadata(world.row_id).status == 200);
  CHECK(world.rows.size() == rows);
}

TEST_CASE("only an owner redacts, and only what a row commits to", "[redaction]") {
  Indiscretion world;
  world.add_operator("ada");
  CHECK(world.redact_metadata(world.row_id, "bot").code() == "FORBIDDEN");
  CHECK(world.redact_metadata(world.row_id, "ada").code() == "FORBIDDEN");
  CHECK(world.redact_metadata(9999).code() == "NOT_FOUND");
  CHECK(world.redact_metadata(0).code() == "INVALID_REQUEST");
  for (const std::string_view body :
       {"{}", R"({"row_id":1})", R"({"row_id":1,"fields":[]})", R"({"row_id":-1,"fields":["metadata"]})",
        R"({"row_id":1,"fields":"metadata"})", R"({"row_id":1,"fields":["metadata"],"why":"x"})"}) {
    CAPTURE(body);
    CHECK(world.call("host", "POST /audit/redactions", std::string(body)).code() == "INVALID_REQUEST");
  }
  CHECK(world.kept_in_store());
}

TEST_CASE("rows that the store refuses redact nothing", "[redaction]") {
  Indiscretion world;
  world.refuse_appends = "disk full";
  CHECK(world.redact_metadata(world.row_id).code() == "LEDGER_UNAVAILABLE");
  world.refuse_appends.clear();
  CHECK(world.kept_in_memory());
  CHECK(world.kept_in_store());
  CHECK(world.redact_metadata(world.row_id).status == 200);
  CHECK(!world.kept_in_store());
}

TEST_CASE("a redaction that the store did not get to is done later", "[redaction]") {
  Indiscretion world;
  world.refuse_redactions = "disk full";
  CHECK(world.redact_metadata(world.row_id).code() == "LEDGER_UNAVAILABLE");
  CHECK(world.row_types().back() == "row.redacted");
  CHECK(!world.kept_in_memory());
  CHECK(world.kept_in_store());

  SECTION("with the next row") {
    world.refuse_redactions.clear();
    CHECK(world.act("read").get("status") == "executed");
    CHECK(world.rows[world.row_id].openings.find(secret) == std::string::npos);
  }
  SECTION("when somebody asks again") {
    world.refuse_redactions.clear();
    CHECK(world.redact_metadata(world.row_id).status == 200);
    CHECK(!world.kept_in_store());
  }
  SECTION("when the ledger is opened again") {
    world.refuse_redactions.clear();
    world.restart();
    CHECK(!world.kept_in_store());
    CHECK(!world.kept_in_memory());
  }
  SECTION("or not even then: but nobody is shown it") {
    world.restart();
    CHECK(world.kept_in_store());
    CHECK(!world.kept_in_memory());
    CHECK(world.act("read").get("status") == "executed");
  }
}

TEST_CASE("an approval whose metadata was redacted is used for nothing", "[redaction]") {
  Indiscretion world;
  world.add_operator("ada");
  const Reply asked = world.act("merge");
  const std::uint64_t row = world.lattice->engine().ledger().size() - 1;
  const std::string approval = "/approvals/" + asked.get("approval_id");
  CHECK(world.call("ada", "POST " + approval + "/decision", R"({"decision":"approve","reason":"fine"})")
            .status == 200);
  const std::uint64_t vote = world.lattice->engine().ledger().size() - 1;
  CHECK(world.redact_metadata(row).status == 200);
  const Reply claimed = world.call("bot", "POST " + approval + "/claim", R"({"claim_id":"c1"})");
  CHECK(claimed.get("status") == "denied");
  CHECK(claimed.get("denial_reason") == "APPROVAL_MISMATCH");

  CHECK(world.call("ada", "GET " + approval).text.find("fine") != std::string::npos);
  CHECK(world
            .call("host", "POST /audit/redactions",
                  R"({"row_id":)" + std::to_string(vote) + R"(,"fields":["reason"]})")
            .status == 200);
  CHECK(world.call("ada", "GET " + approval).text.find("fine") == std::string::npos);
}

TEST_CASE("a ledger in memory is redacted at once", "[redaction]") {
  Indiscretion world(transport::LedgerHome::memory);
  CHECK(world.redact_metadata(world.row_id).status == 200);
  CHECK(!world.kept_in_memory());
}
