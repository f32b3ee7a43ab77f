// The arithmetic of trying again: how long to wait, and whether to at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/entropy.h"
#include "base/time.h"

namespace al::client {

/// A `retry-after` longer than this fails a call at once also where it has no deadline of its own: a service
/// that asks for days is told to the caller, not obeyed.
inline constexpr Millis retry_after_ms_max = 60'000;

/// Full jitter: uniform in [0, min(last, first · 2^(failures − 1))]. Spreads the retries of many clients that
/// failed together.
[[nodiscard]] Millis back_off_ms(int failures, Millis first_ms, Millis last_ms, Entropy& entropy);

/// The wait that a `retry-after` header asks for (RFC 9110, 10.2.3: seconds or a date), never negative;
/// nothing when it is absent or malformed.
[[nodiscard]] std::optional<Millis> parse_retry_after(std::string_view header, Millis wall_ms);

/// Stops retry storms: a token bucket that all calls of a client share. Calls fill it a little, time fills it
/// a little, each retry takes one token; with none left, failures are final. In good times nobody notices it;
/// when a service is down for all, it sees little more than one attempt per call.
class RetryBudget {
 public:
  static constexpr std::int64_t capacity_millitokens = 50'000;
  static constexpr std::int64_t retry_costs_millitokens = 1000;
  static constexpr std::int64_t call_adds_millitokens = 200;
  static constexpr std::int64_t second_adds_millitokens = 1000;

  void add_call(Millis steady_ms);
  /// True when a retry may be made; takes its token.
  [[nodiscard]] bool take(Millis steady_ms);

 private:
  void refill(Millis steady_ms);

  std::int64_t millitokens_ = capacity_millitokens;
  std::optional<Millis> filled_at_ms_;
};

}  // namespace al::client
