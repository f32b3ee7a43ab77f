#include "posture/posture.h"

#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <vector>

using namespace al;
using namespace al::posture;

namespace {

constexpr Millis now_ms = window_ms * 2;

Activity activity(int approved, int refused, int pending = 0) {
  Activity out;
  int number = 0;
  const auto add = [&](int count, Standing standing) {
    for (int i = 0; i < count; ++i)
      out.add("evt-" + std::to_string(number++), now_ms, "agt-1", "read", standing);
  };
  add(approved, Standing::approved);
  add(refused, Standing::refused);
  add(pending, Standing::pending);
  return out;
}

Activity with_anomalies(Activity activity, int anomalies) {
  for (int i = 0; i < anomalies; ++i) activity.add_anomaly(now_ms, "agt-1", 1000 + static_cast<unsigned>(i));
  return activity;
}

Question question(Integrity integrity = Integrity::valid_signed) {
  return {.now_ms = now_ms,
          .agent_id = {},
          .integrity = integrity,
          .covered = [](std::string_view type, std::string_view) { return type.starts_with("read"); }};
}

std::int64_t component(const Score& score, std::string_view name) {
  for (const Component& each : score.components) {
    if (each.name == name) return each.score;
  }
  return -1;
}

}  // namespace

TEST_CASE("posture: the approval rate is rounded half up", "[posture]") {
  struct Row {
    int approved, refused;
    std::int64_t score;
  };
  // 25 · a ÷ (a + r): 12.5, 8.33, 16.67, 6.25, 18.75, 0.5, 0.49…
  for (const Row& row : {Row{1, 1, 13}, Row{1, 2, 8}, Row{2, 1, 17}, Row{1, 3, 6}, Row{3, 1, 19},
                         Row{1, 49, 1}, Row{1, 50, 0}, Row{0, 3, 0}, Row{3, 0, 25}, Row{0, 0, 25}}) {
    INFO(row.approved << " of " << row.approved + row.refused);
    CHECK(component(measure(activity(row.approved, row.refused), question()), "approval_rate") == row.score);
  }
}

TEST_CASE("posture: what is pending counts once it is settled", "[posture]") {
  Activity some = activity(1, 0, 2);
  CHECK(component(measure(some, question()), "approval_rate") == 25);
  some.settle("evt-1", false);
  CHECK(component(measure(some, question()), "approval_rate") == 13);
  some.settle("evt-1", true);  // Settled once.
  CHECK(component(measure(some, question()), "approval_rate") == 13);
  some.settle("evt-2", true);
  CHECK(component(measure(some, question()), "approval_rate") == 17);
}

TEST_CASE("posture: anomalies per 100 actions", "[posture]") {
  CHECK(component(measure(with_anomalies(activity(100, 0), 0), question()), "anomaly_frequency") == 25);
  CHECK(component(measure(with_anomalies(activity(100, 0), 1), question()), "anomaly_frequency") ==
        23);  // 22.5
  CHECK(component(measure(with_anomalies(activity(100, 0), 5), question()), "anomaly_frequency") ==
        13);  // 12.5
  CHECK(component(measure(with_anomalies(activity(100, 0), 10), question()), "anomaly_frequency") == 0);
  CHECK(component(measure(with_anomalies(activity(100, 0), 11), question()), "anomaly_frequency") == 0);
  CHECK(component(measure(with_anomalies(activity(0, 0), 0), question()), "anomaly_frequency") == 25);
  CHECK(component(measure(with_anomalies(activity(0, 0), 1), question()), "anomaly_frequency") == 0);
}

TEST_CASE("posture: integrity", "[posture]") {
  CHECK(component(measure({}, question(Integrity::valid_signed)), "chain_integrity") == 25);
  CHECK(component(measure({}, question(Integrity::valid_unsigned)), "chain_integrity") == 15);
  CHECK(component(measure({}, question(Integrity::broken)), "chain_integrity") == 0);
  CHECK(measure({}, question()).total == 100);
}

