#include "transport/driver.h"

#include <catch2/catch_test_macros.hpp>
#include <deque>
#include <functional>
#include <string>
#include <vector>

using namespace al;
using namespace al::transport;

namespace {

struct FakeClock final : Clock {
  Now at{.steady_ms = 1000, .wall_ms = 1000};
  Now now() override { return at; }
};

/// Answers from within send(), or keeps what was sent.
struct FakeTransport final : Transport {
  std::function<std::optional<wire::Response>(const wire::Request&)> answer = [](const wire::Request&) {
    return std::optional<wire::Response>();
  };
  std::vector<client::AttemptId> sent;
  std::vector<client::AttemptId> aborted;
  ResponseSink* sink = nullptr;

  void send(client::AttemptId attempt, wire::Request request, Millis, ResponseSink& to) override {
    sent.push_back(attempt);
    sink = &to;
    if (std::optional<wire::Response> response = answer(request))
      to.on_response(attempt, std::move(*response));
  }
  void abort(client::AttemptId attempt) override { aborted.push_back(attempt); }
};

struct Application final : SettlementSink {
  std::vector<client::Settle> settled;
  std::function<void(const client::Settle&)> then = [](const client::Settle&) {};

  void on_settle(client::Settle settlement) override {
    settled.push_back(settlement);
    then(settlement);
  }
};

struct World {
  FakeClock clock;
  FakeTransport transport;
  Application application;
  Driver driver{client::Client({.api_key = "al_test_x"}, Entropy::from_number(1)), transport, clock,
                application};
};

const client::Command whoami{.operation = "whoami"};
std::optional<wire::Response> empty_object(const wire::Request&) { return wire::json_response(200, "{}"); }

}  // namespace

TEST_CASE("driver: carries out what the client says", "[transport]") {
  World world;
  world.driver.submit(1, whoami);
  REQUIRE(world.transport.sent.size() == 1);
  CHECK(world.driver.next_deadline() == 31'000);
  world.transport.sink->on_response(world.transport.sent[0], wire::json_response(200, "{}"));
  REQUIRE(world.application.settled.size() == 1);
  CHECK(world.application.settled[0].ok);
  CHECK_FALSE(world.driver.next_deadline().has_value());
}

TEST_CASE("driver: a transport may answer from within send()", "[transport]") {
  World world;
  world.transport.answer = empty_object;
  world.driver.submit(1, whoami);
  CHECK(world.application.settled.size() == 1);
  CHECK(world.driver.client().open_calls() == 0);
}

TEST_CASE("driver: an application may submit from within on_settle(), as often as it likes", "[transport]") {
  World world;
  world.transport.answer = empty_object;
  world.application.then = [&](const client::Settle& settle) {
    if (settle.call < 100'000) world.driver.submit(settle.call + 1, whoami);
  };
  world.driver.submit(1, whoami);  // Deep recursion would end the test here.
  CHECK(world.application.settled.size() == 100'000);
}

TEST_CASE("driver: an application may cancel and close from within on_settle()", "[transport]") {
  World world;
  world.driver.submit(1, whoami);
  world.driver.submit(2, whoami);
  world.driver.submit(3, whoami);
  world.application.then = [&](const client::Settle& settle) {
    if (settle.call == 1) world.driver.cancel(2);
    if (settle.call == 2) world.driver.close();
  };
  world.transport.sink->on_failure(world.transport.sent[0], "");
  CHECK(world.application.settled.empty());
  world.driver.cancel(1);
  REQUIRE(world.application.settled.size() == 3);
  CHECK(world.transport.aborted.size() == 2);
  CHECK_FALSE(world.driver.next_deadline().has_value());
}

TEST_CASE("driver: time is passed on", "[transport]") {
  World world;
  world.driver.submit(1, whoami);
  world.clock.at.steady_ms = *world.driver.next_deadline();
  world.driver.handle_timeout();
  CHECK(world.transport.aborted == world.transport.sent);
  world.clock.at.steady_ms = *world.driver.next_deadline();
  world.driver.handle_timeout();
  CHECK(world.transport.sent.size() == 2);
}
