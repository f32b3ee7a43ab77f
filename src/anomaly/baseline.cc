#include "anomaly/baseline.h"

#include <algorithm>

namespace al::anomaly {

namespace {

constexpr std::array<std::string_view, kinds> names{"frequency_spike",     "bulk_access",
                                                    "scope_escalation",    "delegation_churn",
                                                    "unusual_action_type", "off_hours"};
/// Fewer than these in an hour are no spike, however quiet the agent was.
constexpr std::array<std::int64_t, 4> spike_minimum{20, 1000, 3, 10};
constexpr Millis hour_ms = 3'600'000;
constexpr Millis week_ms = 7 * 24 * hour_ms;
constexpr std::int64_t severity_max = 100;
constexpr std::int64_t worse_by = 25;
/// An hour weighs an eighth of what was usual before it.
constexpr std::int64_t memory_hours = 8;
/// Keeps the sums small, and lets an agent change its habits.
constexpr std::int64_t timed_max = 65'536;
/// Of any count, so that sums and ratios stay within 64 bits.
constexpr std::int64_t count_max = std::int64_t{1} << 40;

std::string_view first_word(std::string_view action_type) {
  return action_type.substr(0, action_type.find('.'));
}

Finding rare(std::int64_t observed, std::int64_t total) {
  Finding out{.kind = Kind::off_hours, .observed = observed, .usual = total};
  if (observed == 0) {
    out.severity = 60;
  } else if (observed * 100 < total) {
    out.severity = 30;
  }
  return out;
}

}  // namespace

std::string_view text(Kind kind) { return names[static_cast<std::size_t>(kind)]; }

std::optional<Kind> parse_kind(std::string_view name) {
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) return {};
  return static_cast<Kind>(at - names.begin());
}

/// Of what was read from somewhere.
bool Baseline::counts_are_possible() const {
  return std::all_of(tallies_.begin(), tallies_.end(), [](const Tally& tally) {
    return tally.count >= 0 && tally.count <= count_max && tally.usual_q8 >= -1 &&
           tally.usual_q8 <= count_max * 256;
  });
}

void Baseline::begin_hour(Millis now_ms) {
  const std::int64_t hour = now_ms / hour_ms;
  if (hour == hour_) return;
  for (Tally& tally : tallies_) {
    // The hour that ended had something in it, or it would not have begun.
    if (hour_ >= 0) {
      const std::int64_t count_q8 = tally.count * 256;
      tally.usual_q8 =
          tally.usual_q8 < 0 ? count_q8 : tally.usual_q8 + (count_q8 - tally.usual_q8) / memory_hours;
    }
    tally.count = 0;
  }
  reported_.fill(0);
  hour_ = hour;
}

void Baseline::acted(std::string_view action_type, std::int64_t items, bool out_of_scope, Millis now_ms) {
  begin_hour(now_ms);
  if (actions_ == 0) first_ms_ = now_ms;
  ++actions_;
  const auto count = [&](Kind kind, std::int64_t amount) {
    Tally& tally = tallies_[static_cast<std::size_t>(kind)];
    tally.count = std::min(tally.count + std::min(amount, count_max), count_max);
  };
  count(Kind::frequency_spike, 1);
  count(Kind::bulk_access, items);
  if (out_of_scope) count(Kind::scope_escalation, 1);
  learn_type(action_type, now_ms);
  learn_time(now_ms);
}

void Baseline::delegated(Millis now_ms) {
  begin_hour(now_ms);
  Tally& tally = tallies_[static_cast<std::size_t>(Kind::delegation_churn)];
  tally.count = std::min(tally.count + 1, count_max);
  new_type_ = {};
  rare_hour_ = {};
  rare_weekday_ = {};
}

void Baseline::learn_type(std::string_view action_type, Millis now_ms) {
  new_type_ = {};
  const auto known =
      std::find_if(types_.begin(), types_.end(), [&](const Type& each) { return each.name == action_type; });
  if (known != types_.end()) {
    known->last_ms = now_ms;
    return;
  }
  const auto relatives = std::count_if(types_.begin(), types_.end(), [&](const Type& each) {
    return first_word(each.name) == first_word(action_type);
  });
  new_type_ = {.kind = Kind::unusual_action_type,
               .severity = relatives == 0 ? 70 : 40,
               .observed = relatives,
               .usual = static_cast<std::int64_t>(types_.size())};
  if (types_.size() < types_max) {
    types_.push_back({std::string(action_type), now_ms});
    return;
  }
  *std::min_element(types_.begin(), types_.end(), [](const Type& a, const Type& b) {
    return a.last_ms < b.last_ms;
  }) = {std::string(action_type), now_ms};
}

void Baseline::learn_time(Millis now_ms) {
  const CivilTime time = civil_utc(now_ms);
  const auto hour = static_cast<std::size_t>(time.hour);
  const auto weekday = static_cast<std::size_t>(time.iso_weekday - 1);
  rare_hour_ = rare(std::int64_t{hours_[(hour + 23) % 24]} + hours_[hour] + hours_[(hour + 1) % 24], timed_);
  // Before it has seen a week, a weekday says nothing.
  rare_weekday_ = now_ms - first_ms_ < week_ms ? Finding{} : rare(weekdays_[weekday], timed_);
  ++hours_[hour];
  ++weekdays_[weekday];
  if (++timed_ < timed_max) return;
  timed_ = 0;
  for (std::uint32_t& each : hours_) timed_ += each /= 2;
  for (std::uint32_t& each : weekdays_) each /= 2;
}

void Baseline::reported(Kind kind, std::int64_t severity) {
  std::int64_t& worst = reported_[static_cast<std::size_t>(kind)];
  worst = std::max(worst, severity);
}

bool Baseline::calibrating(Millis now_ms, const Settings& settings) const {
  return actions_ <= settings.calibration_actions ||
         now_ms - first_ms_ < settings.calibration_hours * hour_ms;
}

std::optional<Finding> Baseline::spike(std::size_t tally, const Settings& settings) const {
  const std::int64_t count = tallies_[tally].count;
  // Less than one an hour is taken for one.
  const std::int64_t usual_q8 = std::max<std::int64_t>(tallies_[tally].usual_q8, 256);
  if (count < spike_minimum[tally] || count * 256 < settings.spike_factor * usual_q8) return {};
  return Finding{.kind = static_cast<Kind>(tally),
                 .severity = std::min(10 * count * 256 / usual_q8, severity_max),
                 .observed = count,
                 .usual = std::max<std::int64_t>(tallies_[tally].usual_q8, 0) / 256};
}

std::vector<Finding> Baseline::findings(Millis now_ms, const Settings& settings) const {
  std::vector<Finding> out;
  if (calibrating(now_ms, settings)) return out;
  const auto add = [&](const Finding& found) {
    const std::int64_t worst = reported_[static_cast<std::size_t>(found.kind)];
    const bool worse = worst == 0 || found.severity >= worst + worse_by;
    if (found.severity > 0 && worse) out.push_back(found);
  };
  for (std::size_t tally = 0; tally < tallies; ++tally) {
    if (const std::optional<Finding> found = spike(tally, settings)) add(*found);
  }
  add(new_type_);
  add(rare_hour_.severity >= rare_weekday_.severity ? rare_hour_ : rare_weekday_);
  return out;
}

}  // namespace al::anomaly
