#include "engine/sequencer.h"

#include <catch2/catch_test_macros.hpp>

#include "base/bytes.h"
#include "engine/desk.h"

using namespace al;
using namespace al::engine;

TEST_CASE("no answer leaves before its rows are durable", "[sequencer]") {
  Desk desk;
  const std::uint64_t before = desk.durable;
  const Ticket first = desk.act();
  CHECK(desk.answers.empty());
  CHECK(desk.published.empty());
  const Ticket second = desk.act();  // Queues behind the batch,
  const Ticket third = desk.act();
  const Ticket look = desk.ask("bot", "GET", "/whoami");  // and so does what only reads.
  CHECK(desk.answers.empty());
  desk.succeed();
  CHECK(desk.answers.size() == 1);
  CHECK(desk.answers.at(first).get("status") == "executed");
  REQUIRE(desk.published.size() == 1);
  CHECK(desk.published[0].first_row == before);
  REQUIRE(desk.appending);  // What queued is one batch.
  CHECK(desk.appending->end_row - desk.appending->first_row == 2);
  desk.succeed();
  for (const Ticket ticket : {second, third, look}) CHECK(desk.answers.at(ticket).status == 200);
  CHECK(!desk.appending);
}

TEST_CASE("what adds no rows is answered at once", "[sequencer]") {
  Desk desk;
  CHECK(desk.answers.contains(desk.ask("bot", "GET", "/whoami")));
  CHECK(!desk.appending);
}

TEST_CASE("a refused append undoes what it was for, and the next request works", "[sequencer]") {
  Desk desk;
  const std::string root = to_hex(desk.engine.ledger().tree().root());
  const std::uint64_t rows = desk.engine.ledger().size();
  const Ticket first = desk.ask("bot", "POST", "/actions", R"({"action_type":"merge"})");
  const Ticket second = desk.act();
  desk.fail();
  CHECK(desk.answers.at(first).status == 503);
  CHECK(desk.answers.at(first).code() == "LEDGER_UNAVAILABLE");
  CHECK(desk.answers.at(first).text.find("disk full") != std::string::npos);
  CHECK(!desk.answers.contains(second));
  CHECK(desk.published.empty());
  REQUIRE(desk.appending);
  CHECK(desk.appending->first_row == rows);  // Numbering goes on as if the first had never been.
  desk.fail();
  CHECK(desk.answers.at(second).status == 503);
  CHECK(desk.engine.ledger().size() == rows);
  CHECK(to_hex(desk.engine.ledger().tree().root()) == root);
  CHECK(desk.answers.at(desk.ask("host", "GET", "/approvals"))["approvals"].size() == 0);
  const Ticket third = desk.act();
  desk.succeed();
  CHECK(desk.answers.at(third).get("status") == "executed");
  CHECK(desk.answers.at(desk.ask("bot", "GET", "/audit/verify"))["chain_valid"].as_bool() == true);
}

namespace {

/// What the engine says of itself is what one says that read the same rows.
void check_against_replay(Desk& desk) {
  Engine replayed;
  REQUIRE(desk.engine.ledger().size() == desk.durable);
  for (std::uint64_t at = 0; at < desk.durable; ++at) {
    const audit::Row& row = desk.engine.ledger().row(at);
    REQUIRE(replayed.load(row.text, row.openings).ok());
  }
  replayed.attach(PrincipalKind::operator_, "host", sha256("host"));
  replayed.attach(PrincipalKind::agent, "bot", sha256("bot"));
  CHECK(replayed.checkpoint() == desk.engine.checkpoint());
  CHECK(replayed.next_deadline() == desk.engine.next_deadline());
  const auto compare = [&](std::string_view who, std::string_view target) {
    const wire::Request request{.target = "/api/v1" + std::string(target), .api_key = std::string(who)};
    Entropy one = Entropy::from_number(3);
    Entropy two = Entropy::from_number(3);
    INFO(target);
    CHECK(replayed.handle(request, desk.now.wall_ms, one).response.body ==
          desk.engine.handle(request, desk.now.wall_ms, two).response.body);
  };
  for (const std::string_view target :
       {"/approvals", "/approvals?status=approved", "/approvals?status=denied", "/approvals?status=cancelled",
        "/policies", "/audit?limit=500", "/posture"})
    compare("host", target);
  compare("bot", "/whoami");
  compare("bot", "/delegations");
}

/// One of everything that can be asked for.
void ask_all(Desk& desk, const std::string& agent_id, const std::string& pending, const std::string& approved,
             const std::string& delegation) {
  desk.ask("bot", "POST", "/delegations", R"({"name":"new","capabilities":["read"],"ttl":60})");
  desk.act("merge");
  desk.act();
  desk.ask("bot", "POST", "/approvals/" + approved + "/claim", R"({"claim_id":"c"})");
  desk.decide(pending);
  desk.ask("bot", "DELETE", "/delegations/" + delegation);
  desk.ask("host", "POST", "/agents", R"({"name":"other","capabilities":["read"]})");
  desk.ask("host", "POST", "/operators", R"({"name":"ada","roles":["r"]})");
  desk.ask("host", "PUT", "/policies/new", R"({"name":"new","action_type":"x","effect":"deny"})");
  desk.ask("host", "DELETE", "/policies/m");
  desk.ask("host", "PUT", "/policies", "[]");
  desk.ask("host", "POST", "/agents/" + agent_id + "/halt");
}

}  // namespace

