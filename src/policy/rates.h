// How often one agent acted, by action type: what the fields rate.* ask about.
//
// An action counts when it is decided and not denied: executed, or put before an approver. Using the approval
// up does not count it again. The action that is being decided is not among those counted.
//
// A window of n units reaches over the unit that is going on and the n before it, so it is up to one unit
// longer than it says and never shorter: rate.last_60s counts by the second, rate.last_60m by the minute,
// hours by the quarter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bucket_ring.h"
#include "base/time.h"

namespace al::policy {

struct RateWindow {
  enum class Unit : std::uint8_t { second, minute, quarter };

  Unit unit = Unit::second;
  std::int32_t units = 1;  // 1 – 60 seconds, 1 – 60 minutes, 8 – 96 quarters of an hour

  /// "60s", "60m", "24h": 1–60 seconds, 1–60 minutes, 1–24 hours. Nothing for anything else.
  [[nodiscard]] static std::optional<RateWindow> parse(std::string_view text);
  /// The one spelling of windows that are the same: "60s" for a minute, "60m" for an hour.
  [[nodiscard]] std::string text() const;
  /// In which bucket a moment lies.
  [[nodiscard]] std::int64_t bucket(Millis wall_ms) const;
};

class Rates {
 public:
  /// Types counted apart. Beyond them, types share one count until one of them has rested for a day: too high
  /// for each, so a limit errs to the safe side.
  static constexpr std::size_t types_max = 64;

  void add(std::string_view action_type, Millis wall_ms);
  /// `counted_ms`: when the action that asks was itself counted already, which is then left out.
  [[nodiscard]] std::int64_t count(std::string_view action_type, const RateWindow& window, Millis now_ms,
                                   std::optional<Millis> counted_ms = {}) const;

  template <typename Archive>
  void archive(Archive& fields) {
    fields(counts_);
  }

 private:
  struct Counts {
    std::string action_type;  // "" for those that share
    Millis last_ms = 0;
    BucketRing<61> seconds;
    BucketRing<61> minutes;
    BucketRing<97> quarters;
    template <typename Archive>
    void archive(Archive& fields) {
      fields(action_type, last_ms, seconds, minutes, quarters);
    }
  };
  [[nodiscard]] const Counts* find(std::string_view action_type) const;
  Counts& slot_for(std::string_view action_type, Millis wall_ms);

  std::vector<Counts> counts_;
};

}  // namespace al::policy
