#include "client/gate.h"

#include <catch2/catch_test_macros.hpp>

#include "client/transcript.h"

using namespace al;
using namespace al::client;
using enum wire::Method;

TEST_CASE("gate: an action that needs no approval passes", "[client][gate]") {
  Transcript t;
  t.submit(1, gate());
  CHECK(t.expect_send(post, "/api/v1/actions").request.body == R"({"action_type":"pr.merge"})");
  t.respond(200, std::string(executed_body));
  CHECK(t.expect_ok(1).json == executed_body);
  t.expect_end();
}

TEST_CASE("gate: a denial says reason, policy and conditions", "[client][gate]") {
  Transcript t;
  t.submit(1, gate());
  t.expect_send(post, "/api/v1/actions");
  SECTION("as a result") { t.respond(200, std::string(denied_body)); }
  SECTION("as an error") {
    t.respond(
        403,
        R"({"error":{"code":"POLICY_DENIED","message":"no","details":{"denial_reason":"CONDITIONS_DENIED",)"
        R"("policy_name":"small-prs","audit_event_id":"evt-1","conditions_evaluated":[{"field":"pr_size"}]}}})");
  }
  const Settled settled = t.expect_failure(1, "POLICY_DENIED");
  CHECK(settled.text("class") == "denied");
  CHECK(settled.text("reason") == "CONDITIONS_DENIED");
  CHECK(settled.text("policy") == "small-prs");
  CHECK(settled["conditions"].size() == 1);
  CHECK(settled.text("audit_event_id") == "evt-1");
  CHECK(settled["retryable"].as_bool() == false);
  t.expect_end();
}

