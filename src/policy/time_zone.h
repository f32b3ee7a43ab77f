// Time zones, for policies that speak of office hours. A zone is known by its name in the IANA time zone
// database and follows the rule that holds for it now (POSIX TZ string, RFC 9636, 3.3): policies are about
// the present, so there is no history. time_zone_table.cc holds the rules; tools/make-time-zones.mjs makes
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"

namespace al::policy {

/// One rule and the zones that follow it.
struct ZoneRule {
  std::string_view posix;  // "CET-1CEST,M3.5.0,M10.5.0/3"
  std::string_view names;  // "Europe/Berlin Europe/Paris …"
};
[[nodiscard]] std::span<const ZoneRule> zone_rules();

class TimeZone {
 public:
  /// Nothing for a name that is not in the table; the case of letters counts.
  [[nodiscard]] static std::optional<TimeZone> named(std::string_view name);
  /// Nothing for a rule that is malformed, or of a form that no zone uses (days counted through the year).
  [[nodiscard]] static std::optional<TimeZone> parse(std::string_view posix);
  /// The name that somebody meant who wrote this one, or empty.
  [[nodiscard]] static std::string_view suggest(std::string_view name);

  /// What the zone's clocks show, given as though it were UTC.
  [[nodiscard]] CivilTime civil(Millis wall_ms) const;

 private:
  /// "M3.5.0/2": the 5th (so the last) Sunday of March, two hours after midnight.
  struct Change {
    int month = 1;
    int week = 1;
    int weekday = 0;  // 0 is Sunday
    std::int64_t time_s = 7200;
  };
  friend class ZoneParser;
  /// The local time of a change in a year, as seconds since 1970 as though it were UTC.
  [[nodiscard]] static std::int64_t moment_s(const Change& change, int year);

  std::int64_t standard_s_ = 0;  // east of UTC
  std::int64_t summer_s_ = 0;    // the other one; "summer" is winter in Ireland, where the rule says so
  bool changes_ = false;
  Change to_summer_;
  Change to_standard_;
};

}  // namespace al::policy
