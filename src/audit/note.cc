#include "audit/note.h"

#include <algorithm>
#include <optional>

#include "base/sha256.h"
#include "base/utf8.h"

namespace al::audit {
namespace {

constexpr std::string_view dash = "\xE2\x80\x94 ";  // U+2014 and a space

/// Unicode's White_Space, as UTF-8, of what a line can hold at all.
bool is_space(std::string_view character) {
  constexpr std::array<std::string_view, 8> spaces{
      " ",           "\xC2\x85", "\xC2\xA0", "\xE1\x9A\x80", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF",
      "\xE2\x81\x9F"};
  if (std::find(spaces.begin(), spaces.end(), character) != spaces.end()) return true;
  // U+2000 to U+200A, U+3000.
  return (character >= "\xE2\x80\x80" && character <= "\xE2\x80\x8A") || character == "\xE3\x80\x80";
}

/// "Key names MUST be non-empty and MUST NOT contain any Unicode spaces or plus (U+002B) characters."
bool is_key_name(std::string_view name) {
  if (!is_note_line(name)) return false;
  while (!name.empty()) {
    const std::string_view character = name.substr(0, utf8_sequence_bytes(name));
    if (character == "+" || is_space(character)) return false;
    name.remove_prefix(character.size());
  }
  return true;
}

/// Four bytes, then at least one more.
std::optional<NoteSignature> read_signature_line(std::string_view line) {
  if (!line.starts_with(dash)) return {};
  line.remove_prefix(dash.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || !is_key_name(line.substr(0, space))) return {};
  const std::optional<Bytes> bytes = from_base64(line.substr(space + 1));
  NoteSignature signature{.name = line.substr(0, space), .signature = {}};
  if (!bytes || bytes->size() <= signature.key.size()) return {};
  const auto end_of_id = bytes->begin() + static_cast<std::ptrdiff_t>(signature.key.size());
  std::copy(bytes->begin(), end_of_id, signature.key.begin());
  signature.signature.assign(end_of_id, bytes->end());
  return signature;
}

Error malformed(std::string_view why) {
  return Error{Code::protocol_error, std::string("malformed note: ").append(why)};
}

}  // namespace

bool is_note_line(std::string_view line) {
  if (line.empty()) return false;
  for (std::size_t i = 0; i < line.size();) {
    const std::size_t sequence = utf8_sequence_bytes(line.substr(i));
    if (sequence == 0 || static_cast<unsigned char>(line[i]) < 0x20) return false;
    i += sequence;
  }
  return true;
}

KeyId key_id(std::string_view name, std::uint8_t type, std::span<const std::uint8_t> public_key) {
  const std::array<std::uint8_t, 2> between{'\n', type};
  const Digest digest = Sha256().update(name).update(between).update(public_key).finish();
  KeyId id;
  std::copy_n(digest.begin(), id.size(), id.begin());
  return id;
}

std::string text(const VerifierKey& key) {
  Bytes typed{ed25519};
  typed.insert(typed.end(), key.public_key.begin(), key.public_key.end());
  return key.name + "+" + to_hex(key.id) + "+" + to_base64(typed);
}

namespace {

Error no_key(std::string_view why) {
  return Error{Code::invalid_argument,
               std::string("a verifier key is \"name+hash+base64\" (c2sp.org/signed-note): ").append(why)};
}

}  // namespace

Result<VerifierKey> make_verifier_key(std::string_view name, std::span<const std::uint8_t> public_key) {
  if (!is_key_name(name)) return no_key("its name must not be empty, nor have spaces or plus signs");
  VerifierKey key{.name = std::string(name)};
  if (public_key.size() != key.public_key.size()) return no_key("its public key must have 32 bytes");
  std::copy(public_key.begin(), public_key.end(), key.public_key.begin());
  key.id = key_id(name, ed25519, public_key);
  return key;
}

Result<VerifierKey> parse_verifier_key(std::string_view text) {
  const std::size_t first = text.find('+');
  const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return no_key("this one has no two plus signs");
  const std::optional<Bytes> id = from_hex(text.substr(first + 1, second - first - 1));
  const std::optional<Bytes> typed = from_base64(text.substr(second + 1));
  if (!id || !typed || typed->empty() || typed->front() != ed25519)
    return no_key(
        "behind the name stand 8 lower-case hexadecimal digits, and the byte 1 and a key in base64");
  Result<VerifierKey> key =
      make_verifier_key(text.substr(0, first), std::span<const std::uint8_t>(*typed).subspan(1));
  if (key && !std::equal(id->begin(), id->end(), key->id.begin(), key->id.end()))
    return no_key("the hash is not that of name and key, so one of the three was changed");
  return key;
}

Result<Note> read_note(std::string_view note) {
  if (note.size() > note_bytes_max) return malformed("it is too long");
  // "the text is separated from the signatures by the last empty line in the note"
  const std::size_t empty_line = note.rfind("\n\n");
  if (empty_line == std::string_view::npos) return malformed("there is no empty line before the signatures");
  Note out{.text = note.substr(0, empty_line + 1), .signatures = {}};
  for (std::size_t at = 0; at < out.text.size();) {
    const std::size_t end = out.text.find('\n', at);
    if (end != at && !is_note_line(out.text.substr(at, end - at)))
      return malformed("its text is not UTF-8, or has control characters");
    at = end + 1;
  }
  std::string_view rest = note.substr(empty_line + 2);
  if (rest.empty()) return malformed("there is no signature");
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return malformed("its last line has no end");
    std::optional<NoteSignature> signature = read_signature_line(rest.substr(0, end));
    if (!signature) return malformed("a signature line is not \"\xE2\x80\x94 name base64\"");
    if (out.signatures.size() == note_signatures_max) return malformed("it has too many signatures");
    out.signatures.push_back(std::move(*signature));
    rest.remove_prefix(end + 1);
  }
  return out;
}

std::string signature_line(const VerifierKey& key, std::span<const std::uint8_t> signature) {
  Bytes bytes(key.id.begin(), key.id.end());
  bytes.insert(bytes.end(), signature.begin(), signature.end());
  std::string line(dash);
  return line.append(key.name).append(" ").append(to_base64(bytes)).append("\n");
}

std::vector<SignatureCheck> trusted_signatures(const Note& note, std::span<const VerifierKey> trusted) {
  std::vector<SignatureCheck> checks;
  for (const NoteSignature& signature : note.signatures) {
    for (const VerifierKey& key : trusted) {
      if (key.name == signature.name && key.id == signature.key)
        checks.push_back({&key, signature.signature});
    }
  }
  return checks;
}

}  // namespace al::audit
