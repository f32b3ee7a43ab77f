// How each agent has been behaving, and what follows from it: its rates, its circuit and its baseline, under
// one look-up.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "anomaly/baseline.h"
#include "base/time.h"
#include "breaker/circuit.h"
#include "policy/rates.h"

namespace al::engine {

struct Conduct {
  policy::Rates rates;
  breaker::Circuit circuit;
  anomaly::Baseline baseline;
  template <typename Archive>
  void archive(Archive& fields) {
    fields(rates, circuit, baseline);
  }
};

class ConductBook {
 public:
  /// Null for an agent that did nothing yet.
  [[nodiscard]] const Conduct* find(std::string_view agent_id) const;
  /// `change` gets the agent's conduct, to change it.
  template <typename Change>
  void change(const std::string& agent_id, Change change) {
    Entry& entry = entries_[agent_id];
    change(entry.conduct);
    reschedule(agent_id, entry);
  }

  /// As it was; nothing: the agent had done nothing yet.
  void restore(const std::string& agent_id, const std::optional<Conduct>& conduct);

  /// The circuit that is the next to change by the passing of time.
  struct Due {
    Millis at_ms;
    const std::string& agent_id;
    const breaker::Circuit& circuit;
  };
  [[nodiscard]] std::optional<Due> next_due() const;

  template <typename Archive>
  void archive(Archive& fields) {
    std::map<std::string, Conduct> conducts;
    if constexpr (!Archive::reads) {
      for (const auto& [agent_id, entry] : entries_) conducts.emplace(agent_id, entry.conduct);
    }
    fields(conducts);
    if constexpr (Archive::reads) {
      for (const auto& [agent_id, conduct] : conducts) restore(agent_id, conduct);
    }
  }

 private:
  struct Entry {
    Conduct conduct;
    std::optional<Millis> due_ms;
  };
  void reschedule(const std::string& agent_id, Entry& entry);

  std::map<std::string, Entry, std::less<>> entries_;
  std::set<std::pair<Millis, std::string>> due_;
};

}  // namespace al::engine
