// What agents really did, kept apart from everything that is under test: the oracle ledger of side effects.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "oracle.h"
#include "process.h"
#include "stage.h"

namespace al::sim {

/// What an agent set out to do.
struct Intent {
  std::string agent_id;
  std::string action_type;
  std::string metadata;  // canonical JSON
  std::string delegation_id;
  std::string event_id;
  std::string approval_id;  // once it is known
  bool gated = false;
  bool decided = false;  // executed or denied for good
};

class Effects {
 public:
  Effects(Stage& stage, const Oracle& oracle) : stage_(stage), oracle_(oracle) {}

  /// The service said `executed`, so the agent does it, here and now.
  void run(const Intent& intent, const Settlement& said);
  /// What ran is in the ledger still.
  void check_rest() const;

 private:
  Stage& stage_;
  const Oracle& oracle_;
  std::map<std::pair<std::string, std::string>, std::string>
      by_key_;                     // audit events by agent and idempotency key
  std::set<std::string> claimed_;  // approvals that somebody ran by
  std::set<std::string> ran_;      // audit events
};

}  // namespace al::sim
