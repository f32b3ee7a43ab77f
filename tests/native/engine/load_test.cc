// What the engine makes of the rows that a store gives back.
#include <catch2/catch_test_macros.hpp>

#include "audit/merkle.h"
#include "engine/world.h"
#include "wire/limits.h"

using namespace al;
using namespace al::engine;

namespace {

/// A ledger in which something of everything happened.
std::vector<audit::Row> busy_rows() {
  World world;
  world.add_agent("bot");
  world.add_operator("ada");
  world.set_policies(R"([{"name":"r","action_type":"read","effect":"allow"},
                         {"name":"m","action_type":"merge","effect":"require_approval"}])");
  world.call("bot", "POST /actions", R"({"action_type":"read","metadata":{"amount":1}})");
  const std::string approval =
      world.call("bot", "POST /actions", R"({"action_type":"merge"})").get("approval_id");
  world.call("ada", "POST /approvals/" + approval + "/decision", R"({"decision":"approve","reason":"fine"})");
  world.call("bot", "POST /approvals/" + approval + "/claim", R"({"claim_id":"c"})");
  world.call("bot", "POST /delegations", R"({"name":"d","capabilities":["read"],"ttl":60})");
  return world.rows;
}

std::string load_all(const std::vector<audit::Row>& rows) {
  Engine engine;
  for (const audit::Row& row : rows) {
    const Status loaded = engine.load(row.text, row.openings);
    if (loaded) continue;
    CHECK(loaded.error().code == Code::ledger_corrupt);
    return loaded.error().message;
  }
  return {};
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
}

/// A row of our choosing behind `rows`, with everything about it right but what it says.
audit::Row next_row(const std::vector<audit::Row>& rows, std::string_view type, std::string facts,
                    Millis wall_ms = 0, std::string_view agent_id = {}) {
  Entropy entropy = Entropy::from_number(9);
  Digest head{};
  for (const audit::Row& row : rows) head = audit::chain_hash(head, audit::leaf_hash(row.text));
  if (wall_ms == 0 && !rows.empty()) wall_ms = audit::decode(rows.back().text).value().wall_ms;
  return audit::compose({.type = type, .agent_id = agent_id, .wall_ms = wall_ms, .facts = std::move(facts)},
                        rows.size(), head, entropy);
}

}  // namespace

TEST_CASE("a ledger that is whole loads, and says the same", "[engine][load]") {
  const std::vector<audit::Row> rows = busy_rows();
  CHECK(load_all(rows).empty());
}

TEST_CASE("a row that is missing", "[engine][load]") {
  const std::vector<audit::Row> rows = busy_rows();
  for (std::size_t gone = 0; gone + 1 < rows.size(); ++gone) {
    std::vector<audit::Row> damaged = rows;
    damaged.erase(damaged.begin() + static_cast<std::ptrdiff_t>(gone));
    const std::string message = load_all(damaged);
    INFO(message);
    CHECK(message.find("row " + std::to_string(gone)) != std::string::npos);
  }
}

TEST_CASE("a row that was edited", "[engine][load]") {
  std::vector<audit::Row> rows = busy_rows();
  SECTION("in the middle: the next row does not continue it") {
    const std::size_t at = 5;
    replace(rows[at].text, "action.executed", "action.denied");
    CHECK(load_all(rows).find("row 6 does not continue row 5") != std::string::npos);
  }
  SECTION("so that it is no longer canonical") {
    rows[2].text += ' ';
    CHECK(load_all(rows).find("row 2") != std::string::npos);
  }
  SECTION("cut short") {
    rows[4].text.resize(rows[4].text.size() / 2);
    CHECK(load_all(rows).find("row 4") != std::string::npos);
  }
  SECTION("in what is kept beside it") {
    replace(rows[5].openings, "\"amount\":1", "\"amount\":2");
    const std::string message = load_all(rows);
    INFO(message);
    CHECK(message.find("row 5") != std::string::npos);
  }
  SECTION("twice the same") {
    rows.insert(rows.begin() + 3, rows[2]);
    CHECK(load_all(rows).find("row 3") != std::string::npos);
  }
}

TEST_CASE("openings that were redacted load", "[engine][load]") {
  std::vector<audit::Row> rows = busy_rows();
  rows[5].openings.clear();
  CHECK(load_all(rows).empty());
}

TEST_CASE("a ledger that begins with another row", "[engine][load]") {
  CHECK(load_all({next_row({}, "policy.changed", "{}", 1)}).find("row 0") != std::string::npos);
  const std::string hex(64, '0');
  const audit::Row stray = next_row(
      {}, "policy.changed", R"({"by":"x","change":"deleted","digest":")" + hex + R"(","name":"p"})", 1);
  CHECK(load_all({stray}).find("ledger.opened") != std::string::npos);
}

TEST_CASE("a row of a type that is not known, or from before the row before it", "[engine][load]") {
  std::vector<audit::Row> rows = busy_rows();
  rows.push_back(next_row(rows, "policy.repealed", "{}"));
  CHECK(load_all(rows).find("no known type") != std::string::npos);
  rows.back() = next_row({rows.begin(), rows.end() - 1}, "ledger.opened", R"({"org_id":"o"})", 5);
  CHECK(load_all(rows).find("older") != std::string::npos);
}

