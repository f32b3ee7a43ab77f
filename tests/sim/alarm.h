// A timer as a host sets it for a machine: one at a time, a little late, and now and then one that could not
// be called back.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "stage.h"

namespace al::sim {

class Alarm {
 public:
  /// `wake` is called when a deadline has come; the clock and the stage outlive the alarm.
  Alarm(Stage& stage, MachineClock& clock, std::function<void()> wake)
      : stage_(stage), clock_(clock), self_(std::make_shared<Alarm*>(this)), wake_(std::move(wake)) {}
  ~Alarm() { *self_ = nullptr; }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  /// What the machine says after each verb, on its steady clock.
  void set(std::optional<Millis> deadline_ms) {
    if (deadline_ms == armed_ms_) return;
    armed_ms_ = deadline_ms;
    ++number_;
    if (!deadline_ms) return;
    const Millis at_ms = clock_.on_timeline(*deadline_ms) + stage_.chance.between(0, timer_lateness_ms_max);
    stage_.timeline.at(at_ms, [self = self_, number = number_] {
      if (*self) (*self)->ring(number);
    });
  }

 private:
  void ring(std::uint64_t number) {
    if (number == number_) armed_ms_.reset();
    if (number != number_ && stage_.chance.percent(90)) return;  // A few timers cannot be called back.
    wake_();
  }

  Stage& stage_;
  MachineClock& clock_;
  std::shared_ptr<Alarm*> self_;  // for timers that outlive the alarm
  std::function<void()> wake_;
  std::optional<Millis> armed_ms_;
  std::uint64_t number_ = 0;  // of the present timer
};

}  // namespace al::sim
