#include "transport/lattice.h"

#include <catch2/catch_test_macros.hpp>
#include <functional>

#include "engine/world.h"

using namespace al;
using namespace al::transport;
using engine::PrincipalKind;
using engine::reply_of;
using engine::World;

namespace {

struct Sink final : ResponseSink {
  void on_response(client::AttemptId attempt, wire::Response response) override {
    CHECK(!answers.contains(attempt));
    answers[attempt] = std::move(response);
    if (then) std::exchange(then, nullptr)();
  }
  void on_failure(client::AttemptId, std::string_view) override { CHECK(false); }
  std::map<client::AttemptId, wire::Response> answers;
  std::function<void()> then;  // what the client does from within its first answer
};

wire::Request request(const std::string& key, wire::Method method, std::string target,
                      std::string body = {}) {
  return {.method = method,
          .target = "/api/v1" + std::move(target),
          .api_key = key,
          .content_type = "application/json",
          .body = std::move(body)};
}

wire::Request read(const std::string& key) {
  return request(key, wire::Method::post, "/actions", R"({"action_type":"read"})");
}

struct House : World {
  explicit House(LedgerHome home = LedgerHome::host) : World(home) {
    key = add_agent("bot").get("api_key");
    set_policies(R"([{"name":"r","action_type":"read","effect":"allow"},
      {"name":"m","action_type":"merge","effect":"require_approval"}])");
  }
  std::string key;
  Sink sink;
};

}  // namespace

TEST_CASE("a lattice that has not started answers that it is not ready, and loads only then", "[lattice]") {
  World world;
  world.add_agent("bot");
  const std::vector<audit::Row> rows = world.rows;
  Lattice lattice(LedgerHome::host, world, world, Entropy::from_number(5));
  CHECK(!lattice.next_deadline());
  lattice.handle_timeout();
  lattice.handle_appended(1);
  lattice.handle_request(77, wire::Request{.target = "/api/v1/whoami"});
  CHECK(reply_of(world.answers.at(77)).code() == "LEDGER_UNAVAILABLE");
  EngineTransport transport(lattice);
  Sink sink;
  transport.send(1, {.target = "/api/v1/whoami"}, 0, sink);
  CHECK(sink.answers.at(1).status == 503);
  for (const audit::Row& row : rows) CHECK(lattice.load(row.text, row.openings).ok());
  lattice.start();
  lattice.start();
  CHECK(!lattice.load(rows[0].text, rows[0].openings).ok());
  lattice.handle_request(78, request(world.key("bot"), wire::Method::get, "/whoami"));
  CHECK(reply_of(world.answers.at(78)).get("name") == "bot");
}

TEST_CASE("a key that was attached is good in this process only, for whoever is registered under its name",
          "[lattice]") {
  World world;
  const std::string key = world.lattice->attach(PrincipalKind::agent, "bot");
  CHECK(key.starts_with("al_local_"));
  CHECK(world.call(key, "GET /whoami").status == 401);
  world.add_agent("bot");
  CHECK(world.call(key, "GET /whoami").get("name") == "bot");
  CHECK(world.call(key, "GET /approvals").status == 403);
  const std::string old_host = world.key("host");
  world.restart();
  CHECK(world.call(key, "GET /whoami").status == 401);
  CHECK(world.call(old_host, "GET /whoami").status == 401);
  CHECK(world.call("host", "GET /whoami").get("name") == "host");
  for (const audit::Row& row : world.rows) CHECK(row.text.find(key) == std::string::npos);
}

TEST_CASE("with a ledger in memory the store is never asked", "[lattice]") {
  House house(LedgerHome::memory);
  EngineTransport transport(*house.lattice);
  transport.send(1, read(house.key), 0, house.sink);
  CHECK(reply_of(house.sink.answers.at(1)).get("status") == "executed");
  CHECK(house.rows.empty());
}

TEST_CASE("a client in the process is answered when its rows are durable", "[lattice]") {
  House house;
  house.hold_appends = true;
  EngineTransport transport(*house.lattice);
  transport.send(1, read(house.key), 0, house.sink);
  transport.send(2, read(house.key), 0, house.sink);
  transport.abort(2);  // Still in the queue: it never happens.
  CHECK(house.sink.answers.empty());
  house.hold_appends = false;
  const std::size_t rows = house.rows.size();
  house.keep(*house.held);
  CHECK(house.sink.answers.size() == 1);
  CHECK(house.rows.size() == rows + 1);
  transport.abort(1);  // Over: a no-op.
  transport.abort(3);
}

