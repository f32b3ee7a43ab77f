#include "client/retry.h"

#include <algorithm>

namespace al::client {

Millis back_off_ms(int failures, Millis first_ms, Millis last_ms, Entropy& entropy) {
  Millis ceiling = std::clamp<Millis>(first_ms, 0, std::max<Millis>(last_ms, 0));
  for (int i = 1; i < failures && ceiling < last_ms; ++i) ceiling = std::min(ceiling * 2, last_ms);
  return static_cast<Millis>(entropy.below(static_cast<std::uint64_t>(ceiling) + 1));
}

std::optional<Millis> parse_retry_after(std::string_view header, Millis wall_ms) {
  if (header.empty()) return {};
  const bool seconds = std::all_of(header.begin(), header.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!seconds) {
    const std::optional<Millis> date = parse_http_date(header);
    if (!date) return {};
    return std::max<Millis>(*date - wall_ms, 0);
  }
  constexpr Millis seconds_max = 366LL * 24 * 60 * 60;  // More is as good as never, and must not overflow.
  Millis value = 0;
  for (const char digit : header) value = std::min(value * 10 + (digit - '0'), seconds_max);
  return value * 1000;
}

void RetryBudget::refill(Millis steady_ms) {
  const Millis passed_ms = std::max<Millis>(steady_ms - filled_at_ms_.value_or(steady_ms), 0);
  filled_at_ms_ = std::max(steady_ms, filled_at_ms_.value_or(steady_ms));
  // A minute fills the bucket from empty; a longer pause adds nothing to that.
  const std::int64_t added = std::min<Millis>(passed_ms, 60'000) * second_adds_millitokens / 1000;
  millitokens_ = std::min(millitokens_ + added, capacity_millitokens);
}

void RetryBudget::add_call(Millis steady_ms) {
  refill(steady_ms);
  millitokens_ = std::min(millitokens_ + call_adds_millitokens, capacity_millitokens);
}

bool RetryBudget::take(Millis steady_ms) {
  refill(steady_ms);
  if (millitokens_ < retry_costs_millitokens) return false;
  millitokens_ -= retry_costs_millitokens;
  return true;
}

}  // namespace al::client