TEST_CASE("gate: waits by long poll, claims, and resolves with who, when and why", "[client][gate]") {
  Transcript t;
  submit_and_wait(t);
  t.expect_send(get, held);
  t.advance(25'000);
  t.respond(200, approval_body("pending"));
  t.expect_send(get, held);
  t.advance(4000);
  t.respond(200, approval_body("approved"));
  const Send send = t.expect_send(post, claim);
  const Result<json::Document> body = json::parse(send.request.body);
  CHECK(body->root()["claim_id"].string() == send.request.event_id);
  t.respond(200, std::string(claimed_body));
  const Settled settled = t.expect_ok(1);
  CHECK(settled.text("status") == "executed");
  CHECK(settled.text("audit_event_id") == "evt-2");
  CHECK(settled.text("policy_name") == "p");
  CHECK(settled["approval"]["decided_by"].string() == "ada");
  CHECK(settled["approval"]["decided_at"].string() == "2026-01-01T00:01:00.000Z");
  CHECK(settled["approval"]["reason"].string() == "looked at it");
  t.expect_end();
}

TEST_CASE("gate: a service that knows no claims", "[client][gate]") {
  Transcript t;
  submit_and_wait(t);
  t.expect_send(get, held);
  t.respond(200, approval_body("approved", false));
  const Settled settled = t.expect_ok(1);
  CHECK(settled.text("status") == "executed");
  CHECK(settled.text("audit_event_id") == "evt-1");
  CHECK(settled.text("approval_id") == "apr-1");
  CHECK_FALSE(settled["message"].present());
  CHECK(settled["approval"]["decided_by"].string() == "ada");
  t.expect_end();
}

TEST_CASE("gate: polls where the service does not hold", "[client][gate]") {
  Transcript t;
  submit_and_wait(t);
  for (int i = 0; i < 5; ++i) {
    t.expect_send(get, held);
    t.advance(200);
    t.respond(200, approval_body("pending", false));
    t.expect_nothing();
    CHECK(t.advance_to_deadline() == 4800);
  }
  t.expect_send(get, held);
  t.respond(200, approval_body("approved", false));
  t.expect_ok(1);
  t.expect_end();
}

TEST_CASE("gate: plain polling when asked for, and holds that fit the attempt's time limit",
          "[client][gate]") {
  {
    Transcript t({.long_poll_s = 0});
    submit_and_wait(t);
    t.expect_send(get, plain);
  }
  {
    Transcript t({.request_timeout_ms = 10'000});
    submit_and_wait(t);
    t.expect_send(get, "/api/v1/approvals/apr-1?wait=7");
  }
  {
    Transcript t({.request_timeout_ms = 120'000, .long_poll_s = 500});
    submit_and_wait(t);
    t.expect_send(get, "/api/v1/approvals/apr-1?wait=55");
  }
}

TEST_CASE("gate: expiry is an outcome of its own", "[client][gate]") {
  Transcript t;
  submit_and_wait(t);
  t.expect_send(get, held);
  t.respond(200, approval_body("expired"));
  const Settled settled = t.expect_failure(1, "APPROVAL_TIMEOUT");
  CHECK(settled.text("class") == "timeout");
  CHECK(settled.text("approval_id") == "apr-1");
  t.expect_end();
}

TEST_CASE("gate: a cancelled approval is a denial", "[client][gate]") {
  Transcript t;
  submit_and_wait(t);
  t.expect_send(get, held);
  t.respond(200, approval_body("cancelled"));
  CHECK(t.expect_failure(1, "POLICY_DENIED").text("reason") == "APPROVAL_CANCELLED");
  t.expect_end();
}

TEST_CASE("gate: ends at the approval's own time, a little later than the service would say so",
          "[client][gate]") {
  Transcript t;
  submit_and_wait_until(t, 12'000);
  t.expect_send(get, "/api/v1/approvals/apr-1?wait=13");
  SECTION("the service says so") {
    t.advance(12'000);
    t.respond(200, approval_body("expired"));
  }
  SECTION("a clock that jumps changes nothing") {
    t.now.wall_ms += 86'400'000;
    t.advance(16'999);
    t.expect_nothing();
    t.advance(1);
    t.expect_abort();
  }
  SECTION("the service never says anything") {
    t.advance(17'000);
    t.expect_abort();
  }
  t.expect_failure(1, "APPROVAL_TIMEOUT");
  t.expect_end();
}

TEST_CASE("gate: a host whose clock is a little ahead waits for as long as the service says",
          "[client][gate]") {
  Transcript t;
  submit_and_wait_until(t, 12'000);
  t.expect_send(get, "/api/v1/approvals/apr-1?wait=13");
  t.advance(13'000);
  t.respond(200, approval_body("pending"));
  t.expect_send(get, held);
  t.advance(20'000);
  t.respond(200, approval_body("approved"));
  t.expect_send(post, claim);
}

TEST_CASE("gate: a service that asks for a pause does not put the gate to sleep", "[client][gate]") {
  Transcript t;
  submit_and_wait_until(t, 600'000);
  t.expect_send(get, held);
  t.respond(503, "", "900");
  CHECK(t.advance_to_deadline() == 60'000);
  t.expect_send(get, held);
  t.respond(503, "", "20");
  CHECK(t.advance_to_deadline() == 20'000);
  t.expect_send(get, held);
  t.respond(200, approval_body("approved"));
  t.expect_send(post, claim);
}

TEST_CASE("gate: a host whose clock is ahead still waits", "[client][gate]") {
  Transcript t;
  submit_and_wait_until(t, -1000);
  t.expect_send(get, held);
  t.advance(20'000);
  t.respond(200, approval_body("approved"));
  t.expect_send(post, claim);
}

TEST_CASE("gate: the caller's deadline and the gate's own limit", "[client][gate]") {
  Transcript t({.gate_timeout_ms = 60'000});
  Command command = gate();
  SECTION("the gate's") {}
  SECTION("the caller's") { command.timeout_ms = 40'000; }
  const Millis limit_ms = command.timeout_ms > 0 ? command.timeout_ms : 60'000;
  t.submit(1, command);
  t.expect_send(post, "/api/v1/actions");
  t.respond(202, std::string(requested_body));
  const Millis begin_ms = t.now.steady_ms;
  while (t.client.open_calls() > 0) {
    std::optional<Output> output = t.client.poll_output();
    if (!output) {
      t.advance_to_deadline();
    } else if (const Send* send = std::get_if<Send>(&*output)) {
      CHECK(t.now.steady_ms + send->timeout_ms <= begin_ms + limit_ms);
    }
  }
  CHECK(t.now.steady_ms == begin_ms + limit_ms);
  std::optional<Output> output = t.client.poll_output();
  if (output && std::holds_alternative<Abort>(*output)) output = t.client.poll_output();
  REQUIRE(output);
  CHECK(std::get<Settle>(*output).json.find("APPROVAL_TIMEOUT") != std::string::npos);
  t.expect_end();
}

TEST_CASE("gate: survives a service that is away for a while, not for ever", "[client][gate]") {
  Transcript t;
  submit_and_wait(t);
  const Millis begin_ms = t.now.steady_ms;
  Millis back_at_ms = begin_ms + 120'000;
  SECTION("back in time") {}
  SECTION("never") { back_at_ms = begin_ms + 3'600'000; }
  std::optional<Settle> settled;
  while (!settled) {
    std::optional<Output> output = t.client.poll_output();
    if (!output) {
      t.advance_to_deadline();
    } else if (const Send* send = std::get_if<Send>(&*output)) {
      t.attempt = send->attempt;
      const bool claims = send->request.method == post;
      if (t.now.steady_ms < back_at_ms) {
        t.fail();
      } else {
        t.respond(200, claims ? std::string(claimed_body) : approval_body("approved"));
      }
    } else if (Settle* settle = std::get_if<Settle>(&*output)) {
      settled = std::move(*settle);
    }
  }
  CHECK(settled->ok == (back_at_ms == begin_ms + 120'000));
  CHECK(t.now.steady_ms - begin_ms < gate_outage_ms_max + 60'000);
  if (!settled->ok) {
    CHECK(settled->json.find("CONNECTION_FAILED") != std::string::npos);
    CHECK(settled->json.find(R"("approval_id":"apr-1")") != std::string::npos);
  }
  t.expect_end();
}

TEST_CASE("gate: whatever ends it names the approval, so that it can be resumed", "[client][gate]") {
  Transcript t;
  submit_and_wait(t);
  t.expect_send(get, held);
  SECTION("cancelled") {
    t.cancel(1);
    t.expect_abort();
    CHECK(t.expect_failure(1, "ABORTED").text("approval_id") == "apr-1");
  }
  SECTION("closed") {
    t.close();
    t.expect_abort();
    CHECK(t.expect_failure(1, "CLOSED").text("approval_id") == "apr-1");
  }
  SECTION("cancelled between two polls") {
    t.respond(200, approval_body("pending"));
    t.cancel(1);
    CHECK(t.expect_failure(1, "ABORTED").text("approval_id") == "apr-1");
  }
  SECTION("forbidden") {
    t.respond(403, R"({"error":{"code":"FORBIDDEN","message":"not yours"}})");
    const Settled settled = t.expect_failure(1, "FORBIDDEN");
    CHECK(settled.text("approval_id") == "apr-1");
    CHECK(settled.text("request_id") == "req-7");
  }
  t.expect_end();
}

TEST_CASE("gate: the world changed before the claim", "[client][gate]") {
  Transcript t;
  submit_and_wait(t);
  t.expect_send(get, held);
  t.respond(200, approval_body("approved"));
  t.expect_send(post, claim);
  SECTION("a denial") {
    t.respond(
        200,
        R"({"status":"denied","audit_event_id":"evt-2","approval_id":"apr-1","denial_reason":"AGENT_HALTED"})");
    const Settled settled = t.expect_failure(1, "POLICY_DENIED");
    CHECK(settled.text("reason") == "AGENT_HALTED");
    CHECK(settled.text("audit_event_id") == "evt-2");
  }
  SECTION("used already") {
    t.respond(409, R"({"error":{"code":"CONFLICT","message":"claimed by another"}})");
    t.expect_failure(1, "CONFLICT");
  }
  SECTION("expired") {
    t.respond(409, R"({"error":{"code":"APPROVAL_EXPIRED","message":"too late"}})");
    CHECK(t.expect_failure(1, "APPROVAL_EXPIRED").text("class") == "timeout");
  }
  t.expect_end();
}

TEST_CASE("resumeGate: in another process, from the approval's id", "[client][gate]") {
  Transcript t;
  t.submit(1, resume_gate());
  t.expect_send(get, held);
  SECTION("claimed") {
    t.respond(200, approval_body("approved"));
    t.expect_send(post, claim);
    t.respond(200, std::string(claimed_body));
    CHECK(t.expect_ok(1)["approval"]["decided_by"].string() == "ada");
  }
  SECTION("a service that knows no claims") {
    t.respond(200, approval_body("approved", false));
    const Settled settled = t.expect_ok(1);
    CHECK(settled.text("status") == "executed");
    CHECK(settled.text("approval_id") == "apr-1");
  }
  SECTION("unknown") {
    t.respond(404, R"({"error":{"code":"NOT_FOUND","message":"no such approval"}})");
    t.expect_failure(1, "NOT_FOUND");
  }
  t.expect_end();
}
