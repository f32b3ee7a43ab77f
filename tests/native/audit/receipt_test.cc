#include "audit/receipt.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "audit/authenticity.h"
#include "audit/checkpoint.h"
#include "audit/merkle.h"
#include "audit/row.h"

namespace al::audit {
namespace {

/// The receipts of a ledger of `total` rows, with a signature line that nobody computed: what Ed25519 says is
/// for whoever can tell.
struct Office {
  explicit Office(std::uint64_t total) {
    Entropy entropy = Entropy::from_number(9);
    Digest prev{};
    for (std::uint64_t id = 0; id < total; ++id) {
      Entry entry{.type = "action.executed", .agent_id = "agt-1", .wall_ms = 1'769'860'800'000};
      entry.facts = R"({"action_type":"repo.read"})";
      entry.redactable = {{"metadata", R"({"pr":1})"}, {"reason", R"("because")"}};
      rows.push_back(compose(entry, id, prev, entropy));
      prev = chain_hash(prev, leaf_hash(rows.back().text));
      tree.append(leaf_hash(rows.back().text));
    }
    note = note_body({.origin = "org-1", .size = total, .root = tree.root()}) + "\n" +
           signature_line(key, Bytes(ed25519_signature_bytes, 3));
  }
  [[nodiscard]] std::string proof(std::uint64_t id) const {
    return render_proof(id, tree.inclusion_proof(id, rows.size()).value(), note);
  }

  VerifierKey key = make_verifier_key("lattice.example", Bytes(ed25519_key_bytes, 1)).value();
  std::vector<Row> rows;
  MerkleTree tree;
  std::string note;
};

std::string request_for(std::string_view row, std::string_view openings, std::string_view proof,
                        std::string_view key) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("receipt").begin_object().field("row", row).field_if("openings", openings);
  writer.field("proof", proof).end_object().key("verifier_keys").begin_array().value(key).end_array();
  writer.end_object();
  return out;
}

}  // namespace

TEST_CASE("A proof has the exact bytes of the C2SP form", "[audit][receipt]") {
  const Digest node = sha256(std::string_view());
  CHECK(render_proof(7, std::vector<Digest>{node, node}, "org\n") ==
        "c2sp.org/tlog-proof@v1\nindex 7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\norg\n");
  CHECK(render_proof(0, {}, "org\n") == "c2sp.org/tlog-proof@v1\nindex 0\n\norg\n");
  const Result<Proof> proof = parse_proof("c2sp.org/tlog-proof@v1\nextra AAAA\nindex 0\n\norg\n");
  REQUIRE(proof.ok());
  CHECK(proof->note == "org\n");
}

TEST_CASE("Every row of every small ledger has a receipt", "[audit][receipt]") {
  for (std::uint64_t total = 1; total <= 17; ++total) {
    const Office office(total);
    for (std::uint64_t id = 0; id < total; ++id) {
      const Row& row = office.rows[id];
      CAPTURE(total, id);
      CHECK(check_receipt({row.text, row.openings, office.proof(id)}).damage == Damage::none);
      CHECK(check_receipt({row.text, "", office.proof(id)}).damage == Damage::none);  // Redacted.
      const std::uint64_t other = (id + 1) % total;
      if (other != id) {
        CHECK(check_receipt({row.text, row.openings, office.proof(other)}).damage == Damage::edited);
        CHECK(check_receipt({office.rows[other].text, "", office.proof(id)}).damage == Damage::edited);
      }
    }
  }
}

TEST_CASE("No byte of a receipt changes without a trace", "[audit][receipt]") {
  const Office office(5);
  const Row& row = office.rows[3];
  const std::string proof = office.proof(3);
  const std::vector<VerifierKey> trusted{office.key};
  const Authenticity sound = authenticity(office.note, trusted);
  REQUIRE(sound.checks.size() == 1);
  const auto flip = [](const std::string& text, auto each) {
    for (std::size_t at = 0; at < text.size(); ++at) {
      for (const int mask : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80}) {
        std::string changed = text;
        changed[at] = static_cast<char>(changed[at] ^ mask);
        each(changed, at);
      }
    }
  };
  flip(row.text, [&](const std::string& changed, std::size_t at) {
    if (check_receipt({changed, row.openings, proof}).damage != Damage::edited) FAIL("row, byte " << at);
  });
  flip(row.openings, [&](const std::string& changed, std::size_t at) {
    if (check_receipt({row.text, changed, proof}).damage != Damage::edited) FAIL("openings, byte " << at);
  });
  flip(proof, [&](const std::string& changed, std::size_t at) {
    if (check_receipt({row.text, row.openings, changed}).damage != Damage::none) return;
    // What is left: the origin's name and the signature, which Ed25519 covers.
    const std::string note(parse_proof(changed).value().note);
    const Authenticity found = authenticity(note, trusted);
    if (!found.problem.empty()) return;
    if (found.note.text == sound.note.text && found.checks[0].signature == sound.checks[0].signature)
      FAIL("proof, byte " << at);
  });
}

TEST_CASE("A verdict on a receipt says what must hold, and what is wrong", "[audit][receipt]") {
  const Office office(4);
  const Row& row = office.rows[2];
  const std::string key = text(office.key);
  const auto judged = [&](const std::string& request) {
    const Result<std::string> verdict = judge_receipt(request);
    REQUIRE(verdict.ok());
    return json::parse(*verdict).value();
  };
  const json::Document good = judged(request_for(row.text, row.openings, office.proof(2), key));
  CHECK(good.root()["damage"].string() == "none");
  CHECK(good.root()["row_id"].as_uint64() == 2);
  CHECK(good.root()["type"].string() == "action.executed");
  CHECK(good.root()["facts"]["action_type"].string() == "repo.read");
  CHECK(good.root()["opened"]["reason"].string() == "because");
  CHECK(good.root()["size"].as_uint64() == 4);
  CHECK(good.root()["check"]["signatures"].size() == 1);
  CHECK(good.root()["check"]["text"].string() == office.note.substr(0, office.note.find("\n\n") + 1));
  CHECK(good.root()["check"]["otherwise"]["damage"].string() == "bad_signature");

  const std::string stranger = text(make_verifier_key("lattice.example", Bytes(ed25519_key_bytes)).value());
  const json::Document strange = judged(request_for(row.text, "", office.proof(2), stranger));
  CHECK(strange.root()["damage"].string() == "bad_signature");
  CHECK_FALSE(strange.root()["facts"].present());
  const std::string body = office.note.substr(0, office.note.find("\n\n") + 1);
  const std::string unsigned_proof = render_proof(2, office.tree.inclusion_proof(2, 4).value(), body);
  CHECK(judged(request_for(row.text, "", unsigned_proof, key)).root()["damage"].string() == "bad_signature");
  CHECK(judged(request_for(row.text, "", "", key)).root()["damage"].string() == "edited");

  CHECK_FALSE(judge_receipt("{}").ok());
  CHECK_FALSE(judge_receipt("x").ok());
  CHECK_FALSE(judge_receipt(request_for(row.text, "", office.proof(2), "no key")).ok());
}

}  // namespace al::audit
