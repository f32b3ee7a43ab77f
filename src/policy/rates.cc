#include "policy/rates.h"

#include <algorithm>

namespace al::policy {

namespace {

constexpr Millis second_ms = 1000;
constexpr Millis minute_ms = 60 * second_ms;
constexpr Millis quarter_ms = 15 * minute_ms;
/// After this, every count of a type has run out.
constexpr Millis rest_ms = 97 * quarter_ms;

}  // namespace

std::optional<RateWindow> RateWindow::parse(std::string_view text) {
  if (text.size() < 2 || text.size() > 3 || text.front() == '0') return {};
  std::int32_t number = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return {};
    number = number * 10 + (c - '0');
  }
  switch (text.back()) {
    case 's':
      if (number > 60) return {};
      return RateWindow{Unit::second, number};
    case 'm':
      if (number > 60) return {};
      if (number == 1) return RateWindow{Unit::second, 60};
      return RateWindow{Unit::minute, number};
    case 'h':
      if (number > 24) return {};
      if (number == 1) return RateWindow{Unit::minute, 60};
      return RateWindow{Unit::quarter, number * 4};
    default:
      return {};
  }
}

std::string RateWindow::text() const {
  switch (unit) {
    case Unit::second:
      return std::to_string(units) + "s";
    case Unit::minute:
      return std::to_string(units) + "m";
    case Unit::quarter:
      break;
  }
  return std::to_string(units / 4) + "h";
}

std::int64_t RateWindow::bucket(Millis wall_ms) const {
  if (unit == Unit::second) return wall_ms / second_ms;
  return wall_ms / (unit == Unit::minute ? minute_ms : quarter_ms);
}

const Rates::Counts* Rates::find(std::string_view action_type) const {
  const Counts* shared = nullptr;
  for (const Counts& each : counts_) {
    if (each.action_type == action_type) return &each;
    if (each.action_type.empty()) shared = &each;
  }
  return shared;
}

Rates::Counts& Rates::slot_for(std::string_view action_type, Millis wall_ms) {
  Counts* rested = nullptr;
  Counts* shared = nullptr;
  for (Counts& each : counts_) {
    if (each.action_type == action_type) return each;
    if (each.action_type.empty()) {
      shared = &each;
    } else if (!rested && wall_ms - each.last_ms >= rest_ms) {
      rested = &each;
    }
  }
  // INVARIANT: while the shared count holds anything, a type that may be in it gets none of its own.
  const bool sharing = shared && wall_ms - shared->last_ms < rest_ms;
  if (sharing) return *shared;
  if (rested) {
    *rested = Counts{.action_type = std::string(action_type)};
    return *rested;
  }
  if (counts_.size() < types_max + (shared ? 1 : 0)) {
    return counts_.emplace_back(Counts{.action_type = std::string(action_type)});
  }
  return shared ? *shared : counts_.emplace_back();
}

void Rates::add(std::string_view action_type, Millis wall_ms) {
  Counts& counts = slot_for(action_type, wall_ms);
  counts.last_ms = wall_ms;
  counts.seconds.add(wall_ms / second_ms);
  counts.minutes.add(wall_ms / minute_ms);
  counts.quarters.add(wall_ms / quarter_ms);
}

std::int64_t Rates::count(std::string_view action_type, const RateWindow& window, Millis now_ms,
                          std::optional<Millis> counted_ms) const {
  const Counts* counts = find(action_type);
  if (!counts) return 0;
  const std::int64_t now = window.bucket(now_ms);
  std::int64_t total = 0;
  switch (window.unit) {
    case RateWindow::Unit::second:
      total = counts->seconds.sum(now, window.units);
      break;
    case RateWindow::Unit::minute:
      total = counts->minutes.sum(now, window.units);
      break;
    case RateWindow::Unit::quarter:
      total = counts->quarters.sum(now, window.units);
      break;
  }
  if (counted_ms && total > 0 && window.bucket(*counted_ms) >= now - window.units) --total;
  return total;
}

}  // namespace al::policy
