// Whom the hub refuses, and whom it hangs up on.
#include "engine/event_hub.h"

#include <catch2/catch_test_macros.hpp>

#include "engine/hall.h"

using namespace al;
using namespace al::engine;

TEST_CASE("hub: a bad first frame is told, and the socket closed", "[hub]") {
  Hall hall;
  hall.settle();
  const std::string key = hall.world.key("host");
  const auto expect = [&](std::string_view frame, std::string_view code, std::uint16_t close) {
    CAPTURE(frame);
    const ConnectionId id = hall.connect();
    hall.receive(id, frame);
    CHECK(hall.hear(id) == Heard{"error " + std::string(code)});
    REQUIRE(hall.closed.contains(id));
    CHECK(hall.closed.at(id) == close);
    hall.receive(id, frame);  // Whatever still comes is nobody's.
    hall.flush(id);
    hall.hub.handle_hung_up(id);
    CHECK(hall.hear(id).empty());
  };
  expect("", "MALFORMED_JSON", 1008);
  expect("{", "MALFORMED_JSON", 1008);
  expect("7", "INVALID_REQUEST", 1008);
  expect(R"({"type":"heartbeat"})", "INVALID_REQUEST", 1008);
  expect(R"({"type":"subscribe"})", "INVALID_REQUEST", 1008);
  expect(R"({"type":"subscribe","token":""})", "INVALID_REQUEST", 1008);
  expect(R"({"type":"subscribe","token":"al_live_nobody"})", "UNAUTHENTICATED", 1008);
  const std::string begin = R"({"type":"subscribe","token":")" + key + "\"";
  expect(begin + R"(,"events":["action.denid"]})", "INVALID_REQUEST", 1008);
  expect(begin + R"(,"filter":1})", "INVALID_REQUEST", 1008);
  expect(begin + R"(,"org_id":"org-other"})", "FORBIDDEN", 1008);
  expect(begin + R"(,"after":1000000})", "CONFLICT", 1008);
  expect(std::string(70'000, ' '), "INVALID_REQUEST", 1008);
  CHECK(hall.hub.connections() == 0);

  const ConnectionId twice = hall.listen("host");
  hall.subscribe(twice, "host");
  CHECK(hall.hear(twice).back() == "error INVALID_REQUEST");
  const ConnectionId own =
      hall.listen("host", R"(,"org_id":")" + hall.world.lattice->engine().state().org_id + "\"");
  CHECK(hall.hear(own).size() == 1);
  hall.receive(own, R"({"type":"of a later version"})");
  CHECK(!hall.closed.contains(own));
}

TEST_CASE("hub: who does not subscribe in time is hung up on", "[hub]") {
  Hall hall;
  hall.settle();
  const ConnectionId id = hall.connect();
  CHECK(hall.hub.next_deadline() == hall.world.now().steady_ms + 10'000);
  hall.advance(9'999);
  CHECK(!hall.closed.contains(id));
  hall.advance(1);
  CHECK(hall.hear(id) == Heard{"error RATE_LIMITED"});  // The frame may have been slow: try again.
  CHECK(hall.closed.at(id) == 1013);
  CHECK(!hall.hub.next_deadline());
}

TEST_CASE("hub: heartbeats are sent, and who does not answer is hung up on, to come back", "[hub]") {
  Hall hall;
  hall.settle();
  const ConnectionId alive = hall.listen("host");
  const ConnectionId dead = hall.listen("host");
  for (int i = 0; i < 10; ++i) {
    hall.advance(15'000);
    hall.receive(alive, wire::client_heartbeat);
    hall.flush(alive);
    hall.flush(dead);
  }
  CHECK(hall.hear(alive).size() == 11);
  CHECK(!hall.closed.contains(alive));
  CHECK(hall.closed.at(dead) == 1001);
  CHECK(hall.hear(dead) == Heard{at("ready", hall.size() - 1), at("heartbeat", hall.size() - 1),
                                 at("heartbeat", hall.size() - 1), "error RATE_LIMITED"});
}

TEST_CASE(
    "hub: a slow consumer meets a bound, then a disconnect from which it can come back; nothing is lost",
    "[hub]") {
  Hall hall({.frames_in_flight_max = 10});
  hall.settle();
  const std::uint64_t first = hall.size();
  const ConnectionId slow = hall.listen("host");
  const ConnectionId quick = hall.listen("host");
  for (int i = 0; i < 30; ++i) {
    hall.act("bot", "x");
    hall.settle();
    hall.flush(quick);
  }
  CHECK(hall.hear(quick).size() == 31);
  Heard heard = hall.hear(slow);
  CHECK(heard.size() == 10);
  hall.advance(9'999);
  CHECK(hall.hear(slow).empty());
  hall.flush(slow);  // It takes them after all, and gets the next ones.
  CHECK(hall.hear(slow).size() == 10);
  hall.advance(10'000);
  CHECK(hall.hear(slow) == Heard{"error RATE_LIMITED"});
  CHECK(hall.closed.at(slow) == 1013);
  const ConnectionId back = hall.listen("host", R"(,"after":)" + std::to_string(first + 18));
  hall.flush(back);
  heard = hall.hear(back);
  REQUIRE(heard.size() >= 12);
  CHECK(heard[1] == at("action.denied", first + 19));
}

TEST_CASE("hub: bytes on their way are bounded too", "[hub]") {
  Hall hall({.bytes_in_flight_max = 2000});
  hall.settle();
  const ConnectionId id = hall.listen("host");
  hall.act("bot", "x", 100);
  hall.settle();
  std::size_t bytes = 0;
  for (const auto& frame : hall.frames[id]) bytes += frame->size();
  CHECK(bytes >= 2000);
  CHECK(bytes < 3000);
}

TEST_CASE("hub: a revoked key closes its sockets, and no others", "[hub]") {
  Hall hall;
  const Reply reply = hall.world.call("host", "POST /agents", R"({"name":"fox"})");
  hall.world.keys["fox"] = reply.get("api_key");
  hall.settle();
  const ConnectionId fox = hall.listen("fox");
  const ConnectionId bot = hall.listen("bot");
  hall.world.call("host", "DELETE /agents/" + reply.get("agent_id") + "/keys/" + reply.get("key_id"));
  CHECK(!hall.closed.contains(fox));  // Not durable yet.
  const ConnectionId meanwhile = hall.listen("fox");
  CHECK(hall.hear(meanwhile) == Heard{"error LEDGER_UNAVAILABLE"});
  CHECK(hall.closed.at(meanwhile) == 1013);
  hall.settle();
  CHECK(hall.hear(fox).back() == "error UNAUTHENTICATED");
  CHECK(hall.closed.at(fox) == 1008);
  CHECK(!hall.closed.contains(bot));
}

TEST_CASE("hub: connections are bounded, and a place that is left is free again", "[hub]") {
  Hall hall({.connections_max = 2});
  hall.settle();
  const ConnectionId first = hall.listen("host");
  hall.listen("host");
  const ConnectionId third = hall.connect();
  CHECK(hall.hear(third) == Heard{"error RATE_LIMITED"});
  CHECK(hall.closed.at(third) == 1013);
  hall.hub.handle_hung_up(first);
  CHECK(hall.hear(hall.listen("host")).size() == 1);
}
