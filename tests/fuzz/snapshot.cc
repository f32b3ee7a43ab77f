// The bytes of a snapshot, as if a row had vouched for them: whoever can rewrite a whole ledger can make one.
// What is taken must be safe to go on with.
#include <string>

#include "base/archive.h"
#include "engine/engine.h"
#include "fuzz.h"

using namespace al;
using fuzz::must;

namespace {

std::string write(const engine::Ledger& ledger, const engine::State& state) {
  std::string bytes;
  ArchiveWriter writer(bytes);
  writer(ledger, state);
  return bytes;
}

/// What has to come to an end. Counts and times are not computed with: of any size here, they would overflow,
/// which is defined in WebAssembly, and wrong rather than unsafe.
void end_all(engine::State& state) {
  const policy::Action action{.action_type = "pr.merge", .agent_id = "agt-1", .agent_name = "bot"};
  static_cast<void>(state.policies.decide(action));
  while (const delegation::Delegation* next = state.delegations.next_to_expire())
    state.delegations.end(std::string(next->delegation_id), delegation::State::expired);
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
  end_all(state);
  return 0;
}
