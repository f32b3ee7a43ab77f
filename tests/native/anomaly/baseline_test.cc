#include "anomaly/baseline.h"

#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <string>

#include "base/archive.h"

using namespace al;
using namespace al::anomaly;

namespace {

constexpr Millis hour_ms = 3'600'000;
constexpr Millis start_ms = 1'769'994'000'000;  // 2026-02-02T01:00:00Z, a Monday
constexpr Settings at_once{.calibration_actions = 0, .calibration_hours = 0};

/// The findings of one kind, or of all.
std::vector<Finding> of(const Baseline& baseline, Millis now_ms, Kind kind,
                        const Settings& settings = at_once) {
  std::vector<Finding> out;
  for (const Finding& found : baseline.findings(now_ms, settings)) {
    if (found.kind == kind) out.push_back(found);
  }
  return out;
}

/// An agent that did ten things an hour, nine to five, for two weeks.
Baseline steady(Millis& now_ms) {
  Baseline baseline;
  for (int day = 0; day < 14; ++day) {
    for (int hour = 8; hour < 16; ++hour) {
      for (int i = 0; i < 10; ++i) {
        now_ms = start_ms + (day * 24 + hour) * hour_ms + i * 1000;
        baseline.acted(i % 2 == 0 ? "pr.open" : "pr.merge", 5, false, now_ms);
        REQUIRE(of(baseline, now_ms, Kind::frequency_spike, {}).empty());
      }
    }
  }
  return baseline;
}

}  // namespace

TEST_CASE("anomaly: nothing is found while an agent is calibrating", "[anomaly]") {
  Baseline baseline;
  const Settings settings{.calibration_actions = 50, .calibration_hours = 2};
  for (int i = 0; i < 200; ++i) {
    baseline.acted("t" + std::to_string(i), 5000, true, start_ms + i);
    REQUIRE(baseline.findings(start_ms + i, settings).empty());  // for want of hours
  }
  baseline.acted("new.one", 5000, true, start_ms + 2 * hour_ms);
  CHECK(!baseline.findings(start_ms + 2 * hour_ms, settings).empty());
}

TEST_CASE("anomaly: a spike is reported once, and again when it is worse", "[anomaly]") {
  Millis now_ms = 0;
  Baseline baseline = steady(now_ms);
  const Millis next_ms = start_ms + (14 * 24 + 10) * hour_ms;
  std::vector<std::int64_t> severities;
  for (int i = 1; i <= 120; ++i) {
    baseline.acted("pr.open", 0, false, next_ms + i);
    for (const Finding& found : of(baseline, next_ms + i, Kind::frequency_spike)) {
      CHECK(found.usual == 10);
      CHECK(found.observed == i);
      severities.push_back(found.severity);
      baseline.reported(found.kind, found.severity);
    }
  }
  CHECK(severities == std::vector<std::int64_t>{50, 75, 100});
}

TEST_CASE("anomaly: bulk access, scope escalation and delegation churn", "[anomaly]") {
  Millis now_ms = 0;
  Baseline baseline = steady(now_ms);
  const Millis next_ms = start_ms + (14 * 24 + 10) * hour_ms;
  baseline.acted("pr.open", 999, false, next_ms);
  CHECK(of(baseline, next_ms, Kind::bulk_access).empty());
  baseline.acted("pr.open", 1, false, next_ms);
  REQUIRE(of(baseline, next_ms, Kind::bulk_access).size() == 1);
  CHECK(of(baseline, next_ms, Kind::bulk_access)[0].severity == 100);
}

TEST_CASE("anomaly: what is counted never overflows", "[anomaly]") {
  Baseline baseline;
  for (int i = 0; i < 50; ++i) baseline.acted("a", INT64_MAX, false, start_ms + i * hour_ms);
  CHECK(of(baseline, start_ms + 49 * hour_ms, Kind::bulk_access).empty());
}

TEST_CASE("anomaly: attempts outside the agent's scope", "[anomaly]") {
  Millis now_ms = 0;
  Baseline baseline = steady(now_ms);
  for (int i = 0; i < 3; ++i) baseline.acted("pr.open", 0, true, now_ms);
  CHECK(of(baseline, now_ms, Kind::scope_escalation).empty());  // three times the least
  for (int i = 0; i < 2; ++i) baseline.acted("pr.open", 0, true, now_ms);
  REQUIRE(of(baseline, now_ms, Kind::scope_escalation).size() == 1);
  CHECK(of(baseline, now_ms, Kind::scope_escalation)[0].severity == 50);
}

TEST_CASE("anomaly: many delegations", "[anomaly]") {
  Millis now_ms = 0;
  Baseline baseline = steady(now_ms);
  for (int i = 0; i < 9; ++i) baseline.delegated(now_ms);
  CHECK(baseline.findings(now_ms, {}).empty());
  baseline.delegated(now_ms);
  CHECK(of(baseline, now_ms, Kind::delegation_churn)[0].observed == 10);
}

TEST_CASE("anomaly: an action type that the agent does not use", "[anomaly]") {
  Millis now_ms = 0;
  Baseline baseline = steady(now_ms);
  baseline.acted("pr.close", 0, false, now_ms);
  CHECK(of(baseline, now_ms, Kind::unusual_action_type)[0].severity == 40);
  baseline.acted("pr.close", 0, false, now_ms);
  CHECK(of(baseline, now_ms, Kind::unusual_action_type).empty());
  baseline.acted("db.drop", 0, false, now_ms);
  CHECK(of(baseline, now_ms, Kind::unusual_action_type)[0].severity == 70);
  baseline.delegated(now_ms);  // is no action
  CHECK(of(baseline, now_ms, Kind::unusual_action_type).empty());
  for (std::size_t i = 0; i < 3 * Baseline::types_max; ++i)
    baseline.acted("t" + std::to_string(i), 0, false, ++now_ms);
  baseline.acted("pr.open", 0, false, ++now_ms);  // forgotten meanwhile
  CHECK(of(baseline, now_ms, Kind::unusual_action_type).size() == 1);
}

TEST_CASE("anomaly: hours and weekdays in which the agent does not act", "[anomaly]") {
  Millis now_ms = 0;
  Baseline baseline = steady(now_ms);
  const Millis midnight_ms = start_ms + (14 * 24 + 23) * hour_ms;
  baseline.acted("pr.open", 0, false, midnight_ms);
  const std::vector<Finding> found = of(baseline, midnight_ms, Kind::off_hours);
  REQUIRE(found.size() == 1);
  CHECK(found[0].severity == 60);
  CHECK(found[0].observed == 0);
  CHECK(found[0].usual == 14 * 8 * 10);
}

TEST_CASE("anomaly: names are read back", "[anomaly]") {
  for (std::size_t i = 0; i < kinds; ++i)
    CHECK(parse_kind(text(static_cast<Kind>(i))) == static_cast<Kind>(i));
  CHECK(!parse_kind("odd"));
}

TEST_CASE("anomaly: a baseline with counts that nobody reaches is not read", "[anomaly]") {
  std::string bytes;
  ArchiveWriter writer(bytes);
  Millis now_ms = 0;
  writer(steady(now_ms));
  // Behind the hour stands what was counted in it, and what is usual; see Baseline::archive().
  for (const std::size_t at : {8U, 16U}) {
    for (const std::int64_t count : {std::int64_t{-2}, std::int64_t{7}, std::int64_t{1} << 50}) {
      std::string changed = bytes;
      std::memcpy(changed.data() + at, &count, sizeof count);
      Baseline read;
      ArchiveReader reader(changed);
      reader(read);
      CHECK(reader.complete() == (count == 7));
    }
  }
}
