// The posture score: four components of 25 points each, over the last 30 days, to the hour.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "posture/activity.h"

namespace al::posture {

inline constexpr std::int64_t component_max = 25;

/// How far the ledger's integrity is established.
enum class Integrity : std::uint8_t { broken, valid_unsigned, valid_signed };

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
