#include <catch2/catch_test_macros.hpp>

#include "audit/checkpoint.h"
#include "audit/receipt.h"
#include "engine/desk.h"

using namespace al;
using namespace al::engine;

namespace {

const audit::VerifierKey signer_key =
    audit::make_verifier_key("lattice.example", Bytes(audit::ed25519_key_bytes, 5)).value();

std::uint64_t size_of(const Reply& reply) { return audit::parse_note(reply.get("checkpoint")).value().size; }

}  // namespace

TEST_CASE("without a signer, a checkpoint is answered at once, unsigned", "[signing]") {
  Desk desk;
  const Ticket asked = desk.ask("bot", "GET", "/audit/checkpoint");
  CHECK(desk.answers.at(asked).get("checkpoint") == desk.engine.checkpoint());
}

TEST_CASE("a checkpoint is held until it is signed, and covers what is durable", "[signing]") {
  Desk desk;
  desk.engine.use_signer(signer_key);
  const Ticket asked = desk.ask("bot", "GET", "/audit/checkpoint");
  CHECK(desk.answers.empty());
  CHECK(desk.signing->text == desk.engine.checkpoint(desk.durable));
  const Ticket other = desk.ask("bot", "GET", "/audit/verify");  // Served by the same signature.
  desk.sign();
  CHECK(size_of(desk.answers.at(asked)) == desk.durable);
  CHECK(desk.answers.at(asked).get("checkpoint") ==
        desk.engine.checkpoint() + "\n" +
            audit::signature_line(signer_key, Bytes(audit::ed25519_signature_bytes, 7)));
  CHECK(desk.answers.at(other)["chain_valid"].as_bool().value_or(false));
  CHECK(!desk.signing);
  // Nothing new: the same one, at once.
  const Ticket again = desk.ask("bot", "GET", "/audit/checkpoint");
  CHECK(desk.answers.contains(again));
}

TEST_CASE("what expires while a signature is handled wakes whoever waits for it", "[signing]") {
  Desk desk;
  desk.engine.use_signer(signer_key);
  const Ticket asked = desk.act("merge");
  desk.succeed();
  const Ticket wait = desk.ask("bot", "GET", "/approvals/" + desk.approval(asked) + "?wait=55");
  const Ticket checkpoint = desk.ask("bot", "GET", "/audit/checkpoint");
  desk.now.steady_ms += 100'000;
  desk.now.wall_ms += 100'000;
  desk.sign();
  desk.settle();
  CHECK(desk.answers.at(wait).get("status") == "expired");
  CHECK(desk.answers.contains(checkpoint));
}

TEST_CASE("rows that are being appended are signed after that", "[signing]") {
  Desk desk;
  desk.engine.use_signer(signer_key);
  desk.act();
  const Ticket asked = desk.ask("bot", "GET", "/audit/checkpoint");
  CHECK(!desk.signing);
  desk.succeed();
  REQUIRE(desk.signing);
  desk.act();  // Rows that come meanwhile
  const Ticket later = desk.ask("bot", "GET", "/audit/checkpoint");
  desk.sign();
  CHECK(!desk.answers.contains(asked));  // keep an answer waiting only until they are durable,
  desk.succeed();
  CHECK(desk.answers.contains(asked));
  CHECK(!desk.answers.contains(later));  // and the one that asked about them until they are signed.
  desk.sign();
  CHECK(size_of(desk.answers.at(later)) == desk.durable);
}

TEST_CASE("a signer that fails, lies or sleeps is an error, and signs again later", "[signing]") {
  Desk desk;
  desk.engine.use_signer(signer_key);
  const auto integrity = [&] {
    const Ticket asked = desk.ask("bot", "GET", "/posture");
    return desk.answers.at(asked)["components"]["chain_integrity"]["score"].as_int64();
  };
  CHECK(integrity() == 25);
  const Ticket failed = desk.ask("bot", "GET", "/audit/checkpoint");
  desk.sequencer.handle_sign_failed(desk.signing->rows, "no power", desk.now);
  desk.signing.reset();
  desk.drain();
  CHECK(desk.answers.at(failed).code() == "LEDGER_UNAVAILABLE");
  CHECK(desk.answers.at(failed).status == 503);
  CHECK(!desk.sequencer.next_deadline(desk.now));  // Nobody waits.
  CHECK(integrity() == 15);

  const Ticket lied = desk.ask("bot", "GET", "/audit/checkpoint");
  desk.sequencer.handle_signed(desk.signing->rows, Bytes(63), desk.now);
  desk.signing.reset();
  desk.drain();
  CHECK(desk.answers.at(lied).code() == "LEDGER_UNAVAILABLE");

  const Ticket slept = desk.ask("bot", "GET", "/audit/checkpoint");
  desk.advance(SequencerLimits().sign_wait_ms);
  CHECK(desk.answers.at(slept).code() == "LEDGER_UNAVAILABLE");
  desk.signing.reset();
  desk.sequencer.handle_signed(999, Bytes(64), desk.now);  // Of something else: a no-op.
  desk.drain();
  const Ticket woke = desk.ask("bot", "GET", "/audit/checkpoint");
  CHECK(desk.sequencer.next_deadline(desk.now));
  desk.sign();
  CHECK(desk.answers.at(woke).status == 200);
  CHECK(!desk.sequencer.next_deadline(desk.now));
  CHECK(integrity() == 25);
}

TEST_CASE("a signer that lost what it was asked is asked again", "[signing]") {
  Desk desk;
  desk.engine.use_signer(signer_key);
  desk.ask("bot", "GET", "/audit/checkpoint");
  desk.signing.reset();  // Nobody will ever answer.
  desk.advance(SequencerLimits().sign_wait_ms - 1);
  const Ticket late = desk.ask("bot", "GET", "/audit/checkpoint");
  CHECK(!desk.signing);
  desk.advance(1);
  REQUIRE(desk.signing);
  desk.sign();
  CHECK(desk.answers.at(late).status == 200);
}

TEST_CASE("rows that were refused are not signed", "[signing]") {
  Desk desk;
  desk.engine.use_signer(signer_key);
  desk.act();
  const Ticket asked = desk.ask("bot", "GET", "/audit/checkpoint");
  desk.fail();
  REQUIRE(desk.signing);
  CHECK(desk.signing->rows == desk.durable);
  desk.sign();
  CHECK(size_of(desk.answers.at(asked)) == desk.durable);
}

TEST_CASE("a receipt is held until its row is covered", "[signing]") {
  Desk desk;
  desk.engine.use_signer(signer_key);
  const Ticket acted = desk.act();
  desk.succeed();
  const std::string event = desk.answers.at(acted).get("audit_event_id");
  const Ticket asked = desk.ask("bot", "GET", "/audit/receipts/" + event);
  CHECK(!desk.answers.contains(asked));
  desk.sign();
  const Reply& receipt = desk.answers.at(asked);
  CHECK(audit::check_receipt({receipt.get("row"), receipt.get("openings"), receipt.get("proof")}).damage ==
        audit::Damage::none);
  const Ticket unknown = desk.ask("bot", "GET", "/audit/receipts/evt-none");
  CHECK(desk.answers.at(unknown).status == 404);
}
