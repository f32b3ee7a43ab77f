#include "base/time.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace al {
namespace {

constexpr Millis day_ms = 86'400'000;
constexpr Millis first_ms = -62'167'219'200'000;  // 0000-01-01T00:00:00.000Z
constexpr Millis last_ms = 253'402'300'799'999;   // 9999-12-31T23:59:59.999Z

}  // namespace

// Days since 1970-01-01 of a proleptic Gregorian date, and back: the era arithmetic of Howard Hinnant's
// "chrono-Compatible Low-Level Date Algorithms". std::chrono's calendar would do, but costs the wasm its
// tables.
std::int64_t days_from_civil(int year, int month, int day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

namespace {

void civil_from_days(std::int64_t days, CivilTime& out) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_index = (5 * day_of_year + 2) / 153;
  out.day = static_cast<int>(day_of_year - (153 * month_index + 2) / 5 + 1);
  out.month = static_cast<int>(month_index < 10 ? month_index + 3 : month_index - 9);
  out.year = static_cast<int>(year_of_era + era * 400 + (out.month <= 2 ? 1 : 0));
}

void put_digits(char* at, int value, int width) {
  for (int i = width - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

constexpr int days_in_month(int year, int month) {
  constexpr std::array<int, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : days[static_cast<std::size_t>(month - 1)];
}

/// Consumes text from the front; every read fails softly and stays failed.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  int digits(std::size_t width) {
    if (rest_.size() < width) return fail();
    int value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return fail();
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(width);
    return value;
  }
  void literal(std::string_view expected) {
    if (!rest_.starts_with(expected)) {
      fail();
      return;
    }
    rest_.remove_prefix(expected.size());
  }
  [[nodiscard]] char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  void skip() { rest_.remove_prefix(rest_.empty() ? 0 : 1); }
  /// The index of the one of `names` (three letters each, concatenated) that stands here.
  int name(std::string_view names) {
    const std::size_t at = rest_.size() < 3 ? std::string_view::npos : names.find(rest_.substr(0, 3));
    if (at == std::string_view::npos || at % 3 != 0) return fail();
    rest_.remove_prefix(3);
    return static_cast<int>(at / 3);
  }
  [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  int fail() {
    ok_ = false;
    return 0;
  }
  std::string_view rest_;
  bool ok_ = true;
};

std::optional<Millis> to_wall(const CivilTime& t) {
  if (t.month < 1 || t.month > 12 || t.day < 1 || t.day > days_in_month(t.year, t.month)) return {};
  if (t.hour > 23 || t.minute > 59 || t.second > 60) return {};
  const Millis time_of_day = ((t.hour * 60LL + t.minute) * 60 + t.second) * 1000 + t.millisecond;
  return days_from_civil(t.year, t.month, t.day) * day_ms + time_of_day;
}

}  // namespace

CivilTime civil_utc(Millis wall_ms) {
  const Millis clamped = std::clamp(wall_ms, first_ms, last_ms);
  std::int64_t days = clamped / day_ms;
  Millis rest = clamped % day_ms;
  if (rest < 0) {
    rest += day_ms;
    --days;
  }
  CivilTime t;
  civil_from_days(days, t);
  t.hour = static_cast<int>(rest / 3'600'000);
  t.minute = static_cast<int>(rest / 60'000 % 60);
  t.second = static_cast<int>(rest / 1000 % 60);
  t.millisecond = static_cast<int>(rest % 1000);
  t.iso_weekday = static_cast<int>(((days + 3) % 7 + 7) % 7) + 1;  // 1970-01-01 was a Thursday.
  return t;
}

std::string format_rfc3339(Millis wall_ms) {
  const CivilTime t = civil_utc(wall_ms);
  std::string out = "0000-00-00T00:00:00.000Z";
  put_digits(&out[0], t.year, 4);
  put_digits(&out[5], t.month, 2);
  put_digits(&out[8], t.day, 2);
  put_digits(&out[11], t.hour, 2);
  put_digits(&out[14], t.minute, 2);
  put_digits(&out[17], t.second, 2);
  put_digits(&out[20], t.millisecond, 3);
  return out;
}

std::optional<Millis> parse_rfc3339(std::string_view text) {
  Cursor in(text);
  CivilTime t;
  t.year = in.digits(4);
  in.literal("-");
  t.month = in.digits(2);
  in.literal("-");
  t.day = in.digits(2);
  if (in.peek() != 'T' && in.peek() != 't' && in.peek() != ' ') return {};
  in.skip();
  t.hour = in.digits(2);
  in.literal(":");
  t.minute = in.digits(2);
  in.literal(":");
  t.second = in.digits(2);
  if (in.peek() == '.') {
    in.skip();
    int scale = 100;
    int read = 0;
    while (in.ok() && in.peek() >= '0' && in.peek() <= '9' && read < 9) {
      t.millisecond += in.digits(1) * scale;
      scale /= 10;
      ++read;
    }
    if (read == 0) return {};
  }
  Millis offset_ms = 0;
  const char zone = in.peek();
  in.skip();
  if (zone == '+' || zone == '-') {
    const int hours = in.digits(2);
    in.literal(":");
    const int minutes = in.digits(2);
    if (hours > 23 || minutes > 59) return {};
    offset_ms = (hours * 60LL + minutes) * 60'000 * (zone == '+' ? 1 : -1);
  } else if (zone != 'Z' && zone != 'z') {
    return {};
  }
  const std::optional<Millis> local = to_wall(t);
  if (!in.done() || !local) return {};
  return *local - offset_ms;
}

std::optional<Millis> parse_http_date(std::string_view text) {
  Cursor in(text);
  CivilTime t;
  in.name("SunMonTueWedThuFriSat");
  in.literal(", ");
  t.day = in.digits(2);
  in.literal(" ");
  t.month = in.name("JanFebMarAprMayJunJulAugSepOctNovDec") + 1;
  in.literal(" ");
  t.year = in.digits(4);
  in.literal(" ");
  t.hour = in.digits(2);
  in.literal(":");
  t.minute = in.digits(2);
  in.literal(":");
  t.second = in.digits(2);
  in.literal(" GMT");
  if (!in.done()) return {};
  return to_wall(t);
}

}  // namespace al
