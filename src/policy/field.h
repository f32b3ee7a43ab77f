// The fields that a condition can ask about, and what an action says about each. Five spaces belong to the
// kernel (data, agent, delegation, time, rate); any other name is a path into the action's metadata.
//
//   data.max_sensitivity   the highest sensitivity of data_accessed: none < low < medium < high < critical
//   data.total_count       the sum of its counts
//   data.types             its types, as a list
//   agent.id  agent.name
//   delegation.id  delegation.name   absent while the agent acts for itself
//   delegation.depth                 0 while the agent acts for itself
//   time.hour              0–23, UTC
//   time.weekday           "mon" … "sun", UTC
//   time.hour@Europe/Berlin, time.weekday@…   the same on the clocks of a time zone (time_zone.h)
//   rate.last_60s  rate.last_60m  rate.last_24h   how often the agent did this lately (rates.h)
//   pr_size  repo.name  metadata.repo.name   members of metadata; a dot goes one object deeper
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "policy/condition.h"
#include "policy/rare.h"
#include "policy/rates.h"
#include "policy/scalar.h"
#include "policy/time_zone.h"

namespace al::policy {

enum class FieldId : std::uint8_t {
  metadata,
  data_max_sensitivity,
  data_total_count,
  data_types,
  agent_id,
  agent_name,
  delegation_id,
  delegation_name,
  delegation_depth,
  time_hour,
  time_weekday,
  rate_last,
};

/// What is known of a field's values before any action is seen. `any`: nothing, as for metadata.
enum class FieldType : std::uint8_t { any, count, hour, sensitivity, weekday, text, list };

struct Field {
  FieldId id = FieldId::metadata;
  FieldType type = FieldType::any;
  /// For metadata: where in `text` the path begins.
  std::uint8_t path_at = 0;
  /// For rate.*.
  RateWindow window = {};
  /// For time.*: whose clocks; UTC where there is none.
  Rare<TimeZone> zone = {};
  /// As the policy has it.
  std::string_view text;

  /// For metadata: the names on the way to the value, with dots between them.
  [[nodiscard]] std::string_view path() const { return text.substr(path_at); }
  /// The same text for every way to write the same field.
  [[nodiscard]] std::string key() const;
  /// True for what every action has, so that asking for its existence makes no sense.
  [[nodiscard]] bool always_exists() const;
};

/// Nothing, and a message in `fault`, when `text` is no field.
[[nodiscard]] std::optional<Field> parse_field(std::string_view text, std::string& fault);

/// What an action says about a field.
struct Fact {
  enum class State {
    found,
    absent,     // The kernel knows that there is none: an agent that acts for itself has no delegation.
    missing,    // The agent did not say.
    malformed,  // The agent said something that does not make sense for the field.
  };

  State state = State::missing;
  Scalar scalar;                // `none` when the value is a list or an object.
  json::Value value;            // As it stands in the action, for metadata; for a list, its items.
  bool items_are_data = false;  // The list is of the types of `value`'s items.
  std::string_view complaint;   // For data.* that is missing or malformed: why.

  [[nodiscard]] bool is_list() const { return state == State::found && value.is_array(); }
  /// An item of a list, `none` when it is neither boolean, number nor string.
  [[nodiscard]] Scalar element(json::Value item) const {
    return Scalar::of(items_are_data ? item["type"] : item);
  }
};

[[nodiscard]] Fact look_up(const Field& field, const Action& action);

}  // namespace al::policy
