// A person who decides, late, twice or not at all, and who changes policies, halts agents and ends
// delegations.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "network.h"
#include "oracle.h"
#include "process.h"
#include "stage.h"

namespace al::sim {

struct OperatorIdentity {
  std::string name;
  std::string api_key;
};

class Operator {
 public:
  Operator(Stage& stage, Network& network, const Oracle& oracle, OperatorIdentity identity);

  /// Goes on until faults are off.
  void live(std::vector<std::string> agent_ids, std::vector<std::string> key_ids);
  void check_rest() const { process_->check_rest(); }

 private:
  void act();
  void look_for_approvals();
  void consider(const std::string& approval_id);
  void decide(const std::string& approval_id, bool approves);
  void change_policy();
  void halt_or_resume();
  void redact_something();
  void revoke_something();

  Stage& stage_;
  Network& network_;
  const Oracle& oracle_;
  OperatorIdentity identity_;
  std::unique_ptr<Process> process_;
  std::vector<std::string> agent_ids_;
  std::vector<std::string> key_ids_;
  std::vector<std::string> seen_;  // approvals, the newest last
};

}  // namespace al::sim
