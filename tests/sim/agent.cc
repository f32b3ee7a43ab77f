#include "agent.h"

#include <algorithm>
#include <utility>

#include "policies.h"

namespace al::sim {

namespace {

client::Config draw_config(const AgentIdentity& identity, Chance& chance) {
  client::Config config{.api_key = identity.api_key};
  config.request_timeout_ms = chance.between(3'000, 30'000);
  config.gate_timeout_ms = chance.between(30'000, 240'000);
  config.poll_interval_ms = chance.between(1'000, 5'000);
  config.long_poll_s = chance.percent(70) ? 25 : 0;
  config.calls_max = chance.percent(20) ? 3 : 100;
  return config;
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

std::string action_body(const Intent& intent) {
  return R"({"action_type":)" + quoted(intent.action_type) +
         (intent.metadata.empty() ? "" : R"(,"metadata":)" + intent.metadata) + "}";
}

}  // namespace

Agent::Agent(Stage& stage, Network& network, const Oracle& oracle, Effects& effects, AgentIdentity identity)
    : stage_(stage),
      network_(network),
      oracle_(oracle),
      effects_(effects),
      identity_(std::move(identity)),
      config_(draw_config(identity_, stage.chance)) {}

// ---- Life -------------------------------------------------------------------------------------------------

void Agent::live() {
  start_process();
  stage_.timeline.in(stage_.chance.between(0, 3'000), [this] { act(); });
}

void Agent::act() {
  if (!stage_.faults) return;
  Chance& chance = stage_.chance;
  if (chance.permille(25) && !processes_.empty()) crash(chance.index(processes_.size()));
  if (chance.permille(8) && processes_.size() == 1) {
    stage_.count(Count::clients_doubled);
    start_process();
  }
  if (chance.permille(8) && worker()) {
    worker()->close();
    start_process();
  }
  if (chance.permille(15) && !processes_.empty())
    network_.cut(chance.pick(processes_)->line(), chance.between(1'000, 60'000));
  if (chance.permille(10) && !processes_.empty())
    chance.pick(processes_)->set_wall(chance.between(-600'000, 600'000));
  if (Process* process = worker()) begin_something(*process);
  stage_.timeline.in(chance.between(200, 8'000), [this] { act(); });
}

void Agent::begin_something(Process& process) {
  const std::int64_t what = stage_.chance.between(0, 99);
  if (what < 40) return new_action(process);
  if (what < 52) return open_scope(process);
  if (what < 62) return resume_gate(process);
  if (what < 72) return repeat_action(process);
  if (what < 82) return look_around(process);
  if (what < 85) return verify(process);
  if (what < 92) return process.cancel_any();
  misbehave(process);
}

Process* Agent::worker() {
  if (processes_.empty() || processes_.back()->closed()) return nullptr;
  // The older of two acts, too.
  const bool older = processes_.size() > 1 && !processes_.front()->closed() && stage_.chance.percent(50);
  return older ? processes_.front().get() : processes_.back().get();
}

void Agent::start_process() {
  if (processes_.size() == 3) processes_.erase(processes_.begin());
  processes_.push_back(std::make_unique<Process>(stage_, network_, identity_.name, config_));
}

void Agent::crash(std::size_t which) {
  stage_.count(Count::clients_crashed);
  stage_.statistics.add(Count::calls_lost_in_crash, processes_[which]->open_calls());
  stage_.say(identity_.name, "  crashes");
  processes_.erase(processes_.begin() + static_cast<std::ptrdiff_t>(which));
  if (!processes_.empty()) return;
  stage_.timeline.in(stage_.chance.between(10, 10'000), [this] {
    if (!processes_.empty()) return;
    start_process();
    if (stage_.faults) after_crash(*processes_.back());
  });
}

/// A new process goes on with what the old one had not brought to its end: it waits for an approval that it
/// remembers, or asks the same again under the same key.
void Agent::after_crash(Process& process) {
  for (std::size_t at = 0; at < intents_.size(); ++at) {
    if (intents_[at].decided || stage_.chance.percent(50)) continue;
    submit_action(process, at, intents_[at].gated);
  }
  for (std::size_t at = 0; at < scopes_.size(); ++at) {
    if (scopes_[at].state == ScopeState::live && stage_.chance.percent(50)) close_scope(at);
  }
}

void Agent::check_rest() const {
  for (const std::unique_ptr<Process>& process : processes_) process->check_rest();
}

/// Whatever was asked under a key is answered as it was, and nothing happens again.
void Agent::check_answers_stay(Service& service) const {
  const std::size_t rows = service.rows().size();
  for (const Intent& intent : intents_) {
    const std::string event = oracle_.decided_under(identity_.agent_id, intent.event_id);
    if (event.empty() || oracle_.agent(identity_.agent_id)->key_revoked_row) continue;
    const KnownAction& action = *oracle_.action(event);
    if (action.metadata != intent.metadata) continue;  // Another request came first under this key.
    const wire::Response response = service.ask({.method = wire::Method::post,
                                                 .target = "/api/v1/actions",
                                                 .api_key = identity_.api_key,
                                                 .event_id = intent.event_id,
                                                 .delegation_id = intent.delegation_id,
                                                 .body = action_body(intent)});
    const Result<json::Document> body = json::parse(response.body);
    require(body && body->root()["audit_event_id"].string() == event &&
                body->root()["status"].string() == action.outcome,
            "a repeated request gets the answer that it had", response.body);
    require(service.rows().size() == rows, "a repeated request adds nothing");
  }
}

// ---- Actions ----------------------------------------------------------------------------------------------

void Agent::new_action(Process& process) {
  Chance& chance = stage_.chance;
  Intent intent{.agent_id = identity_.agent_id,
                .action_type = std::string(chance.pick(action_types)),
                .metadata = R"({"pr_size":)" + std::to_string(chance.between(1, 80)) + "}",
                .delegation_id = draw_delegation(),
                .event_id = chance.percent(80) ? chance.id("intent-") : "",
                .gated = chance.percent(70)};
  if (chance.percent(10)) intent.metadata.clear();
  if (chance.percent(50)) intent.action_type = chance.percent(50) ? "repo.merge" : "repo.write";
  intents_.push_back(std::move(intent));
  submit_action(process, intents_.size() - 1, intents_.back().gated);
}

void Agent::submit_action(Process& process, std::size_t at, bool gated) {
  const Intent& intent = intents_[at];
  client::Command command{.operation = gated ? "gate" : "execute",
                          .body = action_body(intent),
                          .event_id = intent.event_id,
                          .delegation_id = intent.delegation_id,
                          .timeout_ms = stage_.chance.percent(25) ? stage_.chance.between(500, 60'000) : 0};
  process.submit(std::move(command), [this, at](const Settlement& said) { handle_action(at, said); });
}

void Agent::handle_action(std::size_t at, const Settlement& said) {
  Intent& intent = intents_[at];
  const std::string status = said.text("status");
  if (const std::string approval = said.text("approval_id"); !approval.empty()) {
    if (intent.approval_id.empty()) approvals_.push_back(approval);
    if (!intent.event_id.empty())
      require(intent.approval_id.empty() || intent.approval_id == approval, "an action has one approval");
    intent.approval_id = approval;
  }
  if (said.ok && status == "executed") {
    effects_.run(intent, said);
    events_.push_back(said.text("audit_event_id"));
  }
  if (said.text("code") == "CONFLICT") stage_.count(Count::claims_refused);
  if (said.ok && status == "denied") {
    const KnownAction* action = oracle_.action(said.text("audit_event_id"));
    require(action && action->outcome == "denied", "a denial is in the durable ledger");
  }
  intent.decided = intent.decided || (said.ok && status != "requested") || !said.text("reason").empty();
}

void Agent::resume_gate(Process& process) {
  std::vector<std::size_t> waiting;
  for (std::size_t at = 0; at < intents_.size(); ++at) {
    if (!intents_[at].approval_id.empty() && (!intents_[at].decided || stage_.chance.percent(5)))
      waiting.push_back(at);
  }
  if (waiting.empty()) return new_action(process);
  // The latest, mostly: the others are over by now.
  const std::size_t at = stage_.chance.percent(70) ? waiting.back() : stage_.chance.pick(waiting);
  client::Command command{.operation = "resumeGate", .arguments = {intents_[at].approval_id}};
  if (stage_.chance.percent(20)) command.timeout_ms = stage_.chance.between(500, 60'000);
  stage_.count(Count::gates_resumed);
  process.submit(std::move(command), [this, at](const Settlement& said) { handle_action(at, said); });
}

/// A repetition of something earlier under the same key; now and then, of something else under that key.
void Agent::repeat_action(Process& process) {
  if (intents_.empty()) return new_action(process);
  const std::size_t earliest = intents_.size() > 6 ? intents_.size() - 6 : 0;
  const std::size_t at = earliest + stage_.chance.index(intents_.size() - earliest);
  if (intents_[at].event_id.empty()) return;
  if (stage_.chance.percent(70)) {
    stage_.count(Count::repeats_with_same_key);
    return submit_action(process, at, stage_.chance.percent(50));
  }
  stage_.count(Count::repeats_with_other_request);
  Intent other = intents_[at];
  other.metadata = R"({"pr_size":99})";
  client::Command command{
      .operation = "execute",
      .body = R"({"action_type":)" + quoted(other.action_type) + R"(,"metadata":)" + other.metadata + "}",
      .event_id = other.event_id,
      .delegation_id = other.delegation_id};
  process.submit(std::move(command), [this, other](const Settlement& said) {
    if (!said.ok) return;
    // The first request under this key never arrived, so this one is the first.
    const KnownAction* action = oracle_.action(said.text("audit_event_id"));
    require(action && action->metadata == other.metadata,
            "a key that was used for another request is refused");
  });
}

// ---- Sub-agents -------------------------------------------------------------------------------------------

/// Under which delegation to act: mostly one that is alive, for all this agent knows; "" for none.
std::string Agent::draw_delegation() {
  if (stage_.chance.percent(50)) return {};
  const std::vector<std::string> known = stage_.chance.percent(10) ? delegations() : live_delegations();
  return known.empty() ? std::string() : known[stage_.chance.index(known.size())];
}

std::vector<std::string> Agent::delegations() const {
  std::vector<std::string> out;
  for (const Scope& scope : scopes_) {
    if (!scope.delegation_id.empty()) out.push_back(scope.delegation_id);
  }
  return out;
}

std::vector<std::string> Agent::live_delegations() const {
  std::vector<std::string> out;
  for (const Scope& scope : scopes_) {
    if (scope.state == ScopeState::live) out.push_back(scope.delegation_id);
  }
  return out;
}

void Agent::open_scope(Process& process) {
  Chance& chance = stage_.chance;
  Scope scope{.event_id = chance.id("scope-"), .parent_id = draw_delegation()};
  constexpr std::array<std::string_view, 6> lendable{"repo.*",   "repo.read", "repo.merge",
                                                     "deploy.*", "mail.send", "*"};
  std::string list;
  for (std::int64_t left = chance.between(1, 3); left > 0; --left) {
    scope.capabilities.emplace_back(chance.pick(lendable));
    list += (list.empty() ? "" : ",") + quoted(scope.capabilities.back());
  }
  client::Command command{.operation = "delegate",
                          .body = R"({"name":"helper","capabilities":[)" + list + R"(],"ttl":)" +
                                  std::to_string(chance.between(5, 300)) + "}",
                          .event_id = scope.event_id,
                          .delegation_id = scope.parent_id,
                          .timeout_ms = chance.percent(40) ? chance.between(100, 20'000) : 0};
  scopes_.push_back(std::move(scope));
  process.submit(std::move(command), [this, &process, at = scopes_.size() - 1](const Settlement& said) {
    Scope& mine = scopes_[at];
    if (!said.ok) {
      mine.state = ScopeState::over;
      return watch_clean_up(process, mine.event_id);
    }
    mine.state = ScopeState::live;
    mine.delegation_id = said.text("id");
    require(oracle_.delegation(mine.delegation_id) != nullptr,
            "a delegation that one is told of is in the durable ledger");
    stage_.timeline.in(stage_.chance.between(500, 120'000), [this, at] { close_scope(at); });
  });
}

/// The scope ends: its delegation is revoked. Where that cannot be had in a few calls, its ttl must do.
void Agent::close_scope(std::size_t at) {
  Process* process = worker();
  if (!process || scopes_[at].state != ScopeState::live || ++scopes_[at].revoke_tries > 5) return;
  client::Command command{.operation = "revoke", .arguments = {scopes_[at].delegation_id}};
  process->submit(std::move(command), [this, at](const Settlement& said) {
    Scope& mine = scopes_[at];
    if (said.ok) {
      mine.state = ScopeState::over;
      const KnownDelegation* delegation = oracle_.delegation(mine.delegation_id);
      require(delegation && !delegation->live, "a delegation that one is told was revoked is dead",
              mine.delegation_id);
    } else if (stage_.faults) {
      stage_.timeline.in(stage_.chance.between(100, 10'000), [this, at] { close_scope(at); });
    }
  });
}

/// A creation that failed for its caller: once the client has cleaned up, nothing of it is alive.
void Agent::watch_clean_up(Process& process, const std::string& event_id) {
  process.when_clean([this, &process, event_id] {
    if (process.stats().cleanups_abandoned > 0) return;  // The client says so, and the ttl must do.
    const KnownDelegation* left = oracle_.delegation(oracle_.created_under(identity_.agent_id, event_id));
    require(!left || !left->live, "no delegation lives on that nobody waits for", event_id);
  });
}

// ---- Everything else --------------------------------------------------------------------------------------

void Agent::look_around(Process& process) {
  Chance& chance = stage_.chance;
  const auto ignore = [](const Settlement&) {};
  switch (chance.between(0, 5)) {
    case 0:
      return process.submit({.operation = "whoami", .delegation_id = draw_delegation()}, ignore);
    case 1:
      return process.submit(
          {.operation = "canI",
           .body = R"({"action_type":)" + quoted(std::string(chance.pick(action_types))) + "}"},
          ignore);
    case 2:
      return process.submit({.operation = "delegations", .query = "active_only=false"}, ignore);
    case 3:
      return process.submit({.operation = "audit", .query = "limit=5"}, ignore);
    default:
      break;
  }
  if (events_.empty()) return;
  const std::string event = events_.back();
  const std::string status = chance.percent(60) ? R"("success")" : R"("failure")";
  process.submit({.operation = "report",
                  .body = R"({"audit_event_id":)" + quoted(event) + R"(,"status":)" + status + "}",
                  .event_id = chance.percent(50) ? "report-" + event : ""},
                 ignore);
}

void Agent::verify(Process& process) {
  const bool with_pin = !pinned_.empty();
  client::Command command{.operation = "verify", .timeout_ms = 60'000};
  if (with_pin) command.body = R"({"pinned":)" + pinned_ + "}";
  process.submit(std::move(command), [this, with_pin](const Settlement& said) {
    if (!said.ok) return;
    require(said["chain_valid"].as_bool() == true, "the ledger verifies for whoever looks", said.json);
    stage_.count(with_pin ? Count::ledgers_verified_with_pin : Count::ledgers_verified);
    pinned_ = json::canonical(said["checkpoint"]);
  });
}

/// It decides on its own request, claims before anybody decided, claims another's approval, acts under
/// another's delegation.
void Agent::misbehave(Process& process) {
  Chance& chance = stage_.chance;
  const Agent& other = *chance.pick(others);
  const std::int64_t what = chance.between(0, 2);
  if (what == 0 && !approvals_.empty() && chance.percent(50)) {
    // What the oracle makes of the row, if there is one, decides whether it was too early.
    process.submit({.operation = "claim",
                    .arguments = {approvals_.back()},
                    .body = R"({"claim_id":)" + quoted(chance.id("early-")) + "}"},
                   [this](const Settlement& said) {
                     if (said.text("code") == "APPROVAL_NOT_APPROVED")
                       stage_.count(Count::early_claims_refused);
                   });
  } else if (what == 0 && !approvals_.empty()) {
    process.submit(
        {.operation = "decide", .arguments = {approvals_.back()}, .body = R"({"decision":"approve"})"},
        [this](const Settlement& said) {
          require(!said.ok, "no agent decides on a request");
          if (said.text("code") == "FORBIDDEN") stage_.count(Count::self_approvals_refused);
        });
  } else if (what == 1 && !other.approvals().empty() && chance.percent(50)) {
    process.submit(
        {.operation = "claim", .arguments = {other.approvals().back()}, .body = R"({"claim_id":"stolen"})"},
        [](const Settlement& said) { require(!said.ok, "no agent claims another's approval"); });
  } else if (what == 1 && !other.approvals().empty()) {
    process.submit({.operation = "resumeGate", .arguments = {other.approvals().back()}},
                   [this](const Settlement& said) {
                     require(!said.ok, "no agent passes by another's approval");
                     if (said.text("code") == "NOT_FOUND") stage_.count(Count::foreign_approvals_refused);
                   });
  } else if (const std::vector<std::string> theirs = other.delegations(); !theirs.empty()) {
    process.submit(
        {.operation = "execute", .body = R"({"action_type":"repo.read"})", .delegation_id = theirs.back()},
        [](const Settlement& said) {
          require(said.text("status") != "executed", "no agent acts under another's delegation");
        });
  }
}

}  // namespace al::sim
