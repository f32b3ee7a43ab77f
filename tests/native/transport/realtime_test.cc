// Channels and a lattice's hub together: over a network that loses sockets, and in one process.
#include <catch2/catch_test_macros.hpp>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "engine/world.h"
#include "transport/channel_driver.h"

using namespace al;
using namespace al::transport;
using client::ChannelNews;
using engine::World;

namespace {

/// Checks on the way that each event comes once, and in order.
struct Listener final : ChannelSink {
  void on_event(client::Deliver event) override {
    if (event.seq <= last) out_of_order = true;
    last = event.seq;
    ++events;
    if (then) then(event);
  }
  void on_report(client::Report report) override {
    ended = ended || report.news == ChannelNews::ended;
    ready += report.news == ChannelNews::ready;
    reports.push_back(std::move(report));
  }
  std::uint64_t events = 0;
  std::uint64_t last = 0;
  int ready = 0;
  bool out_of_order = false;
  bool ended = false;
  std::vector<client::Report> reports;
  std::function<void(const client::Deliver&)> then;
};

/// A network between one channel and the host of a lattice: frames take their time, and sockets are lost
/// with what is on its way.
class Network final : public Socket {
 public:
  explicit Network(World& world) : world_(world) {}

  [[nodiscard]] Status open(client::SocketId socket, SocketSink& sink) override {
    REQUIRE(connection == 0);
    socket_ = socket;
    sink_ = &sink;
    connection = ++last_connection_;
    opening_ = true;
    return Unit{};
  }
  void send(client::SocketId, std::string_view text) override { to_server_.emplace_back(text); }
  void close(client::SocketId, std::uint16_t) override {
    if (connection != 0) forget();
  }

  /// Both sides lose it, and everything on its way.
  void drop() {
    if (connection == 0) return;
    forget();
    sink_->on_close(socket_, 1006, "");
  }
  /// Carries up to `frames` frames each way.
  void carry(int frames) {
    if (connection != 0 && opening_) {
      opening_ = false;
      world_.lattice->handle_connect(connection);
      sink_->on_open(socket_);
    }
    for (int i = 0; i < frames && connection != 0 && !to_server_.empty(); ++i) {
      const std::string text = std::move(to_server_.front());
      to_server_.pop_front();
      world_.lattice->handle_frame(connection, text);
    }
    if (connection != 0 && std::exchange(flush_due, false)) world_.lattice->handle_flushed(connection);
    for (int i = 0; i < frames && connection != 0; ++i) {
      std::vector<std::string>& queue = world_.frames[connection];
      if (taken_ == queue.size()) {
        queue.clear();
        taken_ = 0;
        flush_due = true;
        break;
      }
      const std::string text = queue[taken_++];
      sink_->on_text(socket_, text);
    }
    if (connection != 0 && world_.hung_up.contains(connection) && world_.frames[connection].empty()) drop();
  }

  engine::ConnectionId connection = 0;  // 0: there is none
  bool flush_due = false;

 private:
  void forget() {
    if (!opening_) world_.lattice->handle_hung_up(connection);
    world_.frames.erase(connection);
    to_server_.clear();
    taken_ = 0;
    connection = 0;
  }

  World& world_;
  client::SocketId socket_ = 0;
  SocketSink* sink_ = nullptr;
  bool opening_ = false;
  std::deque<std::string> to_server_;
  std::size_t taken_ = 0;
  engine::ConnectionId last_connection_ = 0;
};

client::Channel channel_of(const World& world, std::string_view who, wire::Subscribe filter = {}) {
  filter.token = world.key(who);
  return client::Channel(std::move(filter), Entropy::from_number(3));
}

/// Every fifth is let through.
void act(World& world, std::uint64_t times, std::uint64_t from = 0) {
  for (std::uint64_t i = from; i < from + times; ++i) {
    world.send("bot", "POST /actions", i % 5 == 0 ? R"({"action_type":"read"})" : R"({"action_type":"x"})");
  }
  world.answers.clear();
}

/// What the kernel does when it is woken.
void wake(World& world, ChannelDriver& driver) {
  const auto due = [&](std::optional<Millis> deadline) {
    return deadline && *deadline <= world.now().steady_ms;
  };
  if (due(driver.next_deadline())) driver.handle_timeout();
  if (due(world.lattice->next_deadline())) world.lattice->handle_timeout();
}

/// `events` of them through sockets that are lost, silenced and paused at random.
void run(std::uint64_t seed, std::uint64_t events, wire::Subscribe filter, std::uint64_t expected) {
  World world(LedgerHome::memory);
  world.add_agent("bot");
  world.set_policies(R"([{"name":"r","action_type":"read","effect":"allow"}])");
  filter.after = world.lattice->engine().ledger().size() - 1;
  Network network(world);
  Listener listener;
  ChannelDriver driver(channel_of(world, "host", std::move(filter)), network, world, listener);
  driver.start();
  Entropy dice = Entropy::from_number(seed);
  std::uint64_t made = 0;
  int silent = 0;  // turns for which the network carries nothing
  int drops = 0;
  for (int turn = 0; turn < 2'000'000 && listener.events < expected && !listener.ended; ++turn) {
    if (made < events && dice.below(3) == 0) {
      const std::uint64_t more = std::min<std::uint64_t>(events - made, dice.below(60));
      act(world, more, made);
      made += more;
    }
    if (dice.below(20) == 0 && network.connection != 0) {
      network.drop();
      ++drops;
    }
    if (dice.below(1000) == 0) silent = 200;
    if (dice.below(500) == 0) {
      driver.pause();
      CHECK(network.connection == 0);
      driver.resume();
    }
    if (silent == 0 || --silent == 0) network.carry(static_cast<int>(dice.below(100)));
    world.advance(static_cast<Millis>(dice.below(400)));
    wake(world, driver);
  }
  CHECK(listener.events == expected);
  CHECK_FALSE(listener.out_of_order);
  CHECK_FALSE(listener.ended);
  CHECK(drops > 3);
  CHECK(listener.ready > drops / 2);
  driver.end();
  CHECK(listener.ended);
  CHECK(world.lattice->hub().connections() == 0);
}

}  // namespace

