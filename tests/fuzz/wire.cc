// What a peer says besides requests: checkpoints, realtime frames, times, escapes. What is read and written
// again is the same.
#include "wire/realtime.h"

#include <string>

#include "audit/checkpoint.h"
#include "base/bytes.h"
#include "base/time.h"
#include "fuzz.h"
#include "policy/pattern.h"
#include "wire/http.h"

using namespace al;
using fuzz::must;

namespace {

void read_note(std::string_view text) {
  const Result<audit::Checkpoint> note = audit::parse_note(text);
  if (!note) return;
  const std::string body = audit::note_body(*note);
  must(text.starts_with(body), "a checkpoint has one way to be written");
}

void read_frames(std::string_view text) {
  static_cast<void>(wire::read_server_frame(text));
  static_cast<void>(wire::read_filter(text));
  const Result<json::Document> frame = json::parse(text);
  if (!frame) return;
  const Result<wire::Subscribe> subscribe = wire::read_subscribe(frame->root());
  if (!subscribe) return;
  const std::string written = wire::write_subscribe(*subscribe);
  const Result<json::Document> again = json::parse(written);
  must(again.ok(), "a written frame is JSON");
  const Result<wire::Subscribe> twin = wire::read_subscribe(again->root());
  must(twin.ok() && wire::write_subscribe(*twin) == written, "a written frame is read as it was meant");
}

void read_texts(std::string_view text) {
  if (const std::optional<Millis> time = parse_rfc3339(text))
    must(parse_rfc3339(format_rfc3339(*time)) == time, "a time is written as it was read");
  static_cast<void>(parse_http_date(text));
  must(wire::percent_decode(wire::percent_encode(text)) == std::string(text), "escapes are undone");
  static_cast<void>(wire::percent_decode(text));
  if (const std::optional<Bytes> plain = from_hex(text))
    must(from_hex(to_hex(*plain)) == plain, "hexadecimal is undone");
  if (const std::optional<Bytes> plain = from_base64(text))
    must(to_base64(*plain) == text, "base64 has one way to be written");
  if (const std::optional<policy::Pattern> pattern = policy::Pattern::parse(text)) {
    must(pattern->covers(*pattern), "a pattern covers itself");
    must(pattern->is_exact() == policy::is_action_type(text), "an exact pattern is an action type");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text = fuzz::text_of(bytes, size);
  read_note(text);
  read_frames(text);
  read_texts(text);
  return 0;
}
