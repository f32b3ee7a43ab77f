#include "client/client.h"

#include <catch2/catch_test_macros.hpp>

#include "client/retry.h"
#include "client/transcript.h"

using namespace al;
using namespace al::client;
using enum wire::Method;

TEST_CASE("execute: one request, one settlement, the body untouched", "[client]") {
  Transcript t;
  t.submit(7, execute());
  const Send send = t.expect_send(post, "/api/v1/actions");
  CHECK(send.request.content_type == "application/json");
  CHECK(send.request.body == R"({"action_type":"pr.open"})");
  CHECK(send.request.event_id.starts_with("call-"));
  CHECK(send.timeout_ms == 30'000);
  t.respond(200, R"({"status":"executed","audit_event_id":"evt-1","n":9007199254740993})");
  CHECK(t.expect_ok(7).json == R"({"status":"executed","audit_event_id":"evt-1","n":9007199254740993})");
  t.expect_end();
}

TEST_CASE("execute: a denial is a result, in either public form", "[client]") {
  Transcript t;
  t.submit(1, execute());
  t.expect_send(post, "/api/v1/actions");
  t.respond(200, std::string(denied_body));
  CHECK(t.expect_ok(1).text("denial_reason") == "CONDITIONS_DENIED");

  t.submit(2, execute());
  t.expect_send(post, "/api/v1/actions");
  t.respond(
      403,
      R"({"error":{"code":"POLICY_DENIED","message":"no","details":{"reason":"POLICY_TAMPERED","policy":"p"}}})");
  const Settled settled = t.expect_ok(2);
  CHECK(settled.text("status") == "denied");
  CHECK(settled.text("denial_reason") == "POLICY_TAMPERED");
  CHECK(settled.text("policy_name") == "p");
  t.expect_end();
}

TEST_CASE("a retried post always carries one idempotency key", "[client]") {
  Transcript t;
  Command command = execute();
  SECTION("minted") {}
  SECTION("the caller's") { command.event_id = "mine"; }
  const std::string given = command.event_id;
  t.submit(1, command);
  const std::string first = t.expect_send(post, "/api/v1/actions").request.event_id;
  CHECK((given.empty() ? first.starts_with("call-") : first == given));
  t.fail();
  CHECK(t.advance_to_deadline() <= 1000);
  const Send second = t.expect_send(post, "/api/v1/actions");
  CHECK(second.request.event_id == first);
  CHECK(second.request.body == R"({"action_type":"pr.open"})");
  t.respond(503, "");
  CHECK(t.advance_to_deadline() <= 2000);
  CHECK(t.expect_send(post, "/api/v1/actions").request.event_id == first);
  t.fail();
  const Settled settled = t.expect_failure(1, "CONNECTION_FAILED");
  CHECK(settled.text("class") == "connection");
  CHECK(settled["retryable"].as_bool() == true);
  t.expect_end();
}

TEST_CASE("answers that are final are not tried again", "[client]") {
  for (const int status : {400, 401, 403, 404, 405, 409, 413, 415, 422, 451}) {
    Transcript t;
    t.submit(1, execute());
    t.expect_send(post, "/api/v1/actions");
    t.respond(status, "");
    const Settled settled = t.expect_settle(1, false);
    CHECK(settled["retryable"].as_bool() == false);
    CHECK(settled.text("request_id") == "req-7");
    t.expect_end();
  }
}

TEST_CASE("408, 425, 429 and 5xx are tried again, three times in all", "[client]") {
  for (const int status : {408, 425, 429, 500, 502, 503, 504}) {
    Transcript t;
    t.submit(1, {.operation = "whoami"});
    for (int attempt = 1; attempt <= 3; ++attempt) {
      t.expect_send(get, "/api/v1/whoami");
      t.respond(status, "<html>");
      if (attempt < 3) t.advance_to_deadline();
    }
    CHECK(t.expect_settle(1, false)["retryable"].as_bool() == true);
    t.expect_end();
  }
}

TEST_CASE("retry-after is honoured up to the deadline", "[client]") {
  Transcript t;
  SECTION("seconds") {
    t.submit(1, {.operation = "whoami", .timeout_ms = 60'000});
    t.expect_send(get, "/api/v1/whoami");
    t.respond(429, "", "20");
    CHECK(t.advance_to_deadline() == 20'000);
    t.expect_send(get, "/api/v1/whoami");
    t.respond(200, "{}");
    t.expect_ok(1);
  }
  SECTION("a date") {
    t.submit(1, {.operation = "whoami"});
    t.expect_send(get, "/api/v1/whoami");
    t.respond(503, "", "Thu, 01 Jan 2026 00:00:30 GMT");
    CHECK(t.advance_to_deadline() == 30'000);
    t.expect_send(get, "/api/v1/whoami");
    t.respond(200, "{}");
    t.expect_ok(1);
  }
  SECTION("beyond the deadline: fails at once") {
    t.submit(1, {.operation = "whoami", .timeout_ms = 10'000});
    t.expect_send(get, "/api/v1/whoami");
    t.respond(429, "", "20");
    const Settled settled = t.expect_failure(1, "RATE_LIMITED");
    CHECK(settled["retry_after_ms"].as_int64() == 20'000);
  }
  SECTION("days, and no deadline: fails at once") {
    t.submit(1, {.operation = "whoami"});
    t.expect_send(get, "/api/v1/whoami");
    t.respond(429, "", "99999999999999999999");
    CHECK(t.expect_failure(1, "RATE_LIMITED")["retry_after_ms"].as_int64().value() > 0);
  }
  SECTION("nonsense is no header") {
    t.submit(1, {.operation = "whoami"});
    t.expect_send(get, "/api/v1/whoami");
    t.respond(429, "", "soon");
    CHECK(t.advance_to_deadline() <= 1000);
    t.expect_send(get, "/api/v1/whoami");
    t.respond(200, "{}");
    t.expect_ok(1);
  }
  t.expect_end();
}

TEST_CASE("each attempt has its own time limit, and a late answer is no answer", "[client]") {
  Transcript t;
  t.submit(1, execute());
  const AttemptId first = t.expect_send(post, "/api/v1/actions").attempt;
  CHECK(t.advance_to_deadline() == 30'000);
  CHECK(t.expect_abort() == first);
  t.advance_to_deadline();
  const AttemptId second = t.expect_send(post, "/api/v1/actions").attempt;
  CHECK(second != first);
  t.client.handle_response(first, {.status = 200, .body = std::string(executed_body)}, t.now);
  t.client.handle_failure(first, "late", t.now);
  t.expect_nothing();
  CHECK(t.client.stats().late_responses == 2);
  t.respond(200, std::string(denied_body));
  CHECK(t.expect_ok(1).text("status") == "denied");
  t.expect_end();
}

TEST_CASE("the whole call ends at its deadline", "[client]") {
  Transcript t;
  Command command = execute();
  command.timeout_ms = 45'000;
  t.submit(1, command);
  t.expect_send(post, "/api/v1/actions");
  t.advance(30'000);
  t.expect_abort();
  t.advance_to_deadline();
  CHECK(t.expect_send(post, "/api/v1/actions").timeout_ms <= 15'000);
  t.advance(15'000);
  t.expect_abort();
  const Settled settled = t.expect_failure(1, "DEADLINE_EXCEEDED");
  CHECK(settled["retryable"].as_bool() == true);
  t.expect_end();
}

TEST_CASE("a call can be cancelled in flight and in a back-off", "[client]") {
  Transcript t;
  t.submit(1, execute());
  const AttemptId attempt = t.expect_send(post, "/api/v1/actions").attempt;
  SECTION("in flight") {
    t.cancel(1);
    CHECK(t.expect_abort() == attempt);
  }
  SECTION("backing off") {
    t.fail();
    t.cancel(1);
  }
  CHECK(t.expect_failure(1, "ABORTED").text("class") == "aborted");
  t.cancel(1);
  t.respond(200, std::string(executed_body));
  t.expect_end();
}

TEST_CASE("close settles everything, and later submissions", "[client]") {
  Transcript t;
  t.submit(3, execute());
  t.submit(9, gate());
  t.expect_send(post, "/api/v1/actions");
  t.expect_send(post, "/api/v1/actions");
  t.close();
  t.expect_abort();
  t.expect_failure(3, "CLOSED");
  t.expect_abort();
  t.expect_failure(9, "CLOSED");
  t.submit(4, execute());
  t.expect_failure(4, "CLOSED");
  t.expect_end();
}

TEST_CASE("an answer that does not parse is a protocol error", "[client]") {
  for (const std::string_view body :
       {"", "<html>", "null", "7", "\"executed\"", R"({"status":"executed"})",
        R"({"status":"approved","audit_event_id":"e"})", R"({"status":"requested","audit_event_id":"e"})",
        R"({"status":"executed","status":"denied","audit_event_id":"e"})"}) {
    Transcript t;
    t.submit(1, execute());
    t.expect_send(post, "/api/v1/actions");
    t.respond(200, std::string(body));
    CHECK(t.expect_failure(1, "PROTOCOL_ERROR").text("class") == "protocol");
    t.expect_end();
  }
}

TEST_CASE("the key never appears in a settlement", "[client]") {
  Transcript t;
  const std::string key(test_key);
  t.submit(1, execute());
  t.expect_send(post, "/api/v1/actions");
  SECTION("echoed in an error") {
    t.respond(401, R"({"error":{"code":"UNAUTHENTICATED","message":"bad token )" + key +
                       R"(","details":{"t":")" + key + R"("}}})");
    CHECK(t.expect_failure(1, "UNAUTHENTICATED").text("message") == "bad token [redacted]");
  }
  SECTION("echoed by the transport") {
    t.fail("cannot connect with " + key);
    t.advance_to_deadline();
    t.expect_send(post, "/api/v1/actions");
    t.fail(key + key);
    t.advance_to_deadline();
    t.expect_send(post, "/api/v1/actions");
    t.fail(key + key);
    t.expect_failure(1, "CONNECTION_FAILED");
  }
  SECTION("echoed in a result") {
    t.respond(200, R"({"status":"executed","audit_event_id":"e","x":")" + key + R"("})");
    t.expect_ok(1);
  }
  t.expect_end();
}

TEST_CASE("commands that cannot be carried out are refused, and settle", "[client]") {
  const std::vector<Command> commands{
      {.operation = "nothing"},
      {.operation = "approval"},
      {.operation = "approval", .arguments = {"a", "b"}},
      {.operation = "approval", .arguments = {""}},
      {.operation = "approval", .arguments = {".."}},
      {.operation = "resumeGate"},
      {.operation = "execute", .event_id = "a\r\nx-evil: 1"},
      {.operation = "execute", .event_id = std::string(257, 'x')},
      {.operation = "execute", .delegation_id = "a b"},
      {.operation = "audit", .query = "a b"},
      {.operation = "audit", .query = "a#b"},
      {.operation = "audit", .timeout_ms = -1},
      {.operation = "verify", .body = R"({"pinned":7})"},
      {.operation = "verify", .body = R"({"pinned":"no note"})"},
  };
  for (const Command& command : commands) {
    INFO(command.operation);
    Transcript t;
    t.submit(1, command);
    t.expect_failure(1, "INVALID_ARGUMENT");
    t.expect_end();
  }
}

TEST_CASE("the number of open calls is bounded, and ids in use are not taken over", "[client]") {
  Transcript t({.calls_max = 2});
  t.submit(1, execute());
  t.submit(2, execute());
  t.expect_send(post, "/api/v1/actions");
  t.expect_send(post, "/api/v1/actions");
  t.submit(1, execute());
  t.expect_nothing();
  CHECK(t.client.stats().stray_commands == 1);
  t.submit(3, execute());
  CHECK(t.expect_failure(3, "LIMIT_REACHED")["retryable"].as_bool() == true);
  CHECK(t.client.open_calls() == 2);
}

TEST_CASE("path arguments are encoded, delegation and query are carried", "[client]") {
  Transcript t;
  t.submit(1, {.operation = "revoke", .arguments = {"del/../x y"}, .delegation_id = "del-9"});
  const Send send = t.expect_send(delete_, "/api/v1/delegations/del%2F..%2Fx%20y");
  CHECK(send.request.delegation_id == "del-9");
  CHECK(send.request.event_id.empty());
  t.respond(204, "");
  CHECK(t.expect_ok(1).json.empty());
  t.submit(1, {.operation = "audit", .query = "limit=5"});
  t.expect_send(get, "/api/v1/audit?limit=5");
  t.respond(200, R"({"events":[],"next_cursor":null})");
  t.expect_ok(1);
  t.expect_end();
}

TEST_CASE("a spurious timeout is a no-op, and counted", "[client]") {
  Transcript t;
  t.client.handle_timeout(t.now);
  t.submit(1, execute());
  t.expect_send(post, "/api/v1/actions");
  t.client.handle_timeout(t.now);
  t.expect_nothing();
  CHECK(t.client.stats().spurious_timeouts == 2);
}

TEST_CASE("the retry budget stops a storm", "[client]") {
  Transcript t;
  const CallId calls = 1000;
  for (CallId call = 0; call < calls; ++call) t.submit(call, {.operation = "whoami"});
  std::uint64_t settled = 0;
  for (int round = 0; round < 10 && t.client.open_calls() > 0; ++round) {
    while (std::optional<Output> output = t.client.poll_output()) {
      if (const Send* send = std::get_if<Send>(&*output))
        t.client.handle_failure(send->attempt, "down", t.now);
      if (std::holds_alternative<Settle>(*output)) ++settled;
    }
    t.advance(4000);
  }
  while (std::optional<Output> output = t.client.poll_output())
    settled += std::holds_alternative<Settle>(*output) ? 1U : 0U;
  CHECK(settled == calls);
  // What the bucket holds, and what a few seconds add: far from the 2000 that three attempts each would make.
  CHECK(t.client.stats().retries <= 100);
  CHECK(t.client.stats().retries >= 50);
  t.expect_end();
}

TEST_CASE("back-off: full jitter under a doubling ceiling", "[client]") {
  Entropy entropy = Entropy::from_number(3);
  Millis highest[5] = {};
  for (int i = 0; i < 2000; ++i) {
    for (int failures = 1; failures <= 4; ++failures) {
      const Millis wait = back_off_ms(failures, 1000, 4000, entropy);
      CHECK(wait >= 0);
      highest[failures] = std::max(highest[failures], wait);
    }
  }
  CHECK((highest[1] > 950 && highest[1] <= 1000));
  CHECK((highest[2] > 1900 && highest[2] <= 2000));
  CHECK((highest[3] > 3800 && highest[3] <= 4000));
  CHECK((highest[4] > 3800 && highest[4] <= 4000));
  CHECK(back_off_ms(3, 0, 0, entropy) == 0);
  CHECK(back_off_ms(3, 10, -1, entropy) == 0);
}
