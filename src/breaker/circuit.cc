#include "breaker/circuit.h"

#include <algorithm>
#include <array>

namespace al::breaker {

namespace {

constexpr std::array<std::string_view, 3> state_names{"closed", "open", "half_open"};
constexpr std::array<std::string_view, 8> reason_names{"failures",     "denials",        "velocity",
                                                       "anomaly",      "cooled_down",    "probe_failed",
                                                       "probe_silent", "probe_succeeded"};

template <typename Enum, std::size_t Size>
std::optional<Enum> parse(const std::array<std::string_view, Size>& names, std::string_view name) {
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) return {};
  return static_cast<Enum>(at - names.begin());
}

/// `openings` is how often it opened, this time included.
Millis cool_down_ms(std::int64_t openings, const Settings& settings) {
  std::int64_t seconds = settings.cool_down_seconds;
  for (std::int64_t i = 1; i < openings && seconds < settings.cool_down_max_seconds; ++i) seconds *= 2;
  return std::min(seconds, settings.cool_down_max_seconds) * 1000;
}

bool trips(Reason reason) { return reason <= Reason::anomaly; }

bool reaches(std::int64_t part, std::int64_t whole, std::int64_t percent, std::int64_t minimum) {
  return percent > 0 && whole >= minimum && part * 100 >= percent * whole;
}

}  // namespace

std::string_view text(State state) { return state_names[static_cast<std::size_t>(state)]; }
std::string_view text(Reason reason) { return reason_names[static_cast<std::size_t>(reason)]; }
std::optional<State> parse_state(std::string_view name) { return parse<State>(state_names, name); }
std::optional<Reason> parse_reason(std::string_view name) { return parse<Reason>(reason_names, name); }

void Circuit::use_widths(const Settings& settings) {
  const Millis width_ms = settings.window_seconds * 1000 / buckets;
  const Millis velocity_width_ms = settings.velocity_window_seconds * 1000 / buckets;
  if (width_ms != width_ms_) {
    for (Window* window : {&decided_, &denied_, &reported_, &failed_}) window->clear();
  }
  if (velocity_width_ms != velocity_width_ms_) velocity_.clear();
  width_ms_ = width_ms;
  velocity_width_ms_ = velocity_width_ms;
}

void Circuit::decided(Decided what, bool counts, const std::string& audit_event_id, Millis now_ms,
                      const Settings& settings) {
  if (state_ == State::closed && counts) {
    use_widths(settings);
    velocity_.add(now_ms / velocity_width_ms_);
    decided_.add(now_ms / width_ms_);
    if (what == Decided::denied) denied_.add(now_ms / width_ms_);
  }
  if (state_ != State::half_open || what == Decided::requested) return;
  if (what == Decided::denied) {
    verdict_ = Verdict::failed;
    return;
  }
  ++probes_;
  if (cause_ != Reason::failures) {
    if (verdict_ == Verdict::none) verdict_ = Verdict::succeeded;
    return;
  }
  silent_.push_back(audit_event_id);
  // Another probe does not lend the first more time.
  if (until_ms_ == 0) until_ms_ = now_ms + settings.probe_seconds * 1000;
}

void Circuit::reported(std::string_view audit_event_id, bool failed, Millis now_ms,
                       const Settings& settings) {
  if (state_ == State::closed) {
    use_widths(settings);
    reported_.add(now_ms / width_ms_);
    if (failed) failed_.add(now_ms / width_ms_);
    return;
  }
  if (state_ != State::half_open || std::erase(silent_, audit_event_id) == 0) return;
  if (verdict_ == Verdict::none) verdict_ = failed ? Verdict::failed : Verdict::succeeded;
}

