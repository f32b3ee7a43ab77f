#include "breaker/circuit.h"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>

using namespace al;
using namespace al::breaker;

namespace {

constexpr Millis start_ms = 1'769'860'800'000;

Settings strict() {
  return {.window_seconds = 300,
          .minimum_count = 2,
          .failure_percent = 50,
          .denial_percent = 100,
          .velocity_max = 4,
          .velocity_window_seconds = 60,
          .cool_down_seconds = 10,
          .cool_down_max_seconds = 40,
          .probes_max = 2,
          .probe_seconds = 5};
}

constexpr std::array reasons{Reason::failures,     Reason::denials,        Reason::velocity,
                             Reason::anomaly,      Reason::cooled_down,    Reason::probe_failed,
                             Reason::probe_silent, Reason::probe_succeeded};
constexpr std::array states{State::closed, State::open, State::half_open};

/// The arrows of the picture in circuit.h, written down a second time.
bool is_arrow(State from, State to, Reason reason) {
  if (from == State::closed) return to == State::open && reason <= Reason::anomaly;
  if (from == State::open) return to == State::half_open && reason == Reason::cooled_down;
  if (to == State::closed) return reason == Reason::probe_succeeded;
  return to == State::open && (reason == Reason::probe_failed || reason == Reason::probe_silent);
}

/// A circuit, and what a test remembers of its past.
struct World {
  Circuit circuit;
  Millis now_ms = start_ms;
  int actions = 0;
  int openings = 0;     // since it was closed
  int let_through = 0;  // executed while half open
  std::string last_executed;
};

class Explorer {
 public:
  void explore(const World& world, int depth) {
    ++nodes_;
    check(world);
    if (depth == 0) return;
    for (const Decided what : {Decided::executed, Decided::requested, Decided::denied}) {
      // The engine asks before it lets an action through; what it stops itself is never folded.
      if (!world.circuit.lets_through(world.now_ms, settings_)) break;
      World next = world;
      const std::string id = "evt-" + std::to_string(next.actions++);
      const bool probing = next.circuit.state() == State::half_open;
      next.circuit.decided(what, true, id, next.now_ms, settings_);
      if (what == Decided::executed) next.last_executed = id;
      if (what == Decided::executed && probing) ++next.let_through;
      settle(next, depth);
    }
    for (const bool failed : {false, true}) {
      if (world.last_executed.empty()) break;
      World next = world;
      next.circuit.reported(next.last_executed, failed, next.now_ms, settings_);
      next.last_executed.clear();
      settle(next, depth);
    }
    if (const std::optional<Millis> deadline = world.circuit.deadline()) {
      World next = world;
      next.now_ms = *deadline;
      settle(next, depth);
    }
    World resumed = world;
    resumed.circuit.resume();
    resumed.openings = 0;
    CHECK(resumed.circuit.state() == State::closed);
    CHECK(!resumed.circuit.due(resumed.now_ms, settings_));
    if (world.circuit.state() != State::closed) explore(resumed, depth - 1);
  }

  [[nodiscard]] const std::set<State>& states_seen() const { return states_seen_; }
  [[nodiscard]] const std::set<Reason>& reasons_seen() const { return reasons_seen_; }
  [[nodiscard]] std::size_t nodes() const { return nodes_; }

 private:
  /// Makes the change that is due, as the engine does after each input.
  void settle(World& world, int depth) {
    if (const std::optional<Change> change = world.circuit.due(world.now_ms, settings_)) {
      const State before = world.circuit.state();
      REQUIRE(is_arrow(before, change->to, change->reason));
      REQUIRE(change->from == before);
      REQUIRE(world.circuit.apply(*change));
      reasons_seen_.insert(change->reason);
      if (change->to == State::closed) world.openings = 0;
      if (change->to != State::half_open) world.let_through = 0;
      if (change->to == State::open) {
        ++world.openings;
        Millis cool_down_ms = settings_.cool_down_seconds * 1000;
        for (int i = 1; i < world.openings; ++i) cool_down_ms *= 2;
        REQUIRE(change->until_ms - world.now_ms ==
                std::min(cool_down_ms, settings_.cool_down_max_seconds * 1000));
      }
    }
    explore(world, depth - 1);
  }

  void check(const World& world) {
    const Circuit& circuit = world.circuit;
    const State state = circuit.state();
    states_seen_.insert(state);
    REQUIRE(!circuit.due(world.now_ms, settings_));  // One change settles it.
    REQUIRE((state != State::open || !circuit.lets_through(world.now_ms, settings_)));
    REQUIRE((state != State::closed || circuit.lets_through(world.now_ms, settings_)));
    REQUIRE((state != State::open || circuit.deadline().has_value()));
    REQUIRE((state != State::closed || !circuit.deadline().has_value()));
    REQUIRE(world.let_through <= settings_.probes_max);
    if (const std::optional<Millis> deadline = circuit.deadline()) {
      REQUIRE(*deadline > world.now_ms);
      REQUIRE(!circuit.due(*deadline - 1, settings_));
      REQUIRE(circuit.due(*deadline, settings_));
    }
    Circuit copy = circuit;
    for (const State from : states) {
      for (const State to : states) {
        for (const Reason reason : reasons) {
          const bool made =
              copy.apply({.from = from, .to = to, .reason = reason, .until_ms = world.now_ms + 1});
          if (made) copy = circuit;
          if (made != (from == state && is_arrow(from, to, reason))) {
            FAIL("from " << text(from) << " to " << text(to) << " because of " << text(reason) << " while "
                         << text(state));
          }
        }
      }
    }
  }