TEST_CASE("realtime: 100,000 events over sockets that are lost at random: none lost, none twice, in order",
          "[realtime]") {
  run(1, 100'000, {}, 100'000);
}

TEST_CASE("realtime: the same with a filter, and with other luck", "[realtime]") {
  for (std::uint64_t seed = 2; seed < 12; ++seed) {
    CAPTURE(seed);
    run(seed, 2000, {.events = {{"action.executed", "policy.changed"}}}, 400);
  }
}

namespace {

struct Home {
  explicit Home(LedgerHome where = LedgerHome::host) : world(where) {}
  World world;
  EngineSocket socket{*world.lattice};
  Listener listener;
};

}  // namespace

TEST_CASE("realtime: in one process a channel hears at once, and only what is durable", "[realtime]") {
  Home home;
  home.world.add_agent("bot");
  ChannelDriver driver(channel_of(home.world, "host"), home.socket, home.world, home.listener);
  driver.start();
  CHECK(home.listener.ready == 1);
  act(home.world, 3);
  CHECK(home.listener.events == 3);
  home.world.hold_appends = true;
  home.world.send("bot", "POST /actions", R"({"action_type":"x"})");
  CHECK(home.listener.events == 3);
  home.world.hold_appends = false;
  home.world.keep(*home.world.held);
  CHECK(home.listener.events == 4);
  home.world.refuse_appends = "disk full";
  act(home.world, 1);
  CHECK(home.listener.events == 4);
  home.world.refuse_appends.clear();
  driver.pause();
  act(home.world, 2);
  CHECK(home.listener.events == 4);
  driver.resume();
  CHECK(home.listener.events == 6);
  CHECK_FALSE(home.listener.out_of_order);
  driver.end();
  act(home.world, 1);
  CHECK(home.listener.events == 6);
  CHECK(home.world.lattice->hub().connections() == 0);
}

TEST_CASE("realtime: who listens to a new lattice lets its ledger begin", "[realtime]") {
  for (const auto where : {LedgerHome::memory, LedgerHome::host}) {
    Home home(where);
    home.world.hold_appends = true;
    ChannelDriver driver(channel_of(home.world, "host"), home.socket, home.world, home.listener);
    driver.start();
    if (where == LedgerHome::host) {
      CHECK(home.listener.ready == 0);
      home.world.hold_appends = false;
      home.world.keep(*home.world.held);
    }
    CHECK(home.listener.ready == 1);
    home.world.set_policies("[]");
    home.world.set_policies(R"([{"name":"r","action_type":"read","effect":"allow"}])");
    CHECK(home.listener.events == 1);
  }
}

TEST_CASE("realtime: a long replay in one process goes in turns, and stays bounded", "[realtime]") {
  Home home(LedgerHome::memory);
  home.world.add_agent("bot");
  act(home.world, 5000);
  ChannelDriver driver(channel_of(home.world, "host", {.after = 0}), home.socket, home.world, home.listener);
  driver.start();
  CHECK(home.listener.events > 0);
  CHECK(home.listener.events < 5000);
  int turns = 0;
  while (home.listener.events < 5000 && ++turns < 1000) wake(home.world, driver);
  CHECK(home.listener.events == 5000);
  CHECK_FALSE(home.listener.out_of_order);
  CHECK(turns > 5);
}

TEST_CASE("realtime: a listener may pause, resume, end and act from within its callbacks", "[realtime]") {
  Home home(LedgerHome::memory);
  home.world.add_agent("bot");
  ChannelDriver driver(channel_of(home.world, "host"), home.socket, home.world, home.listener);
  home.listener.then = [&](const client::Deliver&) {
    if (home.listener.events == 1) {
      driver.pause();
      act(home.world, 2);
      CHECK(home.listener.events == 1);
      driver.resume();
    } else if (home.listener.events == 3) {
      driver.end();
    }
  };
  driver.start();
  act(home.world, 1);
  CHECK(home.listener.events == 3);
  CHECK(home.listener.ended);
  act(home.world, 1);
  CHECK(home.listener.events == 3);
  CHECK_FALSE(home.listener.out_of_order);
}

TEST_CASE("realtime: a revoked key ends the channel, a lattice that has not started does not", "[realtime]") {
  Home home(LedgerHome::memory);
  const engine::Reply bot = home.world.add_agent("bot");
  ChannelDriver driver(channel_of(home.world, "bot"), home.socket, home.world, home.listener);
  driver.start();
  home.world.call("host", "DELETE /agents/" + bot.get("agent_id") + "/keys/" + bot.get("key_id"));
  CHECK(home.listener.ended);
  CHECK(home.listener.reports.back().json.find("UNAUTHENTICATED") != std::string::npos);

  Lattice asleep(LedgerHome::memory, home.world, home.world, Entropy::from_number(9));
  EngineSocket socket(asleep);
  Listener patient;
  ChannelDriver waits(channel_of(home.world, "host"), socket, home.world, patient);
  waits.start();
  CHECK(patient.reports.back().news == ChannelNews::reconnecting);
  asleep.handle_connect(77);
  CHECK(home.world.frames[77].at(0).find("LEDGER_UNAVAILABLE") != std::string::npos);
  CHECK(home.world.hung_up.at(77) == 1013);
}
