#include "policy/time_zone.h"

#include <algorithm>
#include <vector>

#include "base/json_reader.h"

namespace al::policy {

namespace {

constexpr std::int64_t day_s = 86'400;

std::vector<std::string_view> split(std::string_view names) {
  std::vector<std::string_view> out;
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(' '), names.size());
    out.push_back(names.substr(0, end));
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return out;
}

}  // namespace

/// Reads "CET-1CEST,M3.5.0,M10.5.0/3". Every read fails softly and stays failed.
class ZoneParser {
 public:
  explicit ZoneParser(std::string_view text) : rest_(text) {}

  std::optional<TimeZone> parse() {
    TimeZone zone;
    skip_designation();
    zone.standard_s_ = -duration();  // POSIX counts west of Greenwich.
    if (ok_ && !rest_.empty()) {
      zone.changes_ = true;
      skip_designation();
      zone.summer_s_ = peek() == ',' ? zone.standard_s_ + 3600 : -duration();
      zone.to_summer_ = change();
      zone.to_standard_ = change();
    }
    if (!ok_ || !rest_.empty()) return {};
    return zone;
  }

 private:
  [[nodiscard]] char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool take(char expected) {
    if (peek() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void must(bool condition) { ok_ = ok_ && condition; }

  /// "CET" or "<+0330>".
  void skip_designation() {
    std::size_t length = 0;
    if (peek() == '<') {
      length = rest_.find('>') + 1;  // 0 where there is none
    } else {
      const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
      while (length < rest_.size() && is_letter(rest_[length])) ++length;
    }
    must(length >= 3);
    rest_.remove_prefix(std::min(length, rest_.size()));
  }

  std::int64_t number(std::int64_t max) {
    std::int64_t value = 0;
    std::size_t length = 0;
    for (; length < rest_.size() && length < 3 && rest_[length] >= '0' && rest_[length] <= '9'; ++length) {
      value = value * 10 + (rest_[length] - '0');
    }
    must(length > 0 && value <= max);
    rest_.remove_prefix(length);
    return value;
  }

  /// "-1", "5:30", "167:00:00", in seconds.
  std::int64_t duration() {
    const bool negative = take('-');
    if (!negative) take('+');
    std::int64_t seconds = number(167) * 3600;
    if (take(':')) seconds += number(59) * 60;
    if (take(':')) seconds += number(59);
    return negative ? -seconds : seconds;
  }

  /// ",M3.5.0/2"
  TimeZone::Change change() {
    TimeZone::Change out;
    must(take(',') && take('M'));
    out.month = static_cast<int>(number(12));
    must(take('.'));
    out.week = static_cast<int>(number(5));
    must(take('.'));
    out.weekday = static_cast<int>(number(6));
    if (take('/')) out.time_s = duration();
    must(out.month >= 1 && out.week >= 1);
    return out;
  }

  std::string_view rest_;
  bool ok_ = true;
};

std::optional<TimeZone> TimeZone::parse(std::string_view posix) { return ZoneParser(posix).parse(); }

std::optional<TimeZone> TimeZone::named(std::string_view name) {
  if (name.empty() || name.find(' ') != std::string_view::npos) return {};
  for (const ZoneRule& rule : zone_rules()) {
    std::size_t at = rule.names.find(name);
    while (at != std::string_view::npos) {
      const std::size_t end = at + name.size();
      const bool whole =
          (at == 0 || rule.names[at - 1] == ' ') && (end == rule.names.size() || rule.names[end] == ' ');
      if (whole) return parse(rule.posix);
      at = rule.names.find(name, at + 1);
    }
  }
  return {};
}

std::string_view TimeZone::suggest(std::string_view name) {
  std::vector<std::string_view> known;
  for (const ZoneRule& rule : zone_rules()) {
    for (const std::string_view each : split(rule.names)) {
      // "Berlin" is enough of "Europe/Berlin".
      const std::size_t slash = each.rfind('/');
      if (slash != std::string_view::npos && each.substr(slash + 1) == name) return each;
      known.push_back(each);
    }
  }
  return json::closest(name, known);
}

std::int64_t TimeZone::moment_s(const Change& change, int year) {
  const std::int64_t first = days_from_civil(year, change.month, 1);
  const std::int64_t next =
      change.month == 12 ? days_from_civil(year + 1, 1, 1) : days_from_civil(year, change.month + 1, 1);
  const auto weekday_of_first = static_cast<int>(((first + 4) % 7 + 7) % 7);  // 1970-01-01 was a Thursday.
  std::int64_t day = first + (change.weekday - weekday_of_first + 7) % 7 + 7LL * (change.week - 1);
  while (day >= next) day -= 7;
  return day * day_s + change.time_s;
}

CivilTime TimeZone::civil(Millis wall_ms) const {
  std::int64_t offset_s = standard_s_;
  if (changes_) {
    const int year = civil_utc(wall_ms + standard_s_ * 1000).year;
    // Each change is given in the time that holds until then.
    const Millis begin_ms = (moment_s(to_summer_, year) - standard_s_) * 1000;
    const Millis end_ms = (moment_s(to_standard_, year) - summer_s_) * 1000;
    const bool summer =
        begin_ms < end_ms ? wall_ms >= begin_ms && wall_ms < end_ms : wall_ms >= begin_ms || wall_ms < end_ms;
    if (summer) offset_s = summer_s_;
  }
  return civil_utc(wall_ms + offset_s * 1000);
}

}  // namespace al::policy
