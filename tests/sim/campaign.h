// Many worlds, on as many threads as the machine has: they share nothing, so a seed means the same on each.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/time.h"
#include "stage.h"
#include "statistics.h"

namespace al::sim {

/// What became of one world.
struct Outcome {
  std::string broken;  // the invariant, or ""
  Millis at_ms = 0;
  std::uint64_t fingerprint = 0;
  Statistics statistics;
  std::vector<std::string> trace;
};
[[nodiscard]] Outcome run_world(std::uint64_t seed, Trace::Kind trace);

class Campaign {
 public:
  explicit Campaign(std::uint64_t seeds) : seeds_(seeds) {}

  /// Runs worlds 1 to `seeds`, showing on stderr how far it is. Where one breaks, those before it are brought
  /// to their end, and the rest is left.
  void run();

  [[nodiscard]] const Statistics& statistics() const { return statistics_; }
  /// What broke, by seed; the first is the one to look at.
  [[nodiscard]] const std::map<std::uint64_t, std::string>& broken() const { return broken_; }
  [[nodiscard]] double seconds() const { return seconds_; }

 private:
  void work();
  void show(double seconds, bool terminal) const;

  std::uint64_t seeds_;
  std::mutex mutex_;  // of everything below
  std::condition_variable changed_;
  std::uint64_t next_ = 1;
  std::uint64_t done_ = 0;
  unsigned working_ = 0;
  Statistics statistics_;
  std::map<std::uint64_t, std::string> broken_;
  double seconds_ = 0;
};

}  // namespace al::sim
