#include "audit/checkpoint.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <optional>

#include "audit/canonical.h"
#include "audit/note.h"
#include "base/bytes.h"
#include "base/json_writer.h"

namespace al::audit {
namespace {

/// Removes a line with its line feed from the front; nothing when no line feed is left.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return {};
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

/// Behind the empty line, one or more lines, each an em dash (U+2014), a space, and so on; what they say is
/// read by whoever trusts a key (note.h).
bool are_signature_lines(std::string_view rest) {
  if (rest.empty()) return false;
  while (!rest.empty()) {
    const std::optional<std::string_view> line = take_line(rest);
    if (!line || !line->starts_with("\xE2\x80\x94 ")) return false;
  }
  return true;
}

Error malformed(std::string_view why) {
  return Error{Code::protocol_error, std::string("malformed checkpoint: ").append(why)};
}

}  // namespace

// C2SP tlog-checkpoint: "the origin", "the tree size", "the root hash", each line ended by a line feed
// (U+000A).
std::string note_body(const Checkpoint& checkpoint) {
  assert(is_note_line(checkpoint.origin));
  std::string out = checkpoint.origin;
  out += '\n';
  json::append_number(out, checkpoint.size);
  out.append("\n").append(to_base64(checkpoint.root)).append("\n");
  return out;
}

Result<Checkpoint> parse_note(std::string_view note) {
  std::string_view rest = note;
  Checkpoint checkpoint;
  const std::optional<std::string_view> origin = take_line(rest);
  if (!origin || !is_note_line(*origin)) return malformed("the first line must name the origin");
  checkpoint.origin = *origin;
  // "ASCII decimal, with no leading zeroes" – and the empty tree has size "0".
  const std::optional<std::string_view> size = take_line(rest);
  CanonicalReader in_size(size.value_or(std::string_view()), 0);
  if (!in_size.number(checkpoint.size) || !in_size.at_end()) {
    return malformed("the second line must be the number of rows, in decimal");
  }
  // "the root hash, base64-encoded": RFC 4648, section 4, which from_base64 takes in one spelling only.
  const std::optional<std::string_view> root = take_line(rest);
  const std::optional<Bytes> bytes = from_base64(root.value_or(std::string_view()));
  if (!bytes || bytes->size() != checkpoint.root.size()) {
    return malformed("the third line must be the root, 32 bytes in base64");
  }
  std::copy(bytes->begin(), bytes->end(), checkpoint.root.begin());
  // The text ends here, or at an empty line with signatures behind it. Extension lines, which the form
  // permits, are refused: what this parser does not carry, note_body could not render again.
  const std::string_view body = note.substr(0, note.size() - rest.size());
  if (!rest.empty() && !(rest.front() == '\n' && are_signature_lines(rest.substr(1)))) {
    return malformed("behind the root stands neither the end nor an empty line and signature lines");
  }
  if (note_body(checkpoint) != body)
    return malformed("it is not written in the one form that its content has");
  return checkpoint;
}

}  // namespace al::audit
