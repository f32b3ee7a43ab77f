#include "base/utf8.h"

namespace al {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t at) { return static_cast<std::uint8_t>(text[at]); }

}  // namespace

std::size_t utf8_sequence_bytes(std::string_view rest) {
  if (rest.empty()) return 0;
  const std::uint8_t lead = byte_at(rest, 0);
  if (lead < 0x80) return 1;
  // RFC 3629, section 4: C0, C1 and F5–FF never appear; the second byte after E0, ED, F0 and F4 has a
  // narrower range, which excludes overlong forms, surrogates and what lies beyond U+10FFFF.
  const std::size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                             : lead >= 0xE0 && lead <= 0xEF ? 3
                             : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                            : 0;
  if (length == 0 || rest.size() < length) return 0;
  const std::uint8_t second = byte_at(rest, 1);
  const std::uint8_t lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const std::uint8_t highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (second < lowest || second > highest) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte_at(rest, i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = utf8_sequence_bytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

void append_utf8(std::string& out, std::uint32_t character) {
  if (character < 0x80) {
    out += static_cast<char>(character);
    return;
  }
  // RFC 3629, section 3: six bits a byte behind the first, which says how many there are.
  const int more = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
  const std::uint32_t lead = 0xFF00U >> (more + 1) & 0xFF;
  out += static_cast<char>(lead | character >> (6 * more));
  for (int i = more - 1; i >= 0; --i) out += static_cast<char>(0x80 | (character >> (6 * i) & 0x3F));
}

}  // namespace al
