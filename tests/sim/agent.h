// An agent: what it remembers outlives its processes, of which there are one, none for a while after a crash,
// or two when somebody started it again while the old one was only slow.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "effects.h"
#include "network.h"
#include "oracle.h"
#include "process.h"
#include "stage.h"

namespace al::sim {

struct AgentIdentity {
  std::string name;
  std::string agent_id;
  std::string api_key;
  std::vector<std::string> capabilities;
};

class Agent {
 public:
  Agent(Stage& stage, Network& network, const Oracle& oracle, Effects& effects, AgentIdentity identity);

  /// Begins to act, and goes on until faults are off.
  void live();
  [[nodiscard]] const AgentIdentity& identity() const { return identity_; }
  /// Approvals and delegations that this agent ever had, for others to covet.
  [[nodiscard]] const std::vector<std::string>& approvals() const { return approvals_; }
  [[nodiscard]] std::vector<std::string> delegations() const;
  std::vector<const Agent*> others;

  void check_rest() const;
  void check_answers_stay(Service& service) const;

 private:
  enum class ScopeState : std::uint8_t { creating, live, over };
  /// A sub-agent's time of life: from the creation of its delegation to the end of it.
  struct Scope {
    std::string event_id;
    std::string parent_id;
    std::vector<std::string> capabilities;
    std::string delegation_id;
    ScopeState state = ScopeState::creating;
    int revoke_tries = 0;
  };

  void act();
  void begin_something(Process& process);
  void start_process();
  void crash(std::size_t which);
  /// The process that does what this agent does, or null.
  [[nodiscard]] Process* worker();

  // Actions.
  void new_action(Process& process);
  void submit_action(Process& process, std::size_t intent, bool gated);
  void resume_gate(Process& process);
  void repeat_action(Process& process);
  void handle_action(std::size_t intent, const Settlement& said);
  void after_crash(Process& process);
  // Sub-agents.
  void open_scope(Process& process);
  void close_scope(std::size_t scope);
  void watch_clean_up(Process& process, const std::string& event_id);
  [[nodiscard]] std::string draw_delegation();
  [[nodiscard]] std::vector<std::string> live_delegations() const;
  // Everything else.
  void look_around(Process& process);
  void verify(Process& process);
  void misbehave(Process& process);

  Stage& stage_;
  Network& network_;
  const Oracle& oracle_;
  Effects& effects_;
  AgentIdentity identity_;
  client::Config config_;

  // What it remembers.
  std::vector<Intent> intents_;
  std::vector<Scope> scopes_;
  std::vector<std::string> approvals_;
  std::vector<std::string> events_;
  std::string pinned_;  // the last checkpoint that it verified, as a JSON string

  std::vector<std::unique_ptr<Process>> processes_;  // the newest last
};

}  // namespace al::sim
