// What agents did lately, counted by the hour: the evidence that the posture score rests on. However much an
// agent does, and whatever it asks for, an hour of it takes no more than so much room.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/archive.h"
#include "base/text_map.h"
#include "base/time.h"

namespace al::posture {

inline constexpr Millis hour_ms = 3600 * 1000;
/// What the score looks back on: every hour that has not ended so long ago.
inline constexpr Millis window_ms = 30LL * 24 * hour_ms;

/// How an action stands: pending ones wait for a person and count once that is settled.
enum class Standing : std::uint8_t { approved, refused, pending };

/// The rows of the ledger that a count rests on.
struct Evidence {
  static constexpr std::size_t against_max = 20;

  /// The first and the last row that were counted; nothing where none was.
  std::optional<std::uint64_t> first_row;
  std::optional<std::uint64_t> last_row;
  /// The latest rows that cost points, newest first, at most `against_max`.
  std::vector<std::uint64_t> against;

  void count(std::uint64_t row_id);
  void hold_against(std::uint64_t row_id);
  void add(const Evidence& other);
  template <typename Archive>
  void archive(Archive& fields) {
    fields(first_row, last_row, against);
  }
};

/// One agent's actions of one type within an hour.
struct Tally {
  std::int64_t actions = 0;  // that were asked for, those that are pending included
  std::int64_t settled = 0;
  std::int64_t approved = 0;  // of those settled
  std::int64_t anomalies = 0;
  /// Whether so many rows can have come to this.
  [[nodiscard]] bool is_of(std::uint64_t rows) const;

  Evidence asked_rows;
  Evidence settled_rows;  // refusals are held against it
  Evidence anomaly_rows;
  template <typename Archive>
  void archive(Archive& fields) {
    fields(actions, settled, approved, anomalies, asked_rows, settled_rows, anomaly_rows);
  }
};

class Activity {
 public:
  /// Of one agent in an hour; all further ones are counted together, as one type that no policy names.
  static constexpr std::size_t types_max = 64;

  struct Key {
    Millis hour_ms = 0;             // when the hour began
    std::uint32_t agent = 0;        // an index for name()
    std::uint32_t action_type = 0;  // likewise; of anomalies, that of ""
    auto operator<=>(const Key&) const = default;
    template <typename Archive>
    void archive(Archive& fields) {
      fields(hour_ms, agent, action_type);
    }
  };
  struct Pending {
    Key key;
    std::uint64_t row_id = 0;
    template <typename Archive>
    void archive(Archive& fields) {
      fields(key, row_id);
    }
  };
  /// What there was before a change.
  struct Before {
    Key key;
    std::optional<Tally> tally;
    std::string audit_event_id;
    std::optional<Pending> pending;
  };

  // `before` may be null, where nothing will be taken back; it stays empty where nothing changes.
  void add(const std::string& audit_event_id, Millis wall_ms, std::string_view agent_id,
           std::string_view action_type, Standing standing, std::uint64_t row_id = 0,
           std::optional<Before>* before = nullptr);
  /// A pending one was approved, or was not; nothing where it is not pending.
  void settle(const std::string& audit_event_id, bool approved, std::optional<Before>* before = nullptr);
  void add_anomaly(Millis wall_ms, std::string_view agent_id, std::uint64_t row_id,
                   std::optional<Before>* before = nullptr);
  /// Takes a change back, the latest first.
  void restore(const Before& before);
  /// Forgets the hours that no score at that time, or later, looks back on.
  void forget(Millis now_ms);

  /// Whether the first `rows` rows can have come to this.
  [[nodiscard]] bool is_of(std::uint64_t rows) const;

  /// In the order of time.
  [[nodiscard]] const std::map<Key, Tally>& tallies() const { return tallies_; }
  [[nodiscard]] const std::string& name(std::uint32_t index) const { return names_[index]; }

  /// How many names are kept.
  [[nodiscard]] std::size_t names() const { return indexes_.size(); }

  template <typename Archive>
  void archive(Archive& fields) {
    fields(names_, tallies_, pending_);
    if constexpr (Archive::reads) {
      if (!know_names()) fields.fail();
    }
  }

 private:
  /// False where names that were read from somewhere are not those of the tallies.
  [[nodiscard]] bool know_names();
  [[nodiscard]] Key key(Millis wall_ms, std::string_view agent_id, std::string_view action_type);
  std::uint32_t intern(std::string_view name);
  Tally& at(const Key& key);
  void drop(std::map<Key, Tally>::iterator tally);
  void forget_use(std::uint32_t name);
  void remember(const Key& key, const std::string& audit_event_id, std::optional<Before>* before) const;

  std::map<Key, Tally> tallies_;
  std::vector<std::string> names_;   // "" where there is none
  std::vector<std::uint32_t> uses_;  // of each, by tallies; one without is no name any more
  std::vector<std::uint32_t> free_;  // the places without a name
  TextMap<std::uint32_t> indexes_;
  std::unordered_map<std::string, Pending> pending_;  // by audit_event_id
};

/// Whether a score at that time looks back on the hour.
[[nodiscard]] constexpr bool counts(Millis hour_began_ms, Millis now_ms) {
  return hour_began_ms + hour_ms > now_ms - window_ms;
}

}  // namespace al::posture
