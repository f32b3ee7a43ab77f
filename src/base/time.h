// Time is an argument everywhere in the kernel; these are its units.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace al {

/// Milliseconds: a length of time, or a point on one of the two clocks below.
using Millis = std::int64_t;

/// What both clocks of the host say at one moment.
struct Now {
  /// Monotonic clock of unknown origin: for waits, deadlines and back-off. Never jumps.
  Millis steady_ms = 0;
  /// Unix time: for what people and other machines read. May jump.
  Millis wall_ms = 0;
};

/// RFC 3339 in UTC with milliseconds, "2026-01-31T12:00:00.000Z". Years 0000–9999; other times are clamped.
[[nodiscard]] std::string format_rfc3339(Millis wall_ms);

/// Reads an RFC 3339 date-time (any offset, up to nanoseconds, truncated to milliseconds); nothing when
/// malformed.
[[nodiscard]] std::optional<Millis> parse_rfc3339(std::string_view text);

/// Reads an IMF-fixdate (RFC 9110, 5.6.7), "Sun, 06 Nov 1994 08:49:37 GMT"; nothing when malformed.
[[nodiscard]] std::optional<Millis> parse_http_date(std::string_view text);

/// Hour 0–23 and ISO weekday 1 (Monday) – 7 (Sunday) of a moment, in UTC.
struct CivilTime {
  int year = 1970;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int millisecond = 0;
  int iso_weekday = 4;
};
[[nodiscard]] CivilTime civil_utc(Millis wall_ms);

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar.
[[nodiscard]] std::int64_t days_from_civil(int year, int month, int day);

}  // namespace al
