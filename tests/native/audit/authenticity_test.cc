#include "audit/authenticity.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>

#include "audit/checkpoint.h"

namespace al::audit {
namespace {

const VerifierKey key = make_verifier_key("lattice.example", Bytes(ed25519_key_bytes, 1)).value();
const VerifierKey stranger = make_verifier_key("lattice.example", Bytes(ed25519_key_bytes, 2)).value();

std::string body(std::uint64_t size) { return note_body({.origin = "org-1", .size = size, .root = {}}); }
std::string signed_by(const VerifierKey& signer, std::uint64_t size) {
  return body(size) + "\n" + signature_line(signer, Bytes(ed25519_signature_bytes, 3));
}

json::Document judged(std::string_view checkpoint, std::string_view pinned, const VerifierKey& trusted) {
  std::string request;
  json::Writer writer(request);
  writer.begin_object().field("checkpoint", checkpoint).field_if("pinned", pinned);
  writer.key("verifier_keys").begin_array().value(std::string_view(text(trusted))).end_array().end_object();
  const Result<std::string> verdict = judge_checkpoint(request);
  REQUIRE(verdict.ok());
  return json::parse(*verdict).value();
}

}  // namespace

TEST_CASE("a checkpoint by a trusted key is authentic if its signature holds", "[audit][authenticity]") {
  const json::Document verdict = judged(signed_by(key, 9), "", key);
  const json::Value check = verdict.root()["check"];
  CHECK(check["text"].string() == body(9));
  CHECK(check["signatures"].size() == 1);
  CHECK(check["signatures"].items().begin().operator*()["public_key"].string() == to_base64(key.public_key));
  CHECK(verdict.root()["otherwise"]["damage"].string() == "bad_signature");
  CHECK_FALSE(verdict.root()["otherwise"]["chain_valid"].as_bool().value_or(true));
}

TEST_CASE("a checkpoint by nobody that is trusted is not, from the first row that nothing else vouches for",
          "[audit][authenticity]") {
  for (const std::string& note : {body(9), signed_by(stranger, 9)}) {
    const json::Document alone = judged(note, "", key);
    CHECK_FALSE(alone.root()["check"].present());
    CHECK(alone.root()["otherwise"]["first_broken_at_row_id"].as_uint64() == 0);
    const json::Document grown = judged(note, signed_by(key, 4), key);
    CHECK(grown.root()["otherwise"]["first_broken_at_row_id"].as_uint64() == 4);
    const json::Document shrunk = judged(note, signed_by(key, 20), key);
    CHECK(shrunk.root()["otherwise"]["first_broken_at_row_id"].as_uint64() == 8);
  }
}

TEST_CASE("without keys, or with what is none, nothing is judged", "[audit][authenticity]") {
  for (const std::string_view request :
       {"", "{}", "[]", R"({"checkpoint":"x","verifier_keys":[]})",
        R"({"checkpoint":"x","verifier_keys":[1]})", R"({"checkpoint":"x","verifier_keys":["a+b+c"]})"}) {
    CAPTURE(request);
    const Result<std::string> verdict = judge_checkpoint(request);
    REQUIRE_FALSE(verdict.ok());
    CHECK(verdict.error().code == Code::invalid_argument);
  }
}

}  // namespace al::audit
