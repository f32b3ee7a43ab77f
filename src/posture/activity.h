// What agents did lately: the evidence that the posture score rests on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"

namespace al::posture {

/// How an action stands: pending ones wait for a person and count once that is settled.
enum class Standing : std::uint8_t { approved, refused, pending };

class Activity {
 public:
  struct Item {
    Millis wall_ms = 0;
    std::uint32_t agent = 0;        // an index into names()
    std::uint32_t action_type = 0;  // likewise
    Standing standing = Standing::refused;
    std::uint64_t row_id = 0;
  };
  struct Anomaly {
    Millis wall_ms = 0;
    std::uint32_t agent = 0;  // an index into names()
    std::uint64_t row_id = 0;
  };

  void add(const std::string& audit_event_id, Millis wall_ms, std::string_view agent_id,
           std::string_view action_type, Standing standing, std::uint64_t row_id = 0);
  /// A pending one was approved, or was not.
  void settle(const std::string& audit_event_id, bool approved);
  void add_anomaly(Millis wall_ms, std::string_view agent_id, std::uint64_t row_id);

  // The inverses, latest first. `audit_event_id` is that of the latest item, or of the one that
  // was settled.
  void remove_last(const std::string& audit_event_id);
  void remove_last_anomaly();
  void unsettle(const std::string& audit_event_id, std::size_t item);
  /// The item that waits to be settled, or nothing.
  [[nodiscard]] std::optional<std::size_t> pending(const std::string& audit_event_id) const;

  /// In the order of time.
  [[nodiscard]] const std::vector<Item>& items() const { return items_; }
  [[nodiscard]] const std::vector<Anomaly>& anomalies() const { return anomalies_; }
  [[nodiscard]] const std::string& name(std::uint32_t index) const { return names_[index]; }

 private:
  std::uint32_t intern(std::string_view name);

  std::vector<Item> items_;
  std::vector<Anomaly> anomalies_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::uint32_t> indexes_;
  std::unordered_map<std::string, std::size_t> pending_;  // item by audit_event_id
};

}  // namespace al::posture
