// The bytes of a snapshot, as if a row had vouched for them: whoever can rewrite a whole ledger can make one.
// What is taken must be safe to go on with.
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

/// Everything that a request may look at without a row.
void look_around(engine::State& state, Millis now_ms) {
  const policy::Action action{.action_type = "pr.merge", .agent_id = "agt-1", .agent_name = "bot"};
  static_cast<void>(state.policies.decide(action));
  static_cast<void>(posture::measure(
      state.activity, {.now_ms = now_ms, .agent_id = {}, .covered = [](auto, auto) { return true; }}));
  while (const delegation::Delegation* next = state.delegations.next_to_expire())
    state.delegations.end(std::string(next->delegation_id), delegation::State::expired);
  while (const approval::Approval* next = state.approvals.next_to_expire())
    state.approvals.close(std::string(next->approval_id), approval::State::expired);
  if (const std::optional<engine::ConductBook::Due> due = state.conduct.next_due()) {
    static_cast<void>(due->circuit.due(now_ms, state.settings.breaker));
    state.conduct.change(std::string(due->agent_id), [&](engine::Conduct& its) {
      its.rates.add("pr.merge", now_ms);
      its.baseline.acted("pr.merge", 1, false, now_ms);
      static_cast<void>(its.baseline.findings(now_ms, state.settings.anomalies));
    });
  }
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
  look_around(state, second.last_wall_ms);
  return 0;
}
