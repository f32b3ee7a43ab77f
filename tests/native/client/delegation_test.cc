#include "client/delegation_call.h"

#include <catch2/catch_test_macros.hpp>

#include "client/transcript.h"

using namespace al;
using namespace al::client;
using enum wire::Method;

namespace {
constexpr std::string_view created =
    R"({"id":"del-1","name":"reader","expires_at":"2026-01-01T00:01:00.000Z"})";
constexpr std::string_view creation = "/api/v1/delegations";
constexpr std::string_view revocation = "/api/v1/delegations/del-1";
}  // namespace

TEST_CASE("delegate: created, and the caller's from then on", "[client][delegation]") {
  Transcript t;
  t.submit(1, delegate());
  t.expect_send(post, creation);
  t.respond(201, std::string(created));
  CHECK(t.expect_ok(1).json == created);
  t.cancel(1);
  t.expect_end();
}

TEST_CASE("delegate: a refusal leaves nothing to clean up", "[client][delegation]") {
  Transcript t;
  t.submit(1, delegate());
  t.expect_send(post, creation);
  t.respond(409, R"({"error":{"code":"DELEGATION_LIMIT","message":"too deep"}})");
  t.expect_failure(1, "DELEGATION_LIMIT");
  t.expect_end();
}

TEST_CASE("delegate: cancelled in flight, the creation goes on and is revoked", "[client][delegation]") {
  for (const bool closed : {false, true}) {
    for (const bool refused : {false, true}) {
      Transcript t;
      t.submit(1, delegate());
      t.expect_send(post, creation);
      closed ? t.close() : t.cancel(1);
      t.expect_failure(1, closed ? "CLOSED" : "ABORTED");
      CHECK(t.client.open_calls() == 0);
      CHECK(t.client.background_calls() == 1);
      t.expect_nothing();
      if (refused) {
        t.respond(403, R"({"error":{"code":"FORBIDDEN","message":"no"}})");
      } else {
        t.respond(201, std::string(created));
        t.expect_send(delete_, revocation);
        t.respond(503, "");
        t.advance_to_deadline();
        t.expect_send(delete_, revocation);
        t.respond(200, R"({"revoked":true})");
      }
      CHECK(t.client.stats().cleanups == (refused ? 0U : 1U));
      t.expect_end();
    }
  }
}

TEST_CASE("delegate: a call id is free while the call that had it cleans up", "[client][delegation]") {
  Transcript t;
  t.submit(1, delegate());
  const AttemptId first = t.expect_send(post, creation).attempt;
  t.cancel(1);
  t.expect_failure(1, "ABORTED");
  t.submit(1, execute());
  t.expect_send(post, "/api/v1/actions");
  t.client.handle_response(first, {.status = 201, .body = std::string(created)}, t.now);
  const AttemptId action = t.attempt;
  t.expect_send(delete_, revocation);
  t.respond(200, "{}");
  CHECK(t.client.open_calls() == 1);
  t.attempt = action;
  t.respond(200, std::string(executed_body));
  t.expect_ok(1);
  t.expect_end();
}

TEST_CASE("delegate: a deadline ends the call, and the creation is found by its key and revoked",
          "[client][delegation]") {
  Transcript t;
  Command command = delegate();
  command.timeout_ms = 5000;
  t.submit(1, command);
  const Send first = t.expect_send(post, creation);
  t.advance(5000);
  t.expect_abort();
  t.expect_failure(1, "DEADLINE_EXCEEDED");
  const Send again = t.expect_send(post, creation);
  CHECK(again.request.event_id == first.request.event_id);
  CHECK(again.request.body == first.request.body);
  t.respond(201, std::string(created));
  t.expect_send(delete_, revocation);
  t.respond(404, "");
  t.expect_end();
}

TEST_CASE("delegate: cancelled while it could not have reached anybody", "[client][delegation]") {
  Transcript t;
  t.submit(1, delegate());
  t.expect_send(post, creation);
  t.respond(429, "");
  t.cancel(1);
  t.expect_failure(1, "ABORTED");
  t.expect_end();
}

TEST_CASE("delegate: an answer that cannot be used is asked for again, and what it names is revoked",
          "[client][delegation]") {
  for (const std::string_view body : {"", "{}", "[]", R"({"id":"a","delegation_id":"b"})", R"({"id":7})"}) {
    for (const bool named_at_last : {true, false}) {
      INFO(body);
      Transcript t;
      t.submit(1, delegate());
      t.expect_send(post, creation);
      t.respond(201, std::string(body));
      t.expect_failure(1, "PROTOCOL_ERROR");
      t.expect_send(post, creation);
      t.respond(201, std::string(named_at_last ? created : body));
      if (named_at_last) {
        t.expect_send(delete_, revocation);
        t.respond(200, "{}");
      }
      CHECK(t.client.stats().cleanups_abandoned == (named_at_last ? 0U : 1U));
      t.expect_end();
    }
  }
}

TEST_CASE("delegate: a key that was revoked meanwhile does not mean that there is no delegation",
          "[client][delegation]") {
  for (const bool cancelled : {true, false}) {
    Transcript t;
    t.submit(1, delegate());
    t.expect_send(post, creation);
    if (cancelled) {
      t.cancel(1);
      t.expect_failure(1, "ABORTED");
    }
    t.fail();
    t.advance_to_deadline();
    t.expect_send(post, creation);
    t.respond(401, "");
    if (!cancelled) t.expect_failure(1, "UNAUTHENTICATED");
    t.expect_send(post, creation);
    t.respond(401, "");
    CHECK(t.client.stats().cleanups_abandoned == 1);
    t.expect_end();
  }
}

TEST_CASE("delegate: a key that was never good leaves nothing to clean up", "[client][delegation]") {
  Transcript t;
  t.submit(1, delegate());
  t.expect_send(post, creation);
  t.respond(401, "");
  t.expect_failure(1, "UNAUTHENTICATED");
  CHECK(t.client.stats().cleanups_abandoned == 0);
  t.expect_end();
}

TEST_CASE("delegate: clean-up is bounded", "[client][delegation]") {
  Transcript t;
  t.submit(1, delegate());
  int sends = 0;
  int settles = 0;
  while (true) {
    std::optional<Output> output = t.client.poll_output();
    if (!output && !t.client.next_deadline()) break;
    if (!output) {
      t.advance_to_deadline();
    } else if (const Send* send = std::get_if<Send>(&*output)) {
      ++sends;
      t.client.handle_failure(send->attempt, "down", t.now);
    } else if (std::holds_alternative<Settle>(*output)) {
      ++settles;
    }
  }
  CHECK(sends == 3 + cleanup_attempts_max);
  CHECK(settles == 1);
  CHECK(t.client.stats().cleanups_abandoned == 1);
  t.expect_end();
}
