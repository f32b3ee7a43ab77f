#include "engine/event_hub.h"

#include <catch2/catch_test_macros.hpp>
#include <set>

#include "engine/hall.h"

using namespace al;
using namespace al::engine;

TEST_CASE("hub: who says no `after` hears what happens from now on", "[hub]") {
  Hall hall;
  hall.act("bot", "x", 3);
  hall.settle();
  const std::uint64_t now = hall.size() - 1;
  const ConnectionId id = hall.listen("host");
  CHECK(hall.hear(id) == Heard{at("ready", now)});
  hall.act("bot", "read");
  hall.act("cat", "x");
  CHECK(hall.hear(id).empty());  // Not durable yet.
  hall.settle();
  CHECK(hall.hear(id) == Heard{at("action.executed", now + 1), at("action.denied", now + 2)});
}

TEST_CASE("hub: only what is durable is told, also of a batch that another one of is", "[hub]") {
  Hall hall;
  hall.settle();
  const ConnectionId id = hall.listen("host");
  const std::uint64_t size = hall.size();
  hall.hear(id);
  hall.act("bot", "x", 5);
  hall.hub.handle_durable(size + 2, hall.world.now());
  hall.drain();
  CHECK(hall.hear(id).size() == 2);
  hall.flush(id);
  hall.advance(1);
  CHECK(hall.hear(id).empty());
  const ConnectionId late = hall.listen("host", R"(,"after":)" + std::to_string(size));
  CHECK(hall.hear(late) == Heard{at("ready", size), at("action.denied", size + 1)});
  const ConnectionId ahead = hall.listen("host", R"(,"after":)" + std::to_string(size + 3));
  CHECK(hall.hear(ahead) == Heard{"error CONFLICT"});
  hall.settle();
  CHECK(hall.hear(id).size() == 3);
}

TEST_CASE("hub: there is no seam between what was missed and what happens, wherever one begins", "[hub]") {
  for (std::uint64_t after = 0; after < 30; ++after) {
    Hall hall({.frames_in_flight_max = 5, .rows_per_step = 2, .rows_per_turn = 3});
    hall.act("bot", "x", 25);
    hall.settle();
    if (after >= hall.size()) break;
    const ConnectionId id = hall.listen("host", R"(,"after":)" + std::to_string(after));
    Heard heard = hall.hear(id);
    for (int turn = 0; turn < 100; ++turn) {
      if (turn < 20) hall.act("cat", "read");
      if (turn % 3 == 0) hall.settle();
      if (turn % 2 == 0) hall.flush(id);
      if (hall.hub.next_deadline() == 0) hall.advance(1);
      for (std::string& each : hall.hear(id)) heard.push_back(std::move(each));
    }
    Heard expected{at("ready", after)};
    for (std::uint64_t row = after + 1; row < hall.size(); ++row) {
      const Result<audit::DecodedRow> decoded =
          audit::decode(hall.world.lattice->engine().ledger().row(row).text);
      if (!event_type(decoded->type).empty()) expected.push_back(at(event_type(decoded->type), row));
    }
    CHECK(heard == expected);
  }
}

TEST_CASE("hub: filters let through what they name", "[hub]") {
  Hall hall;
  hall.settle();
  const std::uint64_t first = hall.size();
  const ConnectionId denied = hall.listen("host", R"(,"events":["action.denied","policy.changed"])");
  const ConnectionId of_cat = hall.listen("host", R"(,"agent_id":")" + hall.cat + "\"");
  const ConnectionId by_name = hall.listen("host", R"(,"agent_id":"cat","events":["action.executed"])");
  hall.act("bot", "x");
  hall.act("cat", "x");
  hall.act("cat", "read");
  hall.set_policy();
  hall.settle();
  CHECK(hall.hear(denied) == Heard{at("ready", first - 1), at("action.denied", first),
                                   at("action.denied", first + 1), at("policy.changed", first + 3)});
  CHECK(hall.hear(of_cat) ==
        Heard{at("ready", first - 1), at("action.denied", first + 1), at("action.executed", first + 2)});
  CHECK(hall.hear(by_name) == Heard{at("ready", first - 1), at("action.executed", first + 2)});
  hall.advance(15'000);
  CHECK(hall.hear(by_name) ==
        Heard{at("heartbeat", first + 3)});  // What was left out need not be asked for again.
}

