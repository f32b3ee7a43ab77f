// Whether a note is authentic: which of its signatures are by keys that are trusted, and what is to be said
// where they do not hold. The computing itself is the platform's.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/note.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/result.h"

namespace al::audit {

struct Authenticity {
  Note note;
  std::vector<SignatureCheck> checks;  // all must hold
  std::string problem;  // no signature, or none by a trusted key; then there is nothing to check
};
/// The views and pointers show parts of `note` and `trusted`.
[[nodiscard]] Authenticity authenticity(std::string_view note, std::span<const VerifierKey> trusted);
/// What is wrong where one of the checks fails.
inline constexpr std::string_view broken_signature =
    "the checkpoint's signature by a trusted key does not hold: the checkpoint or the signature was changed";

/// The members "text": … and "signatures": [{"key", "public_key", "signature"}, …], keys by name, bytes in
/// base64.
void write_checks(json::Writer& writer, const Authenticity& authenticity);

/// The keys of a JSON array of texts; at least one. Fails with `invalid_argument`.
[[nodiscard]] Result<std::vector<VerifierKey>> read_verifier_keys(json::Value list);

/// Answers {"checkpoint": note, "pinned": note or null, "verifier_keys": […]} with
///
///   {"check"?: {"text", "signatures"}, "otherwise": {"chain_valid": false, "first_broken_at_row_id",
///   "damage", "message"}}
///
/// The note is authentic where there is a `check` and all of its signatures hold; else `otherwise` is what a
/// verification must say: from the first row on that no earlier checkpoint, the pinned one, vouches for.
/// Fails with `invalid_argument` where the request is none.
[[nodiscard]] Result<std::string> judge_checkpoint(std::string_view request);

}  // namespace al::audit
