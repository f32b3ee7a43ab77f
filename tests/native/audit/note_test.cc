#include "audit/note.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/vectors.h"

namespace al::audit {
namespace {

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string out(text);
  const std::size_t at = out.find(what);
  REQUIRE(at != std::string::npos);
  return out.replace(at, what.size(), with);
}

VerifierKey key_of(const json::Value root, std::size_t index) {
  std::size_t at = 0;
  for (const json::Value key : root["keys"].items()) {
    if (at++ == index) return parse_verifier_key(key["verifier_key"].string()).value();
  }
  FAIL("no such key");
  return {};
}

}  // namespace

TEST_CASE("Keys are named and hashed as others do it", "[audit][note]") {
  const json::Document file = vectors::read("notes.json");
  for (const json::Value each : file.root()["keys"].items()) {
    CAPTURE(each["name"].string());
    const Result<VerifierKey> key = parse_verifier_key(each["verifier_key"].string());
    REQUIRE(key.ok());
    CHECK(key->name == each["name"].string());
    CHECK(to_hex(key->id) == each["key_id"].string());
    CHECK(to_hex(key->public_key) == each["public_key"].string());
    CHECK(text(*key) == each["verifier_key"].string());
    const Bytes bytes = from_hex(each["public_key"].string()).value();
    CHECK(text(make_verifier_key(key->name, bytes).value()) == each["verifier_key"].string());
  }
}

TEST_CASE("A verifier key with any byte changed, cut or added is none", "[audit][note]") {
  const json::Document file = vectors::read("notes.json");
  const std::string sound(file.root()["keys"].items().begin().operator*()["verifier_key"].string());
  for (std::size_t at = 0; at < sound.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = sound;
      changed[at] = static_cast<char>(byte);
      if (changed != sound && parse_verifier_key(changed).ok()) FAIL("byte " << at << ", value " << byte);
    }
    if (parse_verifier_key(sound.substr(0, at)).ok()) FAIL("cut at " << at);
  }
  for (const std::string& text : {std::string(), "+" + sound, sound + "A", sound + "\n", " " + sound}) {
    CAPTURE(text);
    const Result<VerifierKey> key = parse_verifier_key(text);
    REQUIRE_FALSE(key.ok());
    CHECK(key.error().code == Code::invalid_argument);
  }
  const Bytes bytes(ed25519_key_bytes);
  for (const std::string_view name : {"", "a b", "a+b",
                                      "a\xC2\xA0"
                                      "b",
                                      "a\xE3\x80\x80", "a\xE2\x80\x83", "a\nb", "a\xff"}) {
    CAPTURE(name);
    CHECK_FALSE(make_verifier_key(name, bytes).ok());
  }
  CHECK_FALSE(make_verifier_key("a", Bytes(31)).ok());
}

TEST_CASE("Notes are read with all their signatures; those of unknown keys are ignored", "[audit][note]") {
  const json::Document file = vectors::read("notes.json");
  for (const json::Value each : file.root()["notes"].items()) {
    const Result<Note> note = read_note(each["note"].string());
    REQUIRE(note.ok());
    CHECK(note->text == each["text"].string());
    REQUIRE(note->signatures.size() == each["signatures"].size());
    std::vector<VerifierKey> trusted;
    std::string rendered = std::string(note->text) + "\n";
    std::size_t at = 0;
    for (const json::Value signature : each["signatures"].items()) {
      const NoteSignature& found = note->signatures[at++];
      if (const auto by = signature["by"].as_uint64()) {
        trusted.push_back(key_of(file.root(), static_cast<std::size_t>(*by)));
        CHECK(found.name == trusted.back().name);
        CHECK(found.key == trusted.back().id);
        CHECK(found.signature.size() == ed25519_signature_bytes);
        CHECK(each["note"].string().find(signature_line(trusted.back(), found.signature)) !=
              std::string_view::npos);
      } else {
        CHECK(found.name == signature["unknown"].string());
      }
    }
    CHECK(trusted_signatures(*note, trusted).size() == trusted.size());
    CHECK(trusted_signatures(*note, {}).empty());
    // The same name, another key.
    std::vector<VerifierKey> others{make_verifier_key(trusted[0].name, Bytes(ed25519_key_bytes)).value()};
    CHECK(trusted_signatures(*note, others).empty());
  }
}

TEST_CASE("What is no note is refused", "[audit][note]") {
  const json::Document file = vectors::read("notes.json");
  const std::string note(file.root()["notes"].items().begin().operator*()["note"].string());
  const std::string line = note.substr(note.find("\n\n") + 2);
  const std::string text = note.substr(0, note.find("\n\n") + 1);
  const std::vector<std::string> table{
      "",
      text,
      text + "\n",
      text + line,
      note + "\n",
      note + "x\n",
      note.substr(0, note.size() - 1),
      replaced(note, "\xE2\x80\x94 ", "- "),
      replaced(note, "\xE2\x80\x94 ", "\xE2\x80\x94"),
      replaced(note, "\xE2\x80\x94 ", "\xE2\x80\x94  "),
      replaced(note, "org-1", "org\t1"),
      replaced(note, "org-1",
               "org\xff"
               "1"),
      replaced(note, "org-1", "org-1\r"),
      text + "\n\xE2\x80\x94 lattice.example/acme NxPSlg==\n",  // A key id, and nothing signed.
      text + "\n\xE2\x80\x94 lattice.example/acme AAAA\n",
      text + "\n\xE2\x80\x94 a+b " + line.substr(line.rfind(' ') + 1),
  };
  for (const std::string& each : table) {
    CAPTURE(each);
    const Result<Note> read = read_note(each);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().code == Code::protocol_error);
  }
  std::string crowded = text + "\n";
  for (std::size_t i = 0; i < note_signatures_max; ++i) crowded += line;
  CHECK(read_note(crowded).ok());
  CHECK_FALSE(read_note(crowded + line).ok());
  CHECK_FALSE(read_note(std::string(note_bytes_max, 'x') + "\n\n" + line).ok());
}

TEST_CASE("No byte of a signed note changes without a trace", "[audit][note]") {
  const json::Document file = vectors::read("notes.json");
  const std::string sound(file.root()["notes"].items().begin().operator*()["note"].string());
  const std::vector<VerifierKey> trusted{key_of(file.root(), 0)};
  const Note original = read_note(sound).value();
  const Bytes signature = trusted_signatures(original, trusted).at(0).signature;
  for (std::size_t at = 0; at < sound.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = sound;
      changed[at] = static_cast<char>(byte);
      if (changed == sound) continue;
      const Result<Note> note = read_note(changed);
      if (!note) continue;
      const std::vector<SignatureCheck> checks = trusted_signatures(*note, trusted);
      if (checks.empty()) continue;
      // What is left to Ed25519: another text, or another signature.
      if (note->text == original.text && checks.at(0).signature == signature)
        FAIL("byte " << at << ", value " << byte);
    }
  }
}

}  // namespace al::audit
