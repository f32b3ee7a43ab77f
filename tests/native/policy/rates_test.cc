#include "policy/rates.h"

#include "policy/policy_testing.h"

namespace al::policy {
namespace {

constexpr Millis start_ms = 1'769'860'800'000;
constexpr Millis day_ms = 86'400'000;

std::int64_t count(const Rates& rates, std::string_view window, Millis now_ms, std::string_view type = "a") {
  const std::optional<RateWindow> parsed = RateWindow::parse(window);
  REQUIRE(parsed);
  return rates.count(type, *parsed, now_ms);
}

TEST_CASE("rates: windows and what they are not", "[policy]") {
  for (const std::string_view text : {"1s", "60s", "2m", "60m", "2h", "24h"})
    CHECK(RateWindow::parse(text)->text() == text);
  CHECK(RateWindow::parse("1m")->text() == "60s");
  CHECK(RateWindow::parse("1h")->text() == "60m");
  for (const std::string_view text :
       {"", "s", "0s", "01s", "61s", "61m", "25h", "5d", "5", "-5s", "5 s", "100s", "5S"}) {
    INFO(text);
    CHECK(!RateWindow::parse(text));
  }
}

TEST_CASE("rates: a window is never shorter than it says, and at most a unit longer", "[policy]") {
  struct Row {
    std::string_view window;
    Millis length_ms;
    Millis unit_ms;
  };
  for (const Row& row :
       {Row{"10s", 10'000, 1000}, Row{"60s", 60'000, 1000}, Row{"60m", 3'600'000, 60'000},
        Row{"1h", 3'600'000, 60'000}, Row{"2h", 7'200'000, 900'000}, Row{"24h", day_ms, 900'000}}) {
    for (const Millis offset_ms : {Millis{0}, Millis{1}, row.unit_ms - 1}) {
      INFO(row.window << " " << offset_ms);
      Rates rates;
      rates.add("a", start_ms + offset_ms);
      CHECK(count(rates, row.window, start_ms + offset_ms) == 1);
      CHECK(count(rates, row.window, start_ms + offset_ms + row.length_ms) == 1);
      CHECK(count(rates, row.window, start_ms + offset_ms + row.length_ms + row.unit_ms) == 0);
      CHECK(count(rates, row.window, start_ms + 30 * day_ms) == 0);
    }
  }
}

TEST_CASE("rates: types are counted apart; too many share", "[policy]") {
  Rates rates;
  rates.add("a", start_ms);
  rates.add("b", start_ms);
  rates.add("b", start_ms + 1);
  CHECK(count(rates, "60s", start_ms + 1, "a") == 1);
  CHECK(count(rates, "60s", start_ms + 1, "b") == 2);
  CHECK(count(rates, "60s", start_ms + 1, "c") == 0);
  for (std::size_t i = 0; i < 100; ++i) rates.add("t" + std::to_string(i), start_ms + 2);
  CHECK(count(rates, "60s", start_ms + 2, "a") == 1);
  CHECK(count(rates, "60s", start_ms + 2, "t0") == 1);
  CHECK(count(rates, "60s", start_ms + 2, "t99") == 100 + 2 - 64);  // too high, never too low
  rates.add("t99", start_ms + 2 * day_ms);                          // All of it has run out.
  CHECK(count(rates, "60s", start_ms + 2 * day_ms, "t99") == 1);
  CHECK(count(rates, "60s", start_ms + 2 * day_ms, "a") == 0);
}

TEST_CASE("rates: an action that was counted already leaves itself out", "[policy]") {
  Rates rates;
  rates.add("a", start_ms);
  rates.add("a", start_ms + 30'000);
  const RateWindow minute = *RateWindow::parse("60s");
  CHECK(rates.count("a", minute, start_ms + 30'000, start_ms) == 1);
  CHECK(rates.count("a", minute, start_ms + 62'000) == 1);
  CHECK(rates.count("a", minute, start_ms + 62'000, start_ms) == 1);  // It has run out of the window.
}

TEST_CASE("rates: in conditions", "[policy]") {
  const Policy few = testing::with_conditions("[{'field':'rate.last_60s','operator':'lt','value':2}]");
  testing::Act act("pr.merge");
  Rates rates;
  act.action.wall_ms = start_ms;
  CHECK(few.condition.judge(act.action) == Outcome::holds);  // An agent that did nothing yet.
  act.action.rates = &rates;
  rates.add("pr.merge", start_ms);
  CHECK(few.condition.judge(act.action) == Outcome::holds);
  rates.add("pr.merge", start_ms);
  CHECK(few.condition.judge(act.action) == Outcome::fails);
  std::vector<ConditionResult> results;
  CHECK(few.condition.evaluate(act.action, results) != Outcome::holds);
  CHECK(results[0].actual == "2");
  CHECK(results[0].hint == "rate.last_60s must be less than 2; it is 2: try again later");
}

TEST_CASE("rates: the compiler knows the windows", "[policy]") {
  const auto fault = [](std::string_view condition) {
    const testing::Compiled out = testing::compiled(
        "{'name':'p','action_type':'a','effect':'allow','conditions':[" + std::string(condition) + "]}");
    return out.faults.empty() ? std::string() : out.faults.front().message;
  };
  CHECK(fault("{'field':'rate.last_5m','operator':'lte','value':10}").empty());
  CHECK(fault("{'field':'rate.last_5d','operator':'lte','value':10}").find("rate.last_60s") !=
        std::string::npos);
  CHECK(fault("{'field':'rate.last_60s','operator':'lt','value':0}").find("can never hold") !=
        std::string::npos);
  CHECK(fault("{'field':'rate.last_60s','operator':'exists'}").find("always exists") != std::string::npos);
  CHECK(fault("{'field':'rate.last_60s','operator':'lt','value':'10'}").find("whole number") !=
        std::string::npos);
  // The same window in other words.
  CHECK(fault("{'field':'rate.last_60s','operator':'lt','value':5},{'field':'rate.last_1m','operator':'gt','"
              "value':9}")
            .find("contradicts") != std::string::npos);
}

}  // namespace
}  // namespace al::policy