TEST_CASE("posture: coverage counts action types, for each agent that used them", "[posture]") {
  Activity some;
  some.add("1", now_ms, "agt-1", "read.a", Standing::approved);
  some.add("2", now_ms, "agt-1", "read.a", Standing::approved);
  some.add("3", now_ms, "agt-1", "drop", Standing::refused);
  some.add("4", now_ms, "agt-2", "read.b", Standing::refused);
  CHECK(component(measure(some, question()), "policy_coverage") == 17);  // 2 of 3
  Question picky = question();
  picky.covered = [](std::string_view type, std::string_view agent) {
    return type == "read.a" && agent == "agt-1";
  };
  some.add("5", now_ms, "agt-2", "read.a", Standing::refused);
  CHECK(component(measure(some, picky), "policy_coverage") == 0);  // For agt-2 nothing names read.a.
  picky.agent_id = "agt-1";
  CHECK(component(measure(some, picky), "policy_coverage") == 13);
  picky.agent_id = "agt-3";
  CHECK(measure(some, picky).total == 100);
}

TEST_CASE("posture: only the last 30 days count, to the hour", "[posture]") {
  Activity some;
  some.add("1", now_ms - window_ms - 1, "agt-1", "drop", Standing::refused);
  CHECK(component(measure(some, question()), "approval_rate") == 25);
  some.add("2", now_ms - window_ms, "agt-1", "drop", Standing::refused);
  CHECK(component(measure(some, question()), "approval_rate") == 0);
  Question later = question();
  later.now_ms += hour_ms - 1;
  CHECK(component(measure(some, later), "approval_rate") == 0);
  later.now_ms += 1;
  CHECK(component(measure(some, later), "approval_rate") == 25);
}

TEST_CASE("posture: what no score looks back on is forgotten, and nothing else", "[posture]") {
  Activity some;
  some.add("1", now_ms - window_ms - 1, "agt-1", "read", Standing::pending);
  some.add("2", now_ms - window_ms, "agt-1", "read", Standing::pending);
  some.forget(now_ms);
  CHECK(some.tallies().size() == 1);
  some.settle("1", false);
  CHECK(component(measure(some, question()), "approval_rate") == 25);
  some.settle("2", false);
  CHECK(component(measure(some, question()), "approval_rate") == 0);
}