TEST_CASE("an answer may make the client ask again, abort, or end", "[lattice]") {
  for (const auto home : {LedgerHome::memory, LedgerHome::host}) {
    House house(home);
    auto transport = std::make_unique<EngineTransport>(*house.lattice);
    house.sink.then = [&] {
      transport->send(2, read(house.key), 0, house.sink);
      transport->abort(1);
      transport->send(3, read(house.key), 0, house.sink);
      transport->abort(3);
    };
    transport->send(1, read(house.key), 0, house.sink);
    CHECK(house.sink.answers.contains(1));
    CHECK(house.sink.answers.contains(2));
    CHECK(!house.sink.answers.contains(3));
    house.sink.then = [&] { transport.reset(); };
    transport->send(4, read(house.key), 0, house.sink);
    CHECK(house.sink.answers.contains(4));
  }
}

TEST_CASE("a transport that is gone leaves nothing behind that answers", "[lattice]") {
  House house;
  const std::string approval =
      house.call(house.key, "POST /actions", R"({"action_type":"merge"})").get("approval_id");
  {
    EngineTransport transport(*house.lattice);
    transport.send(1, request(house.key, wire::Method::get, "/approvals/" + approval + "?wait=30"), 0,
                   house.sink);
    house.hold_appends = true;
    transport.send(2, read(house.key), 0, house.sink);
  }
  house.hold_appends = false;
  house.keep(*house.held);
  house.call("host", "POST /approvals/" + approval + "/decision", R"({"decision":"approve"})");
  CHECK(house.sink.answers.empty());
}

TEST_CASE("a refused append is told to those who asked, and the lattice goes on", "[lattice]") {
  House house;
  house.refuse_appends = "read-only file system";
  const engine::Reply reply = house.call(house.key, "POST /actions", R"({"action_type":"read"})");
  CHECK(reply.status == 503);
  CHECK(reply.text.find("read-only file system") != std::string::npos);
  house.refuse_appends.clear();
  CHECK(house.call(house.key, "POST /actions", R"({"action_type":"read"})").get("status") == "executed");
  CHECK(house.call("host", "GET /audit/verify")["rows_checked"].as_int64() ==
        static_cast<std::int64_t>(house.rows.size()));
}

TEST_CASE("a deadline of the engine wakes the lattice", "[lattice]") {
  House house;
  house.call(house.key, "POST /delegations", R"({"name":"d","capabilities":["read"],"ttl":10})");
  CHECK(house.lattice->next_deadline() == house.now().steady_ms + 10'000);
  const std::size_t rows = house.rows.size();
  house.lattice->handle_timeout();  // Too early: nothing.
  CHECK(house.rows.size() == rows);
  house.advance(10'000);
  CHECK(house.row_types(rows) == std::vector<std::string>{"delegation.expired"});
  CHECK(!house.lattice->next_deadline());
}

TEST_CASE("an action is answered at once where the ledger is in memory, and as any other", "[lattice]") {
  House house(LedgerHome::memory);
  Lattice& lattice = *house.lattice;
  REQUIRE(lattice.can_act_now());
  const std::uint64_t rows = lattice.engine().ledger().size();
  wire::Request asked = read("");
  const auto act = [&](const std::string& key) { return lattice.act_now(sha256(key), asked); };
  const wire::Response executed = act(house.key);
  CHECK(executed.executed);
  CHECK(reply_of(executed).get("status") == "executed");
  CHECK(lattice.engine().ledger().size() == rows + 1);
  CHECK(act("al_live_another").status == 401);
  CHECK(act("al_live_another").request_id.starts_with("req-"));
  CHECK(act(house.key + "x").status == 401);
  CHECK(act(house.World::key("host")).status == 403);
  asked.event_id = "\xff";
  CHECK(act(house.key).status == 400);
  CHECK(lattice.engine().ledger().size() == rows + 1);
  asked.event_id = "once";
  const wire::Response first = act(house.key);
  CHECK(reply_of(act(house.key)).get("audit_event_id") == reply_of(first).get("audit_event_id"));
  CHECK(lattice.engine().ledger().size() == rows + 2);
  CHECK(lattice.can_act_now());
}

TEST_CASE("an action is not answered at once while another is, or while a store has its rows", "[lattice]") {
  World unstarted;
  const Lattice asleep(LedgerHome::memory, unstarted, unstarted, Entropy::from_number(5));
  CHECK(!asleep.can_act_now());
  CHECK(!House().lattice->can_act_now());
  House house(LedgerHome::memory);
  EngineTransport transport(*house.lattice);
  bool inside = true;
  house.sink.then = [&] { inside = house.lattice->can_act_now(); };
  transport.send(1, read(house.key), 0, house.sink);
  CHECK(!inside);
  CHECK(house.lattice->can_act_now());
}
