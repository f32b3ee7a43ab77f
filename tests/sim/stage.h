// What everything in a simulated world shares: one time line, one source of chance, one trace, one tally.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <queue>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/entropy.h"
#include "base/time.h"
#include "statistics.h"
#include "transport/clock.h"

namespace al::sim {

/// An invariant does not hold. Thrown through whatever is on the stack: the world ends with it.
struct Broken {
  std::string invariant;
};
inline void require(bool holds, const char* invariant) {
  if (!holds) throw Broken{invariant};
}
inline void require(bool holds, const char* invariant, const std::string& about) {
  if (!holds) throw Broken{std::string(invariant) + ": " + about};
}

/// The only clock and the only order of events: by time, then by who asked first.
class Timeline {
 public:
  using Event = std::function<void()>;

  void at(Millis when_ms, Event event) {
    queue_.push({std::max(when_ms, now_ms_), ++order_, std::move(event)});
  }
  void in(Millis delay_ms, Event event) { at(now_ms_ + delay_ms, std::move(event)); }
  [[nodiscard]] Millis now_ms() const { return now_ms_; }
  [[nodiscard]] bool empty() const { return queue_.empty(); }
  [[nodiscard]] Millis next_ms() const { return queue_.top().when_ms; }
  void step() {
    // The queue shows its top as const; what is moved out is popped at once.
    Entry next = std::move(const_cast<Entry&>(queue_.top()));
    queue_.pop();
    events_now_ = next.when_ms == now_ms_ ? events_now_ + 1 : 0;
    require(events_now_ < events_at_once_max, "nobody is woken again and again for nothing");
    now_ms_ = next.when_ms;
    next.event();
  }

 private:
  struct Entry {
    Millis when_ms;
    std::uint64_t order;
    Event event;
    bool operator<(const Entry& other) const {
      return when_ms != other.when_ms ? when_ms > other.when_ms : order > other.order;
    }
  };
  std::priority_queue<Entry> queue_;
  static constexpr int events_at_once_max = 10'000;
  Millis now_ms_ = 0;
  int events_now_ = 0;
  std::uint64_t order_ = 0;
};

/// Everything that is left to chance.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : entropy_(Entropy::from_number(seed)) {}

  [[nodiscard]] bool percent(unsigned of_hundred) { return entropy_.below(100) < of_hundred; }
  [[nodiscard]] bool permille(unsigned of_thousand) { return entropy_.below(1000) < of_thousand; }
  /// Both ends included.
  [[nodiscard]] std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(entropy_.below(static_cast<std::uint64_t>(high - low) + 1));
  }
  [[nodiscard]] std::size_t index(std::size_t size) { return static_cast<std::size_t>(entropy_.below(size)); }
  template <typename List>
  [[nodiscard]] auto& pick(List& list) {
    return list[index(list.size())];
  }
  [[nodiscard]] Entropy fork() {
    Digest seed;
    entropy_.fill(seed);
    return Entropy(seed);
  }
  [[nodiscard]] std::string id(std::string_view prefix) {
    return std::string(prefix) + to_number(entropy_.next_u64());
  }

 private:
  static std::string to_number(std::uint64_t number) { return std::to_string(number); }
  Entropy entropy_;
};

/// What happened, line by line; costs nothing unless somebody wants to read it.
class Trace {
 public:
  enum class Kind : std::uint8_t { off, kept, printed } kind = Kind::off;
  std::vector<std::string> lines;  // where they are kept

  template <typename... Parts>
  void say(const Timeline& timeline, const Parts&... parts) {
    if (kind == Kind::off) return;
    std::ostringstream line;
    const Millis now = timeline.now_ms();
    line << now / 1000 << '.' << (now % 1000) / 100 << (now % 100) / 10 << now % 10 << "  ";
    (line << ... << parts);
    if (kind == Kind::kept) {
      lines.push_back(std::move(line).str());
    } else {
      std::puts(line.str().c_str());  // At once: what comes next may end the process.
    }
  }
};

struct Stage {
  explicit Stage(std::uint64_t seed) : chance(seed) {}

  Timeline timeline;
  Chance chance;
  Trace trace;
  Statistics statistics;
  /// Whether anything may go wrong, and anybody begins anything new. Off at the end.
  bool faults = true;
  /// Of everything that applications were told: two runs of a seed must agree in it.
  std::uint64_t fingerprint = 14695981039346656037U;

  template <typename... Parts>
  void say(const Parts&... parts) {
    trace.say(timeline, parts...);
  }
  void count(Count what) { statistics.add(what); }
  void mix(std::string_view text) {
    for (const char c : text) fingerprint = (fingerprint ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
};

/// The clocks of one machine. The steady one has an origin of its own; the wall clock may be set.
class MachineClock final : public transport::Clock {
 public:
  MachineClock(const Timeline& timeline, Millis steady_origin_ms, Millis wall_skew_ms)
      : timeline_(timeline), steady_origin_ms_(steady_origin_ms), wall_skew_ms_(wall_skew_ms) {}

  Now now() override {
    return {.steady_ms = steady_origin_ms_ + timeline_.now_ms(),
            .wall_ms = wall_origin_ms + timeline_.now_ms() + wall_skew_ms_};
  }
  void set_wall(Millis by_ms) { wall_skew_ms_ += by_ms; }
  /// When, on the time line, the steady clock shows `steady_ms`.
  [[nodiscard]] Millis on_timeline(Millis steady_ms) const { return steady_ms - steady_origin_ms_; }

 private:
  static constexpr Millis wall_origin_ms = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
  const Timeline& timeline_;
  Millis steady_origin_ms_;
  Millis wall_skew_ms_;
};

/// Timers are never early, and seldom on time.
inline constexpr Millis timer_lateness_ms_max = 20;

}  // namespace al::sim
