// Signed notes (c2sp.org/signed-note): text, an empty line, and signature lines.
//
//   — <key name> base64(key id ‖ signature)
//
// The key id is the first four bytes of SHA-256(key name ‖ 0x0A ‖ signature type ‖ public key). Nothing here
// computes with keys: Ed25519 is the platform's business, and whoever holds a private key signs elsewhere.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace al::audit {

/// What a note may be at most; c2sp.org/signed-note asks for room for 16 signatures.
inline constexpr std::size_t note_bytes_max = 1 << 20;
inline constexpr std::size_t note_signatures_max = 100;

using KeyId = std::array<std::uint8_t, 4>;

/// The signature type that this kernel can name; lines of others are kept and ignored.
inline constexpr std::uint8_t ed25519 = 0x01;
inline constexpr std::size_t ed25519_key_bytes = 32;
inline constexpr std::size_t ed25519_signature_bytes = 64;

/// A line of a note's text, or a name: UTF-8, not empty, without control characters.
[[nodiscard]] bool is_note_line(std::string_view line);

/// An Ed25519 public key under a name. Its text: "name+<key id, 8 hex>+<base64 of 0x01 ‖ public key>".
struct VerifierKey {
  std::string name;
  KeyId id{};
  std::array<std::uint8_t, ed25519_key_bytes> public_key{};
};
[[nodiscard]] KeyId key_id(std::string_view name, std::uint8_t type,
                           std::span<const std::uint8_t> public_key);
[[nodiscard]] std::string text(const VerifierKey& key);
/// Fails with `invalid_argument` where the name is none, or the key has another length.
[[nodiscard]] Result<VerifierKey> make_verifier_key(std::string_view name,
                                                    std::span<const std::uint8_t> public_key);
/// Fails with `invalid_argument`, also where the key id is not that of the rest.
[[nodiscard]] Result<VerifierKey> parse_verifier_key(std::string_view text);

struct NoteSignature {
  std::string_view name;
  KeyId key{};
  Bytes signature;
};
struct Note {
  std::string_view text;  // with its last line feed
  std::vector<NoteSignature> signatures;
};
/// Strict; the views show parts of `note`. Fails with `protocol_error`.
[[nodiscard]] Result<Note> read_note(std::string_view note);

/// The line, with its line feed, that `key` signs a note with.
[[nodiscard]] std::string signature_line(const VerifierKey& key, std::span<const std::uint8_t> signature);

/// A signature that must hold, for whoever can compute it.
struct SignatureCheck {
  const VerifierKey* key;
  Bytes signature;
};
/// Of the note's signatures, those by keys that are trusted. The note is authentic when there is at least
/// one, and all of them hold (c2sp.org/signed-note: a known key's signature that fails rejects the note).
[[nodiscard]] std::vector<SignatureCheck> trusted_signatures(const Note& note,
                                                             std::span<const VerifierKey> trusted);

}  // namespace al::audit
