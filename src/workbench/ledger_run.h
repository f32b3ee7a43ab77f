// A ledger from outside, row after row in batches: replayed under other policies, or verified.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "audit/checkpoint.h"
#include "audit/verifier.h"
#include "base/result.h"
#include "engine/replay.h"

namespace al::workbench {

/// Rows cross as JSON, `[[text, openings], …]`, in order, each batch continuing where the last one ended.
class ReplayRun {
 public:
  /// Fails with `policy_invalid` or `malformed_json`.
  [[nodiscard]] static Result<ReplayRun> begin(std::string_view policies);

  /// Every action of these rows whose decision would not be the same; those for which no policy was asked
  /// left out.
  ///
  ///   [{"row_id","timestamp","audit_event_id","action_type","agent_id","agent_name","delegation_name"?,
  ///     "change":"changed"|"other_grounds"|"undecidable","before":{"outcome","reason"?,"policy"?},
  ///     "after"?,"conditions_evaluated"?}]
  ///
  /// Fails with `ledger_corrupt`; nothing can be said then.
  [[nodiscard]] Result<std::string> add(std::string_view rows);

  /// {"rows","actions","unchanged","other_grounds","changed","undecidable","not_asked",
  ///  "transitions":[{"before","after","count"}]}
  [[nodiscard]] std::string summary() const;

 private:
  explicit ReplayRun(engine::Replay replay) : replay_(std::move(replay)) {}
  engine::Replay replay_;
};

class VerificationRun {
 public:
  /// `pinned`: a checkpoint that was kept earlier, or "". Fails with `protocol_error`.
  [[nodiscard]] static Result<VerificationRun> begin(std::string_view pinned);

  [[nodiscard]] Status add(std::string_view rows);

  /// Compares with what is pinned. Call it once, last.
  ///
  ///   {"chain_valid","damage"?,"first_broken_at_row_id","message"?,"rows_checked","rows_seen","size",
  ///    "root","checkpoint"}
  ///
  /// `checkpoint` covers the sound rows; its origin is the organisation that row 0 names, or
  /// "unknown".
  [[nodiscard]] std::string verdict();

 private:
  audit::Verifier verifier_;
  std::string origin_;
  std::optional<audit::Checkpoint> pinned_;
};

}  // namespace al::workbench