bool Circuit::apply(const Change& change) {
  if (change.from != state_) return false;
  const bool possible =
      (change.from == State::closed && change.to == State::open && trips(change.reason)) ||
      (change.from == State::open && change.to == State::half_open && change.reason == Reason::cooled_down) ||
      (change.from == State::half_open && change.to == State::open &&
       (change.reason == Reason::probe_failed || change.reason == Reason::probe_silent)) ||
      (change.from == State::half_open && change.to == State::closed &&
       change.reason == Reason::probe_succeeded);
  if (!possible) return false;
  if (change.to == State::closed) {
    resume();
    return true;
  }
  state_ = change.to;
  verdict_ = Verdict::none;
  probes_ = 0;
  silent_.clear();
  until_ms_ = change.to == State::open ? change.until_ms : 0;
  if (change.from == State::closed) cause_ = change.reason;
  if (change.to == State::open) ++openings_;
  return true;
}

void Circuit::resume() { *this = Circuit(); }

bool Circuit::lets_through(Millis now_ms, const Settings& settings) const {
  if (const std::optional<Change> change = due(now_ms, settings)) return change->to != State::open;
  if (state_ == State::half_open) return probes_ < settings.probes_max;
  return state_ == State::closed;
}

std::optional<Change> Circuit::trip(Reason reason, std::int64_t observed, std::int64_t limit, Millis now_ms,
                                    const Settings& settings) const {
  if (state_ == State::half_open) return open_again(Reason::probe_failed, now_ms, settings);
  if (state_ != State::closed) return {};
  return Change{.from = State::closed,
                .to = State::open,
                .reason = reason,
                .until_ms = now_ms + cool_down_ms(1, settings),
                .observed = observed,
                .limit = limit};
}

std::optional<Change> Circuit::tripped(Millis now_ms, const Settings& settings) const {
  if (velocity_width_ms_ == settings.velocity_window_seconds * 1000 / buckets && settings.velocity_max > 0) {
    const std::int64_t asked = velocity_.sum(now_ms / velocity_width_ms_, buckets);
    if (asked > settings.velocity_max)
      return trip(Reason::velocity, asked, settings.velocity_max, now_ms, settings);
  }
  // After a change of the settings there is nothing to go by until the next action.
  if (width_ms_ != settings.window_seconds * 1000 / buckets) return {};
  const auto in_window = [&](const Window& window) { return window.sum(now_ms / width_ms_, buckets); };
  if (settings.failure_percent > 0) {
    const std::int64_t part = in_window(failed_);
    const std::int64_t whole = in_window(reported_);
    if (reaches(part, whole, settings.failure_percent, settings.minimum_count))
      return trip(Reason::failures, part, whole, now_ms, settings);
  }
  if (settings.denial_percent > 0) {
    const std::int64_t part = in_window(denied_);
    const std::int64_t whole = in_window(decided_);
    if (reaches(part, whole, settings.denial_percent, settings.minimum_count))
      return trip(Reason::denials, part, whole, now_ms, settings);
  }
  return {};
}

Change Circuit::open_again(Reason reason, Millis now_ms, const Settings& settings) const {
  return {.from = State::half_open,
          .to = State::open,
          .reason = reason,
          .until_ms = now_ms + cool_down_ms(openings_ + 1, settings)};
}

std::optional<Change> Circuit::due(Millis now_ms, const Settings& settings) const {
  switch (state_) {
    case State::closed:
      return tripped(now_ms, settings);
    case State::open:
      if (now_ms < until_ms_) return {};
      return Change{.from = State::open, .to = State::half_open, .reason = Reason::cooled_down};
    case State::half_open:
      break;
  }
  if (verdict_ == Verdict::failed) return open_again(Reason::probe_failed, now_ms, settings);
  if (verdict_ == Verdict::succeeded) {
    return Change{.from = State::half_open, .to = State::closed, .reason = Reason::probe_succeeded};
  }
  if (until_ms_ != 0 && now_ms >= until_ms_) return open_again(Reason::probe_silent, now_ms, settings);
  return {};
}

std::optional<Millis> Circuit::deadline() const {
  if (state_ == State::closed || until_ms_ == 0) return {};
  return until_ms_;
}

}  // namespace al::breaker