TEST_CASE("posture: an hour takes the same room, whatever happens in it", "[posture]") {
  Activity some;
  for (std::uint64_t row_id = 0; row_id < 10'000; ++row_id)
    some.add("x", now_ms, "agt-1", row_id % 2 == 0 ? "read" : "drop", Standing::refused, row_id);
  CHECK(some.tallies().size() == 2);
  CHECK(some.tallies().begin()->second.settled_rows.against.size() == Evidence::against_max);
  CHECK(measure(some, question()).components[1].whole == 10'000);
}

TEST_CASE("posture: however many types an agent asks for, an hour has room for some", "[posture]") {
  Activity some;
  std::optional<Activity::Before> before;
  for (std::uint64_t row_id = 0; row_id < 1000; ++row_id) {
    some.add("x", now_ms, "agt-1", "t" + std::to_string(row_id), Standing::refused, row_id,
             row_id == 999 ? &before : nullptr);
  }
  some.add("y", now_ms, "agt-2", "t5", Standing::approved, 1000);
  CHECK(some.tallies().size() == Activity::types_max + 2);
  CHECK(some.names() == Activity::types_max + 3);  // two agents, and one name for all others
  CHECK(measure(some, question()).components[1].whole == 1001);
  some.restore(before.value());
  CHECK(measure(some, question()).components[1].whole == 1000);
  some.add("x", now_ms, "agt-1", "t7", Standing::refused, 999);  // One that it has counts where it did.
  CHECK(some.tallies().size() == Activity::types_max + 2);

  // A change that is taken back leaves no name, nor does an hour that is forgotten.
  some.add("z", now_ms, "agt-3", "new", Standing::approved, 1001, &before);
  some.restore(before.value());
  CHECK(some.names() == Activity::types_max + 3);
  some.add("z", now_ms + window_ms, "agt-4", "t5", Standing::approved, 1002);
  some.forget(now_ms + window_ms + hour_ms);
  CHECK(some.names() == 2);
  CHECK(some.name(some.tallies().begin()->first.agent) == "agt-4");
}

TEST_CASE("posture: changes are taken back, the latest first", "[posture]") {
  Activity some;
  std::vector<std::optional<Activity::Before>> before(5);
  some.add("1", now_ms, "agt-1", "read", Standing::pending, 1);
  some.add("2", now_ms, "agt-1", "read", Standing::refused, 2, &before[0]);
  some.settle("1", true, &before[1]);
  some.add_anomaly(now_ms, "agt-1", 4, &before[2]);
  some.add("5", now_ms, "agt-2", "read", Standing::pending, 5, &before[3]);
  some.settle("nothing of the kind", true, &before[4]);
  CHECK(!before[4]);
  const Score after = measure(some, question());
  CHECK(component(after, "anomaly_frequency") == 0);
  for (std::size_t i = 4; i-- > 0;) some.restore(before[i].value());
  CHECK(some.tallies().size() == 1);
  const Score again = measure(some, question());
  CHECK(again.components[1].whole == 0);
  CHECK(again.components[2].whole == 1);
  some.settle("5", true);
  CHECK(measure(some, question()).components[1].whole == 0);  // "5" never was.
  some.settle("1", false);
  CHECK(component(measure(some, question()), "approval_rate") == 0);
}

TEST_CASE("posture: each component says which rows it rests on", "[posture]") {
  Activity some;
  some.add("1", now_ms, "agt-1", "read.a", Standing::approved, 3);
  some.add("2", now_ms, "agt-1", "drop", Standing::refused, 5);
  some.add("3", now_ms, "agt-1", "drop", Standing::refused, 7);
  some.add("4", now_ms, "agt-2", "read.b", Standing::pending, 8);
  some.add_anomaly(now_ms, "agt-1", 6);
  Question asked = question();
  asked.rows = 9;
  const auto rows = [&](std::size_t index) { return measure(some, asked).components[index].evidence; };
  CHECK(rows(0).first_row == 3);
  CHECK(rows(0).last_row == 8);
  CHECK(rows(0).against == std::vector<std::uint64_t>{7});  // the last that used what no policy names
  CHECK(rows(1).last_row == 7);
  CHECK(rows(1).against == std::vector<std::uint64_t>{7, 5});
  CHECK(rows(2).against == std::vector<std::uint64_t>{6});
  CHECK(rows(3).first_row == 0);
  CHECK(rows(3).last_row == 8);
  asked.agent_id = "agt-2";
  CHECK(rows(2).against.empty());
  CHECK(!rows(2).first_row);
  for (std::uint64_t row_id = 10; row_id < 100; ++row_id)
    some.add("x", now_ms, "agt-2", "drop", Standing::refused, row_id);
  CHECK(rows(1).against.size() == Evidence::against_max);
  CHECK(rows(1).against.front() == 99);
}

TEST_CASE("posture: counts that so many rows cannot have come to are known", "[posture]") {
  Activity three = activity(2, 1);
  CHECK(three.is_of(3));
  CHECK_FALSE(three.is_of(2));
  CHECK(with_anomalies(Activity(), 3).is_of(3));
  CHECK_FALSE(with_anomalies(Activity(), 3).is_of(2));
  const Evidence some{.first_row = 0, .last_row = 4, .against = {}};
  CHECK(Tally{.actions = 3, .settled = 2, .approved = 1, .asked_rows = some}.is_of(3));
  CHECK_FALSE(Tally{.actions = 3, .settled = 4, .asked_rows = some}.is_of(9));
  CHECK_FALSE(Tally{.actions = 3, .settled = 2, .approved = 3, .asked_rows = some}.is_of(9));
  CHECK_FALSE(Tally{.actions = 3, .settled = -1, .asked_rows = some}.is_of(9));
  CHECK_FALSE(Tally{.anomalies = -1}.is_of(9));
  CHECK_FALSE(Tally{.actions = 3}.is_of(9));  // Of no row.
}
