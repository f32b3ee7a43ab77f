// Verifies a ledger without believing the service: fetches every row, recomputes chain and tree, and
// compares.
//
//   fetching the checkpoint ──▶ fetching rows, page by page, up to its size ──▶ comparing ──▶ settled ok with
//   a verdict
//
// Rules
//   * A damaged ledger is a verdict, not a failure: the call settles ok and says what is wrong and where. It
//   fails only where
//     nothing can be said: no answer, or one that does not parse.
//   * Rows that the service does not hand out although its checkpoint counts them are missing rows.
//   * The checkpoint's signature is not judged here; the host's platform does that, with the note in the
//   result.
//
// Theory of operation: rows are checked as their pages arrive and not kept, so memory is that of one page and
// the tree's digests. The same pass compares with the checkpoint that the caller pinned earlier, if any: a
// prefix of the same rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "audit/checkpoint.h"
#include "audit/verifier.h"
#include "client/call.h"

namespace al::client {

class Verification final : public Call {
 public:
  Verification(CallId id, Command command) : Call(id, std::move(command)) {}

 private:
  enum class State : std::uint8_t { fetching_checkpoint, fetching_rows };

  void begin(Now now, Shared& shared) override;
  void on_answer(Answer answer, Now now, Shared& shared) override;

  void on_checkpoint(const Answer& answer, Now now, Shared& shared);
  void on_rows(const Answer& answer, Now now, Shared& shared);
  void next_page(Now now, Shared& shared);
  void conclude(Shared& shared);
  void fail(const Answer& answer, std::string message, Shared& shared);

  State state_ = State::fetching_checkpoint;
  std::optional<audit::Checkpoint> pinned_;
  std::string pinned_note_;
  std::string note_;  // of the newest checkpoint
  audit::Checkpoint newest_;
  audit::Verifier verifier_;
  std::uint64_t rows_received_ = 0;
};

}  // namespace al::client
