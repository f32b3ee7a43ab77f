#include "policy/time_zone.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "base/vectors.h"
#include "policy/policy_testing.h"
#include "policy/scalar.h"

namespace al::policy {
namespace {

std::string shown(const TimeZone& zone, Millis wall_ms) {
  const CivilTime t = zone.civil(wall_ms);
  const auto two = [](int number) { return std::string(number < 10 ? "0" : "") + std::to_string(number); };
  return std::string(weekday_names()[static_cast<std::size_t>(t.iso_weekday - 1)]) + " " + two(t.hour) + ":" +
         two(t.minute);
}

TEST_CASE("time zones: what another implementation shows", "[policy]") {
  const json::Document file = vectors::read("time_zones.json");
  std::vector<Millis> instants;
  for (const json::Value text : file.root()["instants"].items())
    instants.push_back(parse_rfc3339(text.string()).value());
  std::size_t zones = 0;
  for (const json::Value each : file.root()["cases"].items()) {
    std::string_view names = each["zones"].string();
    while (!names.empty()) {
      const std::string_view name = names.substr(0, names.find(' '));
      names.remove_prefix(std::min(name.size() + 1, names.size()));
      const std::optional<TimeZone> zone = TimeZone::named(name);
      INFO(name);
      REQUIRE(zone);
      ++zones;
      std::size_t index = 0;
      for (const json::Value local : each["local"].items()) {
        INFO(format_rfc3339(instants[index]));
        CHECK(shown(*zone, instants[index++]) == local.string());
      }
    }
  }
  CHECK(zones > 500);
}

TEST_CASE("time zones: every rule of the table is understood", "[policy]") {
  for (const ZoneRule& rule : zone_rules()) {
    INFO(rule.posix);
    CHECK(TimeZone::parse(rule.posix));
  }
}

TEST_CASE("time zones: malformed rules are refused", "[policy]") {
  for (const std::string_view text :
       {"", "C1", "CET", "CET-", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,J60,J300",
        "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.0.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0", "<+01-1", "CET-1CEST,M3.5.0,M10.5.0/3x", "CET-168", "CET-1:60"}) {
    INFO(text);
    CHECK(!TimeZone::parse(text));
  }
}

TEST_CASE("time zones: names are whole, and mistakes are explained", "[policy]") {
  CHECK(!TimeZone::named(""));
  CHECK(!TimeZone::named("Europe"));
  CHECK(!TimeZone::named("Europe/Berlin Europe/Paris"));
  CHECK(!TimeZone::named("europe/berlin"));
  CHECK(TimeZone::suggest("Berlin") == "Europe/Berlin");
  CHECK(TimeZone::suggest("Europe/Berln") == "Europe/Berlin");

  const auto fault = [](std::string_view field) {
    const testing::Compiled out =
        testing::compiled("{'name':'p','action_type':'a','effect':'allow','conditions':[{'field':'" +
                          std::string(field) + "','operator':'eq','value':9}]}");
    return out.faults.empty() ? std::string() : out.faults.front().message;
  };
  CHECK(fault("time.hour@Europe/Berlin").empty());
  CHECK(fault("time.hour@UTC").empty());
  CHECK(fault("time.hour@Europe/Berln").find("time.hour@Europe/Berlin") != std::string::npos);
  CHECK(fault("time.hour@Africa/Casablanca").find("no time zone") != std::string::npos);
  CHECK(fault("time.hour@").find("no time zone") != std::string::npos);
  CHECK(fault("time.houre@Europe/Berlin").find("time.hour") != std::string::npos);
  CHECK(fault("agent.id@Europe/Berlin").find("not a known field") != std::string::npos);
}

TEST_CASE("time zones: office hours somewhere", "[policy]") {
  const Policy office = testing::with_conditions(
      "[{'field':'time.hour@America/New_York','operator':'between','value':[9,16]},"
      "{'field':'time.weekday@America/New_York','operator':'ne','value':'sun'}]");
  testing::Act act("pr.merge");
  const auto outcome = [&](std::string_view time) {
    act.action.wall_ms = parse_rfc3339(time).value();
    return office.condition.judge(act.action);
  };
  CHECK(outcome("2026-03-07T13:59:59Z") == Outcome::fails);  // 08:59 in winter
  CHECK(outcome("2026-03-07T14:00:00Z") == Outcome::holds);
  CHECK(outcome("2026-03-09T13:00:00Z") == Outcome::holds);  // 09:00 in summer, since the day before
  CHECK(outcome("2026-03-08T15:00:00Z") == Outcome::fails);  // a Sunday
  std::vector<ConditionResult> results;
  CHECK(office.condition.evaluate(act.action, results) != Outcome::holds);
  CHECK(results[1].field == "time.weekday@America/New_York");
}

}  // namespace
}  // namespace al::policy
