// A checkpoint says how long the ledger is and what it holds: a signed note in the C2SP tlog-checkpoint form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sha256.h"

namespace al::audit {

struct Checkpoint {
  std::string origin;  // which ledger: the organisation's id, without line breaks
  std::uint64_t size = 0;
  Digest root{};
};

/// The note's body: origin, size in decimal, root in base64, each ended by a line feed
/// (c2sp.org/tlog-checkpoint).
[[nodiscard]] std::string note_body(const Checkpoint& checkpoint);

/// Reads a body, or a whole note (body, empty line, signature lines; the signatures are left alone). Strict:
/// the parsed checkpoint must render to exactly this body. Fails with `protocol_error`.
[[nodiscard]] Result<Checkpoint> parse_note(std::string_view note);

}  // namespace al::audit