TEST_CASE("after a refused append the engine is what a replay of the ledger makes", "[sequencer]") {
  Desk desk;
  const Ticket pending = desk.act("merge");
  desk.settle();
  const Ticket approved = desk.act("merge");
  desk.settle();
  desk.decide(desk.approval(approved));
  desk.settle();
  const Ticket lent =
      desk.ask("bot", "POST", "/delegations", R"({"name":"old","capabilities":["read"],"ttl":60})");
  desk.settle();
  const std::string delegation = desk.answers.at(lent).get("id");
  REQUIRE(delegation.starts_with("del-"));
  const std::string agent_id = desk.answers.at(desk.ask("bot", "GET", "/whoami")).get("agent_id");
  for (const bool accepted : {false, false, true}) {
    // The first request makes a batch of its own; the others, which queue behind it, make the second.
    desk.act();
    ask_all(desk, agent_id, desk.approval(pending), desk.approval(approved), delegation);
    desk.succeed();
    if (accepted) {
      desk.settle();
    } else {
      desk.fail();
    }
    check_against_replay(desk);
  }
}

TEST_CASE("after a refused append nothing is due that is not", "[sequencer]") {
  Desk desk;
  desk.ask("bot", "POST", "/delegations", R"({"name":"old","capabilities":["read"],"ttl":60})");
  desk.settle();
  desk.act("merge");
  desk.settle();
  desk.advance(200'000);  // The approval and the delegation end, and the store does not hear of it.
  desk.fail();
  check_against_replay(desk);
}

TEST_CASE("late and unknown news of an append are ignored", "[sequencer]") {
  Desk desk;
  desk.sequencer.handle_appended(99, desk.now);
  desk.act();
  const BatchId batch = desk.appending->batch;
  desk.sequencer.handle_appended(batch + 1, desk.now);
  desk.sequencer.handle_append_failed(batch - 1, "late", desk.now);
  desk.drain();
  CHECK(desk.answers.empty());
  desk.succeed();
  CHECK(desk.answers.size() == 1);
  desk.sequencer.handle_append_failed(batch, "late", desk.now);
  desk.sequencer.handle_appended(batch, desk.now);
  desk.drain();
  CHECK(desk.answers.size() == 1);
  CHECK(desk.published.size() == 1);
}

TEST_CASE("a wait ends with the decision, when that is durable", "[sequencer]") {
  Desk desk;
  const Ticket asked = desk.act("merge");
  desk.succeed();
  const std::string id = desk.approval(asked);
  const Ticket wait = desk.ask("bot", "GET", "/approvals/" + id + "?wait=30");
  const Ticket same = desk.ask("bot", "GET", "/approvals/" + id + "?wait=30");
  CHECK(!desk.answers.contains(wait));
  CHECK(desk.sequencer.next_deadline(desk.now) == desk.now.steady_ms + 30'000);
  const Ticket decision = desk.decide(id);
  CHECK(!desk.answers.contains(wait));
  desk.succeed();
  for (const Ticket each : {wait, same, decision}) CHECK(desk.answers.at(each).get("status") == "approved");
  CHECK(!desk.appending);
  // Somebody who comes later does not wait at all.
  CHECK(desk.answers.at(desk.ask("bot", "GET", "/approvals/" + id + "?wait=30")).get("status") == "approved");
}

TEST_CASE("a wait whose decision was not durable hears so, and the approval is still pending",
          "[sequencer]") {
  Desk desk;
  const Ticket asked = desk.act("merge");
  desk.succeed();
  const std::string id = desk.approval(asked);
  const Ticket wait = desk.ask("bot", "GET", "/approvals/" + id + "?wait=30");
  desk.decide(id);
  desk.fail();
  CHECK(desk.answers.at(wait).status == 503);
  const Ticket again = desk.ask("bot", "GET", "/approvals/" + id + "?wait=30");
  CHECK(!desk.answers.contains(again));
  desk.decide(id);
  desk.succeed();
  CHECK(desk.answers.at(again).get("status") == "approved");
}

TEST_CASE("a wait ends when its time is up, with what holds then", "[sequencer]") {
  Desk desk;
  desk.ask("host", "PUT", "/policies", R"([{"name":"m","action_type":"merge","effect":"require_approval",
    "approval":{"timeout_seconds":100,"quorum":2}}])");
  desk.settle();
  const Ticket asked = desk.act("merge");
  desk.succeed();
  const std::string id = desk.approval(asked);
  const Ticket wait = desk.ask("bot", "GET", "/approvals/" + id + "?wait=30");
  desk.decide(id);  // One of two: it is still pending.
  desk.succeed();
  CHECK(!desk.answers.contains(wait));
  desk.advance(29'999);
  CHECK(!desk.answers.contains(wait));
  desk.advance(1);
  CHECK(desk.answers.at(wait).get("status") == "pending");
  CHECK(desk.answers.at(wait)["votes"].size() == 1);
}

TEST_CASE("a wait is as long as it was asked for, however the wall clock jumps", "[sequencer]") {
  Desk desk;
  const Ticket asked = desk.act("merge");
  desk.succeed();
  desk.now.wall_ms -= 3'600'000;
  const Ticket wait = desk.ask("bot", "GET", "/approvals/" + desk.approval(asked) + "?wait=30");
  desk.advance(30'000);
  CHECK(desk.answers.at(wait).get("status") == "pending");
}

TEST_CASE("the next deadline is that of the first who waits still", "[sequencer]") {
  Desk desk;
  const Ticket asked = desk.act("merge");
  desk.succeed();
  const Millis begin_ms = desk.now.steady_ms;
  const auto next_ms = [&] { return desk.sequencer.next_deadline(desk.now).value() - begin_ms; };
  constexpr Millis expiry_ms = 100'000;
  CHECK(next_ms() == expiry_ms);
  const auto wait = [&](const std::string& seconds) {
    return desk.ask("bot", "GET", "/approvals/" + desk.approval(asked) + "?wait=" + seconds);
  };
  const Ticket long_one = wait("30");
  const Ticket short_one = wait("20");
  const Ticket shortest = wait("10");
  CHECK(next_ms() == 10'000);
  desk.sequencer.handle_disconnect(shortest);
  CHECK(next_ms() == 20'000);
  desk.advance(20'000);
  CHECK(desk.answers.contains(short_one));
  CHECK(next_ms() == 30'000);
  desk.advance(10'000);
  CHECK(desk.answers.contains(long_one));
  CHECK(next_ms() == expiry_ms);
}

TEST_CASE("a wait ends when the approval expires", "[sequencer]") {
  Desk desk;
  const Ticket asked = desk.act("merge");
  desk.succeed();
  desk.advance(90'000);
  const Ticket wait = desk.ask("bot", "GET", "/approvals/" + desk.approval(asked) + "?wait=55");
  CHECK(desk.sequencer.next_deadline(desk.now) == desk.now.steady_ms + 10'000);
  desk.advance(10'000);
  CHECK(!desk.answers.contains(wait));
  desk.succeed();
  CHECK(desk.answers.at(wait).get("status") == "expired");
  CHECK(!desk.sequencer.next_deadline(desk.now));
}

TEST_CASE("who is gone gets no answer, waiting or queued", "[sequencer]") {
  Desk desk;
  const Ticket asked = desk.act("merge");
  desk.succeed();
  const std::string id = desk.approval(asked);
  const Ticket wait = desk.ask("bot", "GET", "/approvals/" + id + "?wait=30");
  desk.sequencer.handle_disconnect(wait);
  desk.decide(id);
  const std::uint64_t rows = desk.engine.ledger().size();
  const Ticket queued = desk.act();
  desk.sequencer.handle_disconnect(queued);
  desk.succeed();
  CHECK(!desk.answers.contains(wait));
  CHECK(!desk.answers.contains(queued));
  CHECK(desk.engine.ledger().size() == rows);
}

TEST_CASE("the queue is bounded, and so are the waits", "[sequencer]") {
  Desk desk({.queued_max = 2, .waiting_max = 1, .batch_max = 1});
  const Ticket asked = desk.act("merge");
  const Ticket second = desk.act();
  const Ticket third = desk.act();
  const Ticket fourth = desk.act();
  CHECK(desk.answers.at(fourth).status == 429);
  CHECK(desk.answers.at(fourth).code() == "RATE_LIMITED");
  desk.succeed();
  CHECK(desk.appending->end_row - desk.appending->first_row == 1);
  desk.settle();
  CHECK(desk.answers.at(second).status == 200);
  CHECK(desk.answers.at(third).status == 200);
  const std::string path = "/approvals/" + desk.approval(asked) + "?wait=30";
  CHECK(!desk.answers.contains(desk.ask("bot", "GET", path)));
  CHECK(desk.answers.at(desk.ask("bot", "GET", path)).get("status") == "pending");  // One too many: at once.
}

TEST_CASE("a store that refuses what is due by itself is tried again, not at once", "[sequencer]") {
  Desk desk;
  const Ticket asked = desk.act("merge");
  desk.succeed();
  desk.advance(100'000);
  desk.fail();
  CHECK(desk.sequencer.next_deadline(desk.now) == desk.now.steady_ms + 1000);
  desk.advance(1000);
  desk.succeed();
  CHECK(desk.answers.at(desk.ask("bot", "GET", "/approvals/" + desk.approval(asked))).get("status") ==
        "expired");
}

TEST_CASE("while rows are being appended nothing is due", "[sequencer]") {
  Desk desk;
  desk.act("merge");
  CHECK(!desk.sequencer.next_deadline(desk.now));
  desk.advance(200'000);  // Remembered until the append ends.
  desk.succeed();
  REQUIRE(desk.appending);
  desk.succeed();
  CHECK(desk.answers.at(desk.ask("host", "GET", "/approvals?status=expired"))["approvals"].size() == 1);
}