TEST_CASE("a row whose policy does not compile", "[engine][load]") {
  std::vector<audit::Row> rows = busy_rows();
  const std::string hex(64, '0');
  const auto with_policy = [&](std::string_view policy) {
    std::vector<audit::Row> more = rows;
    more.push_back(next_row(rows, "policy.changed",
                            R"({"by":"x","change":"put","digest":")" + hex + R"(","name":"p","policy":)" +
                                std::string(policy) + "}"));
    return load_all(more);
  };
  CHECK(with_policy(R"({"action_type":"x","effect":"alow","name":"p"})").find("not valid") !=
        std::string::npos);
  CHECK(with_policy(R"({"action_type":"x","effect":"allow","name":"p"})").empty());
}

TEST_CASE("a row of a delegation that nobody can have made", "[engine][load]") {
  const std::vector<audit::Row> rows = busy_rows();
  const audit::DecodedRow made = audit::decode(rows.back().text).value();
  REQUIRE(made.type == "delegation.created");
  const std::string parent(made.facts["delegation_id"].string());
  const std::string agent(made.agent_id);
  const auto with = [&](const std::string& id, const std::string& parent_id, int depth) {
    std::string facts = R"({"capabilities":["read"],"delegation_id":")" + id + R"(","depth":)" +
                        std::to_string(depth) + R"(,"expires_at":"2126-01-01T00:00:00.000Z","name":"n",)";
    if (!parent_id.empty()) facts += R"("parent_id":")" + parent_id + "\",";
    facts += R"("request_digest":")" + std::string(64, '0') + "\"}";
    std::vector<audit::Row> more = rows;
    more.push_back(next_row(rows, "delegation.created", facts, 0, agent));
    return load_all(more);
  };
  CHECK(with("dlg-1", "", 1).empty());
  CHECK(with("dlg-1", parent, 2).empty());
  for (const std::string& message : {with(parent, "", 1), with(agent, "", 1), with("dlg-1", "dlg-1", 2),
                                     with("dlg-1", "dlg-0", 2), with("dlg-1", parent, 3)}) {
    INFO(message);
    CHECK(message.find("a delegation") != std::string::npos);
  }
}

TEST_CASE("a policy whose content is not what its digest says denies", "[engine][load]") {
  World world;
  world.add_agent("bot");
  const std::string hex(64, '0');
  world.rows.push_back(
      next_row(world.rows, "policy.changed",
               R"({"by":"x","change":"put","digest":")" + hex +
                   R"(","name":"p","policy":{"action_type":"x","effect":"allow","name":"p"}})"));
  world.restart();
  const Reply reply = world.call("bot", "POST /actions", R"({"action_type":"x"})");
  CHECK(reply.get("status") == "denied");
  CHECK(reply.get("denial_reason") == "POLICY_TAMPERED");
}

TEST_CASE("whatever a request may bring, its row can be read again", "[engine][load]") {
  World world;
  world.add_agent("bot");
  world.add_operator("ada");
  world.set_policies(R"([{"name":"m","action_type":"*","effect":"require_approval"}])");
  const std::string head = R"({"action_type":"x","metadata":)";
  std::string metadata;
  SECTION("nested as deep as bodies may be") {
    constexpr std::size_t levels = wire::body_depth_max - 2;
    metadata = R"({"a":)" + std::string(levels, '[') + std::string(levels, ']') + "}";
  }
  SECTION("as long as bodies may be") {
    metadata = R"({"a":")" + std::string(wire::body_bytes_max - head.size() - 9, 'x') + "\"}";
  }
  SECTION("numbers that are longer when they are written canonically") {
    metadata = R"({"a":[1e20)";
    while (metadata.size() + head.size() + 8 < wire::body_bytes_max) metadata += ",1e20";
    metadata += "]}";
  }
  SECTION("text beyond ASCII") { metadata = "{\"\\u0000ü🌷\":\"\\ud83c\\udf37\\u2028\"}"; }
  const Reply asked = world.call("bot", "POST /actions", head + metadata + "}", "x-al-event-id: ü🌷\n");
  INFO(asked.text.substr(0, 500));
  REQUIRE(asked.status == 202);
  const std::string path = "/approvals/" + asked.get("approval_id");
  world.restart();
  CHECK(
      world.call("bot", "POST /actions", head + metadata + "}", "x-al-event-id: ü🌷\n").get("approval_id") ==
      asked.get("approval_id"));
  CHECK(world.call("ada", "GET /approvals").status == 200);
  CHECK(world.call("ada", "GET /audit").status == 200);
  CHECK(world.call("ada", "POST " + path + "/decision", R"({"decision":"approve"})").get("status") ==
        "approved");
  CHECK(world.call("bot", "POST " + path + "/claim", R"({"claim_id":"c"})").get("status") == "executed");
  world.refuse_appends = "disk full";
  CHECK(world.call("bot", "POST /actions", R"({"action_type":"x"})").status ==
        503);  // Rolled back over these rows.
  world.refuse_appends.clear();
  CHECK(world.call("bot", "GET /audit/verify")["chain_valid"].as_bool() == true);
}

TEST_CASE("text that is not UTF-8 gets into no row and no answer", "[engine][load]") {
  World world;
  world.add_agent("bot");
  const std::size_t rows = world.rows.size();
  CHECK(world.call("bot", "POST /actions", R"({"action_type":"x"})", "x-al-event-id: \xff\n").status == 400);
  CHECK(world.call("bot", "POST /actions", R"({"action_type":"x"})", "x-al-delegation-id: \xc3\n").status ==
        400);
  CHECK(world.call("bot", "GET /approvals/%ff").status == 400);
  CHECK(world.call("bot", "GET /audit?%ff=1").status == 400);
  CHECK(world
            .call("bot", "POST /actions", R"({"action_type":"x"})",
                  "x-al-event-id: " + std::string(257, 'e') + "\n")
            .status == 400);
  CHECK(world.rows.size() == rows);
}
