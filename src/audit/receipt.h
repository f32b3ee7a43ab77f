// A receipt: one row, and what proves offline that it stands in a ledger whose checkpoint was signed.
//
//   {"row": text, "openings": text?, "proof": tlog-proof}
//
// The proof is in the C2SP form (c2sp.org/tlog-proof): index, inclusion proof, checkpoint. Whoever has the
// receipt and the log's public key needs nothing else.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/verifier.h"
#include "base/result.h"
#include "base/sha256.h"

namespace al::audit {

/// "c2sp.org/tlog-proof@v1", the index, the path from the leaf's sibling up, an empty line, the checkpoint.
[[nodiscard]] std::string render_proof(std::uint64_t index, std::span<const Digest> path,
                                       std::string_view note);

struct Proof {
  std::uint64_t index = 0;
  std::vector<Digest> path;
  std::string_view note;  // shows a part of the text
};
/// Strict. Fails with `protocol_error`.
[[nodiscard]] Result<Proof> parse_proof(std::string_view text);

struct Receipt {
  std::string_view row;
  std::string_view openings;  // "" where there are none
  std::string_view proof;
};
/// Everything but the signature itself: the row is canonical and bears the proof's index, the openings are
/// what it commits to, and the path leads from it to the checkpoint's root.
[[nodiscard]] Finding check_receipt(const Receipt& receipt);

/// Answers {"receipt": {…}, "verifier_keys": […]} with a verdict:
///
///   {"valid", "damage", "message", "row_id"}, and where nothing is wrong
///   "type", "timestamp", "agent_id"?, "facts", "opened", "size", "origin",
///   "check": {"text", "signatures", "otherwise": {"valid", "damage", "message", "row_id"}}
///
/// With `check`, it is the verdict where all of those signatures hold, else `otherwise` is. Fails with
/// `invalid_argument` where the request is none.
[[nodiscard]] Result<std::string> judge_receipt(std::string_view request);

}  // namespace al::audit