  Settings settings_ = strict();
  std::set<State> states_seen_;
  std::set<Reason> reasons_seen_;
  std::size_t nodes_ = 0;
};

/// Applies what is due, and says which state that leads to.
State settled(Circuit& circuit, Millis now_ms, const Settings& settings) {
  if (const std::optional<Change> change = circuit.due(now_ms, settings)) REQUIRE(circuit.apply(*change));
  return circuit.state();
}

}  // namespace

TEST_CASE("breaker: every state is reached, no other arrow is taken", "[breaker]") {
  Explorer explorer;
  explorer.explore({}, 7);
  CHECK(explorer.states_seen().size() == states.size());
  // An anomaly trips from outside; everything else happens by itself.
  CHECK(explorer.reasons_seen().size() == reasons.size() - 1);
  CHECK(explorer.nodes() > 1000);
}

TEST_CASE("breaker: nothing trips while the settings leave it off", "[breaker]") {
  Circuit circuit;
  const Settings off;
  for (int i = 0; i < 10'000; ++i) {
    const std::string id = std::to_string(i);
    circuit.decided(i % 2 == 0 ? Decided::denied : Decided::executed, true, id, start_ms + i, off);
    circuit.reported(id, true, start_ms + i, off);
    REQUIRE(!circuit.due(start_ms + i, off));
  }
}

TEST_CASE("breaker: a share of denials trips, from a minimum count on", "[breaker]") {
  Settings settings;
  settings.denial_percent = 50;
  settings.minimum_count = 4;
  Circuit circuit;
  const auto decide = [&](Decided what, Millis at_ms) {
    circuit.decided(what, true, "e", at_ms, settings);
    return circuit.due(at_ms, settings);
  };
  CHECK(!decide(Decided::denied, start_ms));
  CHECK(!decide(Decided::denied, start_ms));
  CHECK(!decide(Decided::executed, start_ms));
  const std::optional<Change> change = decide(Decided::executed, start_ms);
  REQUIRE(change);
  CHECK(change->reason == Reason::denials);
  CHECK(change->observed == 2);
  CHECK(change->limit == 4);
}

TEST_CASE("breaker: what happened before the window does not count", "[breaker]") {
  Settings settings;
  settings.velocity_max = 3;
  settings.velocity_window_seconds = 60;
  Circuit circuit;
  Millis now_ms = start_ms;
  for (int i = 0; i < 100; ++i, now_ms += 21'000) {  // three a minute, never four
    circuit.decided(Decided::executed, true, "e", now_ms, settings);
    REQUIRE(!circuit.due(now_ms, settings));
  }
  circuit.decided(Decided::executed, true, "e", now_ms - 21'000 + 1, settings);
  CHECK(circuit.due(now_ms - 21'000 + 1, settings)->reason == Reason::velocity);
}

TEST_CASE("breaker: after failures, silence fails a probe", "[breaker]") {
  const Settings settings = strict();
  Circuit circuit;
  for (const char* id : {"a", "b"}) {
    circuit.decided(Decided::executed, true, id, start_ms, settings);
    circuit.reported(id, true, start_ms, settings);
  }
  CHECK(settled(circuit, start_ms, settings) == State::open);
  const Millis cooled_ms = start_ms + 10'000;
  CHECK(settled(circuit, cooled_ms, settings) == State::half_open);
  circuit.decided(Decided::requested, true, "p0", cooled_ms, settings);
  CHECK(!circuit.deadline());  // A person looks at it.
  circuit.decided(Decided::executed, true, "p1", cooled_ms, settings);
  circuit.decided(Decided::executed, true, "p2", cooled_ms, settings);
  CHECK(!circuit.lets_through(cooled_ms, settings));
  circuit.reported("somebody-else", false, cooled_ms, settings);
  CHECK(settled(circuit, cooled_ms + 4999, settings) == State::half_open);
  SECTION("silence") { CHECK(settled(circuit, cooled_ms + 5000, settings) == State::open); }
  SECTION("silence, while a later probe still has time") {
    Circuit other = circuit;
    CHECK(settled(other, cooled_ms + 5000, settings) == State::open);
    CHECK(settled(other, cooled_ms + 100'000, settings) == State::half_open);
    other.decided(Decided::executed, true, "p3", cooled_ms + 100'000, settings);
    other.decided(Decided::executed, true, "p4", cooled_ms + 104'000, settings);
    CHECK(settled(other, cooled_ms + 105'000, settings) == State::open);
  }
  SECTION("a failure") {
    circuit.reported("p2", true, cooled_ms, settings);
    CHECK(settled(circuit, cooled_ms, settings) == State::open);
  }
  SECTION("a success") {
    circuit.reported("p1", false, cooled_ms, settings);
    CHECK(settled(circuit, cooled_ms, settings) == State::closed);
  }
}

TEST_CASE("breaker: new settings begin new windows", "[breaker]") {
  Settings settings = strict();
  settings.velocity_max = 0;
  Circuit circuit;
  circuit.decided(Decided::denied, true, "a", start_ms, settings);
  settings.window_seconds = 60;
  CHECK(!circuit.due(start_ms, settings));
  circuit.decided(Decided::denied, true, "b", start_ms, settings);
  CHECK(!circuit.due(start_ms, settings));
  circuit.decided(Decided::denied, true, "c", start_ms, settings);
  CHECK(circuit.due(start_ms, settings)->reason == Reason::denials);
}

TEST_CASE("breaker: names are read back", "[breaker]") {
  for (const State state : states) CHECK(parse_state(text(state)) == state);
  for (const Reason reason : reasons) CHECK(parse_reason(text(reason)) == reason);
  CHECK(!parse_state("ajar"));
  CHECK(!parse_reason(""));
}
