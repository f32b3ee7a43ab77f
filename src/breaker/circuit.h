// The circuit breaker of one agent: stops it when it fails, is denied or acts too often, and tries it again
// later.
//
//             a rate passes its limit                 the cool-down is over
//   closed ───────────────────────────▶ open ───────────────────────────▶ half_open ──┐
//     ▲                                  ▲                                   │        │
//     │                                  └── a probe failed, or was silent ──┘        │ a probe succeeded
//     └────────────────────────────────────────────────────────────────────────────────┘
//
// Rules
//  1. Closed lets everything through and counts. Open lets nothing through. Half open lets a bounded number
//     of actions through: the probes.
//  2. The fold (decided, reported) only counts; due() says which change follows, the engine writes it as a
//     row, and apply() makes it. So a replay changes exactly when the live one did, whatever the settings
//     are by then.
//  3. A probe is an action that is executed. One that goes before an approver is none: a person looks at it.
//  4. A probe fails when it is denied or reported as a failure. What succeeds depends on why the circuit
//     opened: after failures only a report that says so, within `probe_seconds`, for silence proves nothing;
//     else being executed.
//  5. The cool-down doubles each time that half_open turns into open again, up to its maximum. Closing
//     forgets all.
//  6. An operator's resume() closes from any state. Halting is not a state of the circuit but of the agent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/archive.h"
#include "base/bucket_ring.h"
#include "base/time.h"

namespace al::breaker {

/// Limits of 0 are off.
struct Settings {
  std::int64_t window_seconds = 300;
  std::int64_t minimum_count = 20;
  std::int64_t failure_percent = 0;
  std::int64_t denial_percent = 0;
  std::int64_t velocity_max = 0;
  std::int64_t velocity_window_seconds = 60;
  std::int64_t cool_down_seconds = 60;
  std::int64_t cool_down_max_seconds = 3600;
  std::int64_t probes_max = 1;
  std::int64_t probe_seconds = 60;
};

enum class State : std::uint8_t { closed, open, half_open };
/// Why a state was entered: four ways to open, then the ways around the circle.
enum class Reason : std::uint8_t {
  failures,
  denials,
  velocity,
  anomaly,
  cooled_down,
  probe_failed,
  probe_silent,
  probe_succeeded
};
[[nodiscard]] std::string_view text(State state);
[[nodiscard]] std::string_view text(Reason reason);
[[nodiscard]] std::optional<State> parse_state(std::string_view name);
[[nodiscard]] std::optional<Reason> parse_reason(std::string_view name);

struct Change {
  State from = State::closed;
  State to = State::open;
  Reason reason = Reason::failures;
  Millis until_ms = 0;        // of open: the end of the cool-down
  std::int64_t observed = 0;  // of a trip: how many failed, were denied, were asked for; or the severity
  std::int64_t limit = 0;     // … and of how many; or the most there may be
};

/// What was decided on an action, as far as the circuit cares.
enum class Decided : std::uint8_t { executed, requested, denied };

class Circuit {
 public:
  // The fold. Times never go back.
  /// `counts` is false for the second decision on one action, the use of its approval: it can be a probe, but
  /// was counted already.
  void decided(Decided what, bool counts, const std::string& audit_event_id, Millis now_ms,
               const Settings& settings);
  /// The first report on an executed action.
  void reported(std::string_view audit_event_id, bool failed, Millis now_ms, const Settings& settings);
  /// False, and nothing done, for a change that no circuit makes.
  [[nodiscard]] bool apply(const Change& change);
  void resume();

  [[nodiscard]] State state() const { return state_; }
  /// Whether an action may be executed; a change that is due counts as made.
  [[nodiscard]] bool lets_through(Millis now_ms, const Settings& settings) const;
  /// The change that is due now, if any.
  [[nodiscard]] std::optional<Change> due(Millis now_ms, const Settings& settings) const;
  /// Opening for a reason from outside, which fails the probe of one that is half open; nothing when it is
  /// open.
  [[nodiscard]] std::optional<Change> trip(Reason reason, std::int64_t observed, std::int64_t limit,
                                           Millis now_ms, const Settings& settings) const;
  /// When something will be due by the passing of time.
  [[nodiscard]] std::optional<Millis> deadline() const;

  template <typename Archive>
  void archive(Archive& fields) {
    fields(enumeration(state_, State::half_open), enumeration(cause_, Reason::probe_succeeded), openings_,
           until_ms_, enumeration(verdict_, Verdict::succeeded), probes_, silent_);
    fields(width_ms_, velocity_width_ms_, decided_, denied_, reported_, failed_, velocity_);
  }

 private:
  static constexpr std::int64_t buckets = 30;  // to a window, and the one that is going on
  using Window = BucketRing<buckets + 1>;
  enum class Verdict : std::uint8_t { none, failed, succeeded };

  void use_widths(const Settings& settings);
  [[nodiscard]] std::optional<Change> tripped(Millis now_ms, const Settings& settings) const;
  [[nodiscard]] Change open_again(Reason reason, Millis now_ms, const Settings& settings) const;

  State state_ = State::closed;
  Reason cause_ = Reason::failures;  // while not closed: why it opened first
  std::int64_t openings_ = 0;        // since it was closed
  Millis until_ms_ = 0;  // open: the cool-down's end; half_open: when the first silence fails, 0: never

  Verdict verdict_ = Verdict::none;  // half_open: what the probes say
  std::int64_t probes_ = 0;          // … how many were let through
  std::vector<std::string> silent_;  // … and who did not report yet; at most probes_max

  Millis width_ms_ = 0;
  Millis velocity_width_ms_ = 0;
  Window decided_;
  Window denied_;
  Window reported_;
  Window failed_;
  Window velocity_;
};

}  // namespace al::breaker
