// What is usual for one agent, and what is not: each agent is measured against its own past, in whole
// numbers, so that every replay and every platform finds the same.
//
//   kind                  what is compared                                       severity
//   frequency_spike       its actions in this hour with those of its usual hour  10 × the ratio
//   bulk_access           the items of data_accessed in this hour, likewise      10 × the ratio
//   scope_escalation      denials outside its or its delegation's capabilities   10 × the ratio
//   delegation_churn      delegations that it created in this hour, likewise     10 × the ratio
//   unusual_action_type   a type that it does not use                            40; new first word: 70
//   off_hours             an hour or weekday (UTC) in which it hardly acts       30; never acts: 60
//
// A usual hour is the moving average of the hours in which it acted at all. While an agent is calibrating
// (its first actions, its first days) nothing is found. A kind is reported once an hour, and again only when
// it gets worse by 25.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/archive.h"
#include "base/time.h"

namespace al::anomaly {

/// Severities of 0 are off.
struct Settings {
  std::int64_t calibration_actions = 200;
  std::int64_t calibration_hours = 168;
  std::int64_t spike_factor = 5;
  std::int64_t open_severity = 0;
  std::int64_t halt_severity = 0;
};

enum class Kind : std::uint8_t {
  frequency_spike,
  bulk_access,
  scope_escalation,
  delegation_churn,
  unusual_action_type,
  off_hours
};
inline constexpr std::size_t kinds = 6;
[[nodiscard]] std::string_view text(Kind kind);
[[nodiscard]] std::optional<Kind> parse_kind(std::string_view name);

struct Finding {
  Kind kind = Kind::frequency_spike;
  std::int64_t severity = 0;  // 1 – 100
  /// Of what is counted by the hour: how many in this hour, and in a usual one. Of an action type: how many
  /// known ones begin with its first word, and how many there are. Of off_hours: how many actions fell into
  /// that hour (with the hours beside it) or weekday, and how many in all.
  std::int64_t observed = 0;
  std::int64_t usual = 0;
  template <typename Archive>
  void archive(Archive& fields) {
    fields(enumeration(kind, Kind::off_hours), severity, observed, usual);
  }
};

class Baseline {
 public:
  /// Types that are remembered; beyond them the one that was used longest ago is forgotten.
  static constexpr std::size_t types_max = 64;

  // The fold. Times never go back.
  void acted(std::string_view action_type, std::int64_t items, bool out_of_scope, Millis now_ms);
  void delegated(Millis now_ms);
  void reported(Kind kind, std::int64_t severity);

  /// What the last thing that was folded in shows, and was not reported yet.
  [[nodiscard]] std::vector<Finding> findings(Millis now_ms, const Settings& settings) const;
  [[nodiscard]] bool calibrating(Millis now_ms, const Settings& settings) const;

  template <typename Archive>
  void archive(Archive& fields) {
    fields(hour_, tallies_, reported_, first_ms_, actions_, types_, hours_, weekdays_, timed_);
    fields(new_type_, rare_hour_, rare_weekday_);
    if constexpr (Archive::reads) {
      if (!counts_are_possible()) fields.fail();
    }
  }

 private:
  /// What is counted by the hour; the order is that of Kind.
  static constexpr std::size_t tallies = 4;
  struct Tally {
    std::int64_t count = 0;      // in this hour
    std::int64_t usual_q8 = -1;  // in a usual one, times 256; -1 before the first has ended
    template <typename Archive>
    void archive(Archive& fields) {
      fields(count, usual_q8);
    }
  };
  struct Type {
    std::string name;
    Millis last_ms = 0;
    template <typename Archive>
    void archive(Archive& fields) {
      fields(name, last_ms);
    }
  };

  [[nodiscard]] bool counts_are_possible() const;
  void begin_hour(Millis now_ms);
  void learn_type(std::string_view action_type, Millis now_ms);
  void learn_time(Millis now_ms);
  [[nodiscard]] std::optional<Finding> spike(std::size_t tally, const Settings& settings) const;

  std::int64_t hour_ = -1;
  std::array<Tally, tallies> tallies_{};
  std::array<std::int64_t, kinds> reported_{};  // the worst of this hour

  Millis first_ms_ = 0;
  std::int64_t actions_ = 0;
  std::vector<Type> types_;
  std::array<std::uint32_t, 24> hours_{};
  std::array<std::uint32_t, 7> weekdays_{};
  std::int64_t timed_ = 0;  // the sum of hours_

  // Of the last action, against what was known before it; severity 0: nothing.
  Finding new_type_;
  Finding rare_hour_;
  Finding rare_weekday_;
};

}  // namespace al::anomaly
