#include "audit/checkpoint.h"

#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace al::audit {
namespace {

// The example of c2sp.org/tlog-checkpoint.
constexpr std::string_view example =
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
constexpr std::string_view signature =
    "\xE2\x80\x94 example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string out(text);
  const std::size_t at = out.find(what);
  REQUIRE(at != std::string::npos);
  return out.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE("A checkpoint has exact bytes", "[audit][checkpoint]") {
  Checkpoint checkpoint{.origin = "org_1", .size = 0, .root = sha256(std::string_view())};
  CHECK(note_body(checkpoint) == "org_1\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
  checkpoint.size = std::numeric_limits<std::uint64_t>::max();
  CHECK(note_body(checkpoint) ==
        "org_1\n18446744073709551615\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
}

TEST_CASE("The published example is read, with and without signatures", "[audit][checkpoint]") {
  const std::string note = std::string(example) + "\n" + std::string(signature);
  for (const std::string& text : {std::string(example), note, note + std::string(signature)}) {
    const Result<Checkpoint> checkpoint = parse_note(text);
    REQUIRE(checkpoint.ok());
    CHECK(checkpoint->origin == "example.com/behind-the-sofa");
    CHECK(checkpoint->size == 20'852'163);
    CHECK(to_hex(checkpoint->root) == "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62");
    CHECK(note_body(*checkpoint) == example);
  }
}

TEST_CASE("A checkpoint in any other spelling is refused", "[audit][checkpoint]") {
  const std::string body(example);
  const std::string note = body + "\n" + std::string(signature);
  const std::vector<std::string> table{
      "",
      "\n",
      body.substr(0, body.size() - 1),   // No line feed at the end.
      replaced(body, "\n", "\r\n"),      // CRLF …
      replaced(body, "63\n", "63\r\n"),  // … in each line.
      replaced(body, "=\n", "=\r\n"),
      replaced(body, "20852163", "020852163"),  // Leading zeros.
      replaced(body, "20852163", "00"),
      replaced(body, "20852163", ""),
      replaced(body, "20852163", "+20852163"),
      replaced(body, "20852163", "-1"),
      replaced(body, "20852163", " 20852163"),
      replaced(body, "20852163", "20852163 "),
      replaced(body, "20852163", "0x13e2d83"),
      replaced(body, "20852163", "2e7"),
      replaced(body, "20852163", "18446744073709551616"),  // 2^64.
      replaced(body, "example.com/behind-the-sofa", ""),   // No origin.
      replaced(body, "behind-", "behind\t"),               // A control character.
      replaced(body, "behind-", "behind\xff"),             // No UTF-8.
      replaced(body, "q2I=", "q2I"),                       // No padding.
      replaced(body, "q2I=", "q2J="),                      // Unused bits.
      replaced(body, "q2I=", "q2I=="),
      replaced(body, "q2I=", "q2I= "),
      replaced(body, "CsUY", "Cs-Y"),      // The URL alphabet.
      replaced(body, "CsUY", ""),          // 29 bytes.
      replaced(body, "CsUY", "CsUYCsUY"),  // 35 bytes.
      replaced(body, "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", ""),
      body + "an extension line\n",
      body + "\n",  // An empty line, but no signature.
      body + "\n\n" + std::string(signature),
      body + std::string(signature),  // No empty line.
      "\n" + note,
      note + "\n",
      note.substr(0, note.size() - 1),
      note + "x\n",
      body + "\n" + body,
      body + "\n- example.com AAAA\n",  // A hyphen is no em dash.
  };
  for (const std::string& text : table) {
    CAPTURE(text);
    const Result<Checkpoint> checkpoint = parse_note(text);
    REQUIRE_FALSE(checkpoint.ok());
    CHECK(checkpoint.error().code == Code::protocol_error);
  }
}

TEST_CASE("No two texts are one checkpoint", "[audit][checkpoint]") {
  const std::string body(example);
  for (std::size_t at = 0; at < body.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string changed = body;
      changed[at] = static_cast<char>(c);
      const Result<Checkpoint> checkpoint = parse_note(changed);
      if (checkpoint.ok() && note_body(*checkpoint) != changed) FAIL("byte " << at << ", value " << c);
    }
    if (parse_note(body.substr(0, at)).ok()) FAIL("cut at " << at);
  }
}

}  // namespace al::audit
