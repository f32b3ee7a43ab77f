// The posture score: four components of 25 points each, over the last 30 days.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "posture/activity.h"

namespace al::posture {

inline constexpr Millis window_ms = 30LL * 24 * 3600 * 1000;
inline constexpr std::int64_t component_max = 25;

/// How far the ledger's integrity is established.
enum class Integrity : std::uint8_t { broken, valid_unsigned, valid_signed };

/// The rows of the ledger that a component rests on.
struct Evidence {
  static constexpr std::size_t against_max = 20;

  /// The first and the last row that were counted; nothing where none was.
  std::optional<std::uint64_t> first_row;
  std::optional<std::uint64_t> last_row;
  /// The latest rows that cost points, newest first, at most `against_max`.
  std::vector<std::uint64_t> against;

  void count(std::uint64_t row_id) {
    first_row = std::min(first_row.value_or(row_id), row_id);
    last_row = std::max(last_row.value_or(row_id), row_id);
  }
  void hold_against(std::uint64_t row_id) {
    if (against.size() < against_max) against.push_back(row_id);
  }
};

struct Component {
  std::string_view name;
  std::int64_t score = 0;    // 0 – component_max, rounded half up
  std::string_view counted;  // what the two numbers below count, for people
  std::int64_t part = 0;
  std::int64_t whole = 0;
  Evidence evidence = {};
};

struct Score {
  std::int64_t total = 0;  // 0 – 100
  std::vector<Component> components;
};

struct Question {
  Millis now_ms = 0;
  std::string_view agent_id;  // "" for the whole organisation
  Integrity integrity = Integrity::broken;
  std::uint64_t rows = 0;  // of the ledger, whose integrity that is
  /// Whether an enabled policy names this action type for this agent.
  std::function<bool(std::string_view action_type, std::string_view agent_id)> covered;
};

[[nodiscard]] Score measure(const Activity& activity, const Question& question);

}  // namespace al::posture
