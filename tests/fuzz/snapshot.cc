// The bytes of a snapshot, as if a row had vouched for them: whoever can rewrite a whole ledger can make one.
// What is taken must be safe to go on with.
#include <set>
#include <string>

#include "base/archive.h"
#include "engine/engine.h"
#include "fuzz.h"
#include "posture/posture.h"

using namespace al;
using fuzz::must;

namespace {

std::string write(const engine::Ledger& ledger, const engine::State& state) {
  std::string bytes;
  ArchiveWriter writer(bytes);
  writer(ledger, state);
  return bytes;
}

/// What is computed from counts and times.
void compute(engine::State& state, std::uint64_t rows) {
  const Millis now_ms = state.last_wall_ms;
  std::set<std::string> agents;
  for (const auto& [key, tally] : state.activity.tallies()) agents.insert(state.activity.name(key.agent));
  static_cast<void>(
      posture::measure(state.activity, {.now_ms = now_ms,
                                        .agent_id = "",
                                        .integrity = posture::Integrity::valid_signed,
                                        .rows = rows,
                                        .covered = [](std::string_view, std::string_view) { return true; }}));
  for (const std::string& agent_id : agents) {
    state.conduct.change(agent_id, [&](engine::Conduct& its) {
      its.rates.add("pr.merge", now_ms);
      its.baseline.acted("pr.merge", 1, true, now_ms);
      its.circuit.decided(breaker::Decided::executed, true, "evt-1-2", now_ms, state.settings.breaker);
      static_cast<void>(its.rates.count("pr.merge", {policy::RateWindow::Unit::quarter, 96}, now_ms));
      static_cast<void>(its.baseline.findings(now_ms, state.settings.anomalies));
      static_cast<void>(its.circuit.due(now_ms, state.settings.breaker));
    });
  }
}

/// What has to come to an end.
void end_all(engine::State& state) {
  const policy::Action action{.action_type = "pr.merge", .agent_id = "agt-1", .agent_name = "bot"};
  static_cast<void>(state.policies.decide(action));
  while (const delegation::Delegation* next = state.delegations.next_to_expire())
    state.delegations.end(std::string(next->delegation_id), delegation::State::expired);
  state.delegations.forget(0);
  while (const approval::Approval* next = state.approvals.next_to_expire())
    state.approvals.close(std::string(next->approval_id), approval::State::expired);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  engine::Ledger ledger;
  engine::State state;
  ArchiveReader reader(fuzz::text_of(bytes, size));
  reader(ledger, state);
  if (!reader.complete() || !state.is_of(ledger.size())) return 0;
  static_cast<void>(ledger.tree().root());
  // Read again, it is the same, but for the order of what has none.
  const std::string again = write(ledger, state);
  engine::Ledger second_ledger;
  engine::State second;
  ArchiveReader second_reader(again);
  second_reader(second_ledger, second);
  must(second_reader.complete(), "what was written is read");
  must(second_ledger.tree().root() == ledger.tree().root(), "and says the same");
  compute(state, ledger.size());
  end_all(state);
  return 0;
}
