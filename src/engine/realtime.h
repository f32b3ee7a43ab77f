// Rows as realtime events (wire/realtime.h): what those who listen are told about.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "audit/row.h"

namespace al::engine {

/// The event type of a row type: mostly the same ("action.requested" is told as "approval.requested"); "" for
/// rows that are nobody's news.
[[nodiscard]] std::string_view event_type(std::string_view row_type);

/// A row as those who listen see it. One whose `type` is "" is nobody's news.
struct RowEvent {
  std::string_view type = {};
  std::string agent_id = {};                           // "" where no agent acted
  std::shared_ptr<const std::string> frame = nullptr;  // the wire's event frame; `data` holds the row's facts
  bool revokes_key = false;
};

/// Rows as events, each made once for all who listen: the latest are kept, by row number modulo `slots`. Of
/// those with a long frame, only the last one is.
class EventCache {
 public:
  /// Null where it was not made yet, or not kept.
  [[nodiscard]] const RowEvent* find(std::uint64_t row_id) const;
  /// The row must be durable: what is kept here is never taken back.
  const RowEvent& make(const audit::Row& row);

 private:
  static constexpr std::size_t slots = 512;
  static constexpr std::size_t kept_bytes_max = 16 << 10;  // so that all of them take 8 MiB at most
  struct Slot {
    std::uint64_t end_row = 0;  // row number + 1; 0: empty
    RowEvent event = {};
  };
  std::unique_ptr<std::array<Slot, slots>> slots_;  // made when somebody listens
  Slot long_;
};

}  // namespace al::engine
