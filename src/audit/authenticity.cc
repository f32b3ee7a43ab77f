#include "audit/authenticity.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "audit/checkpoint.h"
#include "audit/verifier.h"

namespace al::audit {

Authenticity authenticity(std::string_view note, std::span<const VerifierKey> trusted) {
  Authenticity out;
  Result<Note> read = read_note(note);
  if (!read) {
    out.problem = "the checkpoint is not signed: " + read.error().message;
    return out;
  }
  out.note = std::move(*read);
  out.checks = trusted_signatures(out.note, trusted);
  if (!out.checks.empty()) return out;
  out.problem = "none of the checkpoint's signatures is by a trusted key; it is signed by";
  for (const NoteSignature& signature : out.note.signatures)
    out.problem.append(" ").append(signature.name).append("+").append(to_hex(signature.key));
  return out;
}

void write_checks(json::Writer& writer, const Authenticity& authenticity) {
  writer.field("text", authenticity.note.text).key("signatures").begin_array();
  for (const SignatureCheck& check : authenticity.checks) {
    writer.begin_object().field("key", check.key->name);
    writer.field("public_key", to_base64(check.key->public_key));
    writer.field("signature", to_base64(check.signature)).end_object();
  }
  writer.end_array();
}

Result<std::vector<VerifierKey>> read_verifier_keys(json::Value list) {
  std::vector<VerifierKey> keys;
  for (const json::Value item : list.items()) {
    Result<VerifierKey> key = parse_verifier_key(item.string());
    if (!key) return key.error();
    keys.push_back(std::move(*key));
  }
  if (keys.empty())
    return Error{Code::invalid_argument,
                 "a signature is worth what its key is: name at least one verifier key"};
  return keys;
}

Result<std::string> judge_checkpoint(std::string_view request) {
  const Result<json::Document> document =
      json::parse(request, {.bytes_max = 4 * note_bytes_max, .depth_max = 8});
  if (!document) return Error{Code::invalid_argument, document.error().message};
  const Result<std::vector<VerifierKey>> keys = read_verifier_keys(document->root()["verifier_keys"]);
  if (!keys) return keys.error();
  const std::string_view note = document->root()["checkpoint"].string();
  const Result<Checkpoint> newest = parse_note(note);
  if (!newest) return Error{Code::invalid_argument, newest.error().message};
  const Result<Checkpoint> pinned = parse_note(document->root()["pinned"].string());
  const std::uint64_t last = newest->size == 0 ? 0 : newest->size - 1;

  const Authenticity signatures = authenticity(note, *keys);
  const bool checkable = signatures.problem.empty();
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  if (checkable) {
    writer.key("check").begin_object();
    write_checks(writer, signatures);
    writer.end_object();
  }
  writer.key("otherwise").begin_object().field("chain_valid", false);
  writer.field("first_broken_at_row_id", pinned ? std::min(pinned->size, last) : std::uint64_t{0});
  writer.field("damage", text(Damage::bad_signature));
  writer.field("message", checkable ? broken_signature : std::string_view(signatures.problem));
  writer.end_object().end_object();
  return out;
}

}  // namespace al::audit
