#include "base/time.h"

#include <catch2/catch_test_macros.hpp>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace al {

TEST_CASE("RFC 3339 is read in all its forms", "[base][time]") {
  struct Row {
    std::string_view text;
    Millis wall_ms;
  };
  // The first five are the examples of RFC 3339, section 5.8.
  const std::vector<Row> table{
      {"1985-04-12T23:20:50.52Z", 482'196'050'520},
      {"1996-12-19T16:39:57-08:00", 851'042'397'000},
      {"1990-12-31T23:59:60Z", 662'688'000'000},
      {"1990-12-31T15:59:60-08:00", 662'688'000'000},
      {"1937-01-01T12:00:27.87+00:20", -1'041'337'172'130},
      {"1970-01-01T00:00:00Z", 0},
      {"1969-12-31T23:59:59.999Z", -1},
      {"2000-02-29T00:00:00Z", 951'782'400'000},
      {"2024-02-29T12:00:00+00:00", 1'709'208'000'000},
      {"2024-02-29T12:00:00-00:00", 1'709'208'000'000},
      {"2024-03-01T01:30:00+13:30", 1'709'208'000'000},
      {"2024-02-28T12:01:00-23:59", 1'709'208'000'000},
      {"2026-01-31T12:00:00.123456789Z", 1'769'860'800'123},
      {"2026-01-31t12:00:00.1z", 1'769'860'800'100},
      {"2026-01-31 12:00:00Z", 1'769'860'800'000},
      {"0000-01-01T00:00:00Z", -62'167'219'200'000},
      {"9999-12-31T23:59:59.999Z", 253'402'300'799'999},
  };
  for (const auto& [text, wall_ms] : table) {
    CAPTURE(text);
    CHECK(parse_rfc3339(text) == wall_ms);
  }
}

TEST_CASE("What is no RFC 3339 date-time is refused", "[base][time]") {
  for (const std::string_view text : {"",
                                      "2026",
                                      "2026-01-31",
                                      "2026-01-31T12:00:00",
                                      "2026-01-31T12:00Z",
                                      "2026-1-31T12:00:00Z",
                                      "26-01-31T12:00:00Z",
                                      "2026-00-31T12:00:00Z",
                                      "2026-13-31T12:00:00Z",
                                      "2026-01-00T12:00:00Z",
                                      "2026-01-32T12:00:00Z",
                                      "2026-02-29T12:00:00Z",
                                      "1900-02-29T12:00:00Z",
                                      "2100-02-29T12:00:00Z",
                                      "2024-02-30T12:00:00Z",
                                      "2026-04-31T12:00:00Z",
                                      "2026-01-31T24:00:00Z",
                                      "2026-01-31T12:60:00Z",
                                      "2026-01-31T12:00:61Z",
                                      "2026-01-31T12:00:00.Z",
                                      "2026-01-31T12:00:00,1Z",
                                      "2026-01-31T12:00:00.1234567890Z",
                                      "2026-01-31T12:00:00+24:00",
                                      "2026-01-31T12:00:00+01:60",
                                      "2026-01-31T12:00:00+0100",
                                      "2026-01-31T12:00:00+1:00",
                                      "2026-01-31T12:00:00 Z",
                                      "2026-01-31T12:00:00ZZ",
                                      " 2026-01-31T12:00:00Z",
                                      "2026-01-31T12:00:00Z\n",
                                      "2026/01/31T12:00:00Z",
                                      "2026-01-31_12:00:00Z",
                                      "+2026-01-31T12:00:00Z",
                                      "-026-01-31T12:00:00Z",
                                      "2026-01-31T-1:00:00Z",
                                      "2026-01-31T12:00:00\xe2\x88\x92"
                                      "01:00"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_rfc3339(text));
  }
}

TEST_CASE("Times are written in UTC with milliseconds, and clamped to four-digit years", "[base][time]") {
  CHECK(format_rfc3339(0) == "1970-01-01T00:00:00.000Z");
  CHECK(format_rfc3339(-1) == "1969-12-31T23:59:59.999Z");
  CHECK(format_rfc3339(1'769'860'800'007) == "2026-01-31T12:00:00.007Z");
  CHECK(format_rfc3339(std::numeric_limits<Millis>::min()) == "0000-01-01T00:00:00.000Z");
  CHECK(format_rfc3339(std::numeric_limits<Millis>::max()) == "9999-12-31T23:59:59.999Z");
}

TEST_CASE("Every day of five centuries is read back, in order, with its weekday", "[base][time]") {
  constexpr Millis day_ms = 86'400'000;
  const Millis first = *parse_rfc3339("1599-12-31T13:14:15.016Z");
  int weekday = 5;  // A Friday.
  for (Millis day = 0; day < 365 * 500; ++day) {
    const Millis wall_ms = first + day * day_ms;
    if (parse_rfc3339(format_rfc3339(wall_ms)) != wall_ms) FAIL(format_rfc3339(wall_ms));
    if (civil_utc(wall_ms).iso_weekday != weekday) FAIL("weekday of " << format_rfc3339(wall_ms));
    weekday = weekday % 7 + 1;
  }
}

TEST_CASE("A moment has its civil parts", "[base][time]") {
  const CivilTime t = civil_utc(*parse_rfc3339("2024-02-29T23:05:09.042Z"));
  CHECK(t.year == 2024);
  CHECK(t.month == 2);
  CHECK(t.day == 29);
  CHECK(t.hour == 23);
  CHECK(t.minute == 5);
  CHECK(t.second == 9);
  CHECK(t.millisecond == 42);
  CHECK(t.iso_weekday == 4);
  CHECK(civil_utc(0).iso_weekday == 4);
  CHECK(civil_utc(-86'400'000 * 4).iso_weekday == 7);
}

TEST_CASE("An IMF-fixdate is read strictly (RFC 9110, 5.6.7)", "[base][time]") {
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == 784'111'777'000);
  CHECK(parse_http_date("Thu, 29 Feb 2024 12:00:00 GMT") == 1'709'208'000'000);
  for (const std::string_view text :
       {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT", "Wed, 29 Feb 2023 12:00:00 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT", "unM, 06 Nov 1994 08:49:37 GMT", "Sun, 06 anF 1994 08:49:37 GMT",
        "120"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_http_date(text));
  }
}

}  // namespace al