TEST_CASE("hub: an agent hears of itself and of policies, an operator of all", "[hub]") {
  Hall hall;
  hall.settle();
  const std::uint64_t first = hall.size();
  const ConnectionId bot = hall.listen("bot");
  const ConnectionId self = hall.listen("bot", R"(,"agent_id":"bot")");
  const ConnectionId host = hall.listen("host");
  hall.act("cat", "x");
  hall.act("bot", "x");
  hall.world.call("host", "POST /agents/" + hall.cat + "/halt");
  hall.world.call("host", "POST /agents/" + hall.bot + "/halt");
  hall.set_policy();
  hall.settle();
  const Heard about_bot{at("ready", first - 1), at("action.denied", first + 1),
                        at("enforcement.triggered", first + 3), at("policy.changed", first + 4)};
  CHECK(hall.hear(bot) == about_bot);
  CHECK(hall.hear(self) == Heard{about_bot.begin(), about_bot.end() - 1});
  CHECK(hall.hear(host).size() == 6);
  const ConnectionId curious = hall.listen("bot", R"(,"agent_id":"cat")");
  CHECK(hall.hear(curious) == Heard{"error FORBIDDEN"});
  CHECK(hall.hear(hall.listen("bot", R"(,"agent_id":"nobody")")) == Heard{"error FORBIDDEN"});
  CHECK(hall.hear(hall.listen("host", R"(,"agent_id":"nobody")")) == Heard{"error INVALID_REQUEST"});
}

TEST_CASE("hub: a row becomes a frame once, whoever listens", "[hub]") {
  Hall hall;
  hall.settle();
  std::vector<ConnectionId> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(hall.listen("host"));
  hall.act("bot", "x", 3);
  hall.settle();
  std::set<const std::string*> frames;
  for (const ConnectionId id : ids) {
    REQUIRE(hall.frames[id].size() == 4);
    for (std::size_t i = 1; i < 4; ++i) frames.insert(hall.frames[id][i].get());
  }
  CHECK(frames.size() == 3);
}

TEST_CASE("hub: a row with a long frame is told like any other", "[hub]") {
  Hall hall;
  hall.settle();
  const ConnectionId first = hall.listen("host");
  const ConnectionId second = hall.listen("host");
  std::string many = "\"0\"";
  for (int i = 1; i < 500; ++i) many += ",\"" + std::to_string(i) + std::string(60, 'x') + "\"";
  for (const std::string_view name : {"one", "two"}) {
    const std::string body =
        R"({"name":")" + std::string(name) + R"(","action_type":")" + std::string(name) +
        R"(","effect":"conditional","conditions":[{"field":"f","operator":"in","value":[)" + many + "]}]}";
    const Reply reply = hall.world.call("host", "PUT /policies/" + std::string(name), body);
    INFO(reply.text);
    REQUIRE(reply.status == 200);
    hall.act("bot", "x");
  }
  const std::uint64_t size = hall.size();
  hall.settle();
  const Heard expected{at("ready", size - 5), at("policy.changed", size - 4), at("action.denied", size - 3),
                       at("policy.changed", size - 2), at("action.denied", size - 1)};
  CHECK(hall.hear(first) == expected);
  CHECK(hall.hear(second) == expected);
}

TEST_CASE("hub: a long replay is taken in turns, and does not hold up the others", "[hub]") {
  Hall hall({.rows_per_step = 8, .rows_per_turn = 16});
  hall.act("bot", "x", 100);
  hall.settle();
  const ConnectionId replays = hall.listen("host", R"(,"after":0,"events":["action.executed"])");
  CHECK(hall.hub.next_deadline() == 0);  // There is more to do, at once.
  const ConnectionId live = hall.listen("host");
  hall.act("bot", "read");
  hall.settle();
  int turns = 0;
  Heard heard;
  while (hall.hub.next_deadline() == 0 && ++turns < 100) {
    hall.advance(0);
    if (turns == 2) heard = hall.hear(live);
  }
  CHECK(turns > 3);
  CHECK(heard.size() == 2);
  CHECK(hall.hear(replays).size() == 2);
}

TEST_CASE("hub: who listens to a ledger without rows is held until it begins", "[hub]") {
  World world(transport::LedgerHome::memory);
  EventHub hub(world.lattice->engine());
  hub.handle_connect(1, world.now());
  hub.handle_frame(1, R"({"type":"subscribe","token":")" + world.key("host") + "\"}", world.now());
  REQUIRE(std::holds_alternative<BeginLedger>(hub.poll_output().value()));
  CHECK(!hub.poll_output());
  world.call("", "GET /whoami");
  hub.handle_durable(1, world.now());
  CHECK(std::get<SendFrame>(hub.poll_output().value()).text->find(R"("seq":0)") != std::string::npos);

  EventHub never(world.lattice->engine());
  never.handle_connect(2, world.now());
  never.handle_frame(2, R"({"type":"subscribe","token":"x"})", world.now());
  world.advance(10'000);
  never.handle_timeout(world.now());
  CHECK(std::holds_alternative<BeginLedger>(never.poll_output().value()));
  CHECK(std::get<SendFrame>(never.poll_output().value()).text->find("LEDGER_UNAVAILABLE") !=
        std::string::npos);
  CHECK(std::get<HangUp>(never.poll_output().value()).code == 1013);
}
