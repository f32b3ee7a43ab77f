// A row of the ledger: canonical JSON that nobody can change unnoticed, and, beside it, what may later be
// redacted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/canonical_value.h"
#include "base/entropy.h"
#include "base/json.h"
#include "base/result.h"
#include "base/sha256.h"
#include "base/time.h"

namespace al::audit {

/// What the ledger keeps for each row.
///
/// `text` is canonical JSON (RFC 8785), its members in this order; `agent_id` and `commitments` are left out
/// when empty:
///
///   {"agent_id":"agt_1","commitments":{"metadata":"<64 hex>"},"facts":{…},"prev_hash":"<64 hex>","row_id":7,
///    "timestamp":"2026-01-31T12:00:00.000Z","type":"action.executed","v":1}
///
/// `openings` is canonical JSON, or empty: for each commitment the value that it commits to, until it is
/// redacted:
///
///   {"metadata":{"salt":"<32 hex>","value":…}}
///
/// A commitment is SHA-256(salt ‖ canonical JSON of the value); the salt is 16 bytes, its own for each field,
/// so a redacted value cannot be guessed from its commitment.
struct Row {
  std::uint64_t row_id = 0;  // 0, 1, 2 …: also the leaf index in the Merkle tree
  std::string text;
  std::string openings;
};

inline constexpr std::size_t salt_bytes = 16;

/// A row as somebody else keeps it.
struct RowView {
  std::string_view text;
  std::string_view openings;
};

/// What a row's text and its openings may be at most. A request that the wire accepts (1 MiB, 64 levels)
/// always fits: canonical numbers can be five times longer than they were sent, and a row adds a few levels
/// of its own.
inline constexpr json::Limits row_limits{.bytes_max = 8 << 20, .depth_max = 80};

/// What a writer of rows supplies; the ledger adds row_id and prev_hash.
struct Entry {
  std::string_view type;      // not empty
  std::string_view agent_id;  // "" where no agent acted; then left out
  /// Unix time. INVARIANT: never before that of the row before; the writer holds a clock that jumps back at
  /// the last row's time.
  Millis wall_ms = 0;
  std::string facts = "{}";  // canonical JSON object
  struct Redactable {
    std::string_view field;
    std::string value;  // canonical JSON
  };
  std::vector<Redactable> redactable = {};  // ascending by name (json::less_utf16), without duplicates
};

/// Composes the canonical text and the openings.
[[nodiscard]] Row compose(const Entry& entry, std::uint64_t row_id, const Digest& prev_hash,
                          Entropy& entropy);

/// A row's text, decoded strictly: unknown or missing members, a wrong type, or a text that is not its own
/// canonical form fail with `ledger_corrupt`.
struct DecodedRow {
  json::Document document;  // owns what the views below show
  std::uint64_t row_id = 0;
  std::string_view type;
  std::string_view agent_id;
  Millis wall_ms = 0;
  json::Value facts;
  json::Value commitments;  // absent when the row has none
  Digest prev_hash{};
};
[[nodiscard]] Result<DecodedRow> decode(std::string_view text);

/// What a verifier needs of a row. As strict as `decode`, but nothing is copied: the views show parts of the
/// text.
struct RowFrame {
  std::uint64_t row_id = 0;
  Millis wall_ms = 0;
  Digest prev_hash{};
  std::string_view type;         // escaped
  std::string_view agent_id;     // escaped; empty where no agent acted
  std::string_view facts;        // canonical JSON
  std::string_view commitments;  // canonical JSON; empty when the row has none
};
[[nodiscard]] Result<RowFrame> read_frame(std::string_view text);
/// Appends the members of its facts as well.
[[nodiscard]] Result<RowFrame> read_frame(std::string_view text, std::vector<CanonicalMember>& facts);

/// Who acted, escaped, by a row's text of our own making; empty where no agent did.
[[nodiscard]] std::string_view agent_of(std::string_view text);

/// Succeeds when every opening is one of a commitment and its salted digest equals it; commitments without an
/// opening are redacted, which is fine. `commitments` is that of a RowFrame. Fails with `ledger_corrupt`.
[[nodiscard]] Status check_openings(std::string_view commitments, std::string_view openings);

/// One opening, and what the row says about it.
struct OpenedField {
  std::string_view field;  // escaped
  std::array<std::uint8_t, salt_bytes> salt{};
  std::string_view value;  // canonical JSON
  Digest commitment{};
};
/// Everything that check_openings checks but the digests: appends each opening with what SHA-256(salt ‖
/// value) must be. The views show parts of the texts.
[[nodiscard]] Status read_openings(std::string_view commitments, std::string_view openings,
                                   std::vector<OpenedField>& out);

/// SHA-256(prev_hash ‖ leaf_hash), the leaf hash being that of the Merkle tree (merkle.h), so that each row's
/// text is hashed once for both structures: the next row's `prev_hash`. Before row 0 stands the all-zero
/// digest.
[[nodiscard]] Digest chain_hash(const Digest& prev_hash, const Digest& leaf_hash);

}  // namespace al::audit
