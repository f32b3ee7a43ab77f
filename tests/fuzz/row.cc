// Rows that a store or a server gives: text, line feed, openings. The strict reader and the fast one agree.
#include "audit/row.h"

#include <string>
#include <vector>

#include "audit/verifier.h"
#include "engine/engine.h"
#include "fuzz.h"

using namespace al;
using fuzz::must;

namespace {

std::string canonical_or_empty(json::Value value) {
  return value.present() ? json::canonical(value) : std::string();
}

std::string written(const std::vector<audit::CanonicalMember>& members) {
  std::string out;
  for (const auto& [name, value] : members)
    out.append(out.empty() ? "{\"" : ",\"").append(name).append("\":").append(value.text());
  return out.empty() ? "{}" : out + "}";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view openings = fuzz::text_of(bytes, size);
  const std::string_view text = fuzz::take_until(openings, "\n");
  const Result<audit::DecodedRow> decoded = audit::decode(text);
  std::vector<audit::CanonicalMember> facts;
  const Result<audit::RowFrame> frame = audit::read_frame(text, facts);
  must(audit::read_frame(text).ok() == frame.ok(), "facts are read alike, kept or passed over");
  must(decoded.ok() == frame.ok(), "both readers accept the same rows");
  static_cast<void>(audit::check_openings(text, openings));

  audit::Verifier verifier;
  verifier.add(text, openings);
  verifier.add(text, openings);
  must(verifier.finding().damage != audit::Damage::none, "no row can stand twice");

  engine::Engine engine;
  const Status loaded = engine.load(text, openings);
  if (!decoded) {
    must(!loaded.ok(), "what is no row is not loaded");
    return 0;
  }
  must(decoded->row_id == frame->row_id && decoded->wall_ms == frame->wall_ms &&
           decoded->prev_hash == frame->prev_hash,
       "both readers read the same");
  must(canonical_or_empty(decoded->facts) == frame->facts, "facts are canonical");
  must(written(facts) == frame->facts, "the facts' members are the facts");
  must(canonical_or_empty(decoded->commitments) == frame->commitments, "commitments are canonical");
  const bool sound = audit::check_openings(frame->commitments, openings).ok();
  must(sound || openings.empty() || !loaded.ok(), "openings that do not fit are not loaded");
  return 0;
}
