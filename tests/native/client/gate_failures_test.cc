// The failures that were seen in other systems, where it is the client that could commit them. Each test
// bears the name of the failure that must not be possible.
#include <catch2/catch_test_macros.hpp>

#include "client/transcript.h"

using namespace al;
using namespace al::client;
using enum wire::Method;

TEST_CASE("a decline runs the tool", "[client][gate][failures]") {
  for (const bool claimable : {true, false}) {
    Transcript t;
    submit_and_wait(t);
    t.expect_send(get, held);
    t.respond(200, approval_body("denied", claimable));
    const Settled settled = t.expect_failure(1, "POLICY_DENIED");
    CHECK(settled.text("reason") == "DENIED_BY_REVIEWER");
    CHECK(settled.text("approval_id") == "apr-1");
    CHECK(settled.text("message").find("looked at it") != std::string::npos);
    CHECK(settled["details"]["approval"]["decided_by"].string() == "ada");
    t.expect_end();
  }
}

TEST_CASE("a stale decision lands on a newer call", "[client][gate][failures]") {
  Transcript t;
  submit_and_wait(t);
  const AttemptId stale = t.expect_send(get, held).attempt;
  t.cancel(1);
  t.expect_abort();
  t.expect_failure(1, "ABORTED");
  t.submit(1, gate());  // The same id, another call.
  t.expect_send(post, "/api/v1/actions");
  t.client.handle_response(stale, {.status = 200, .body = approval_body("approved")}, t.now);
  t.expect_nothing();
  CHECK(t.client.stats().late_responses == 1);
  CHECK(t.client.open_calls() == 1);
}

TEST_CASE("undecidable counts as approved", "[client][gate][failures]") {
  for (const std::string_view body :
       {"", "{}", "[]", "null", "true", R"({"approval_id":"apr-1"})",
        R"({"approval_id":"apr-1","status":"APPROVED"})", R"({"approval_id":"apr-1","status":true})",
        R"({"approval_id":"apr-1","status":"consumed"})",
        R"({"approval_id":"apr-1","status":"approved","state":"pending"})", R"({"status":"approved"})",
        R"({"approval_id":"apr-1","status":"approved","claimable":"yes"})",
        R"({"approval_id":"apr-1","status":"approved","error":{"code":"INTERNAL","message":"x"}})",
        R"({"approval_id":"apr-1","status":"approved")"}) {
    INFO(body);
    Transcript t;
    submit_and_wait(t);
    t.expect_send(get, held);
    t.respond(200, std::string(body));
    CHECK(t.expect_failure(1, "PROTOCOL_ERROR").text("approval_id") == "apr-1");
    t.expect_end();
  }
}

TEST_CASE("a used approval that is no longer claimable is claimed all the same, and refused there",
          "[client][gate][failures]") {
  Transcript t;
  t.submit(1, resume_gate());
  t.expect_send(get, held);
  t.respond(200, R"({"approval_id":"apr-1","status":"approved","claimable":false})");
  t.expect_send(post, claim);
  t.respond(409, R"({"error":{"code":"CONFLICT","message":"used"}})");
  t.expect_failure(1, "CONFLICT");
  t.expect_end();
}

TEST_CASE("the approval flag is lost on one code path", "[client][gate][failures]") {
  // Delegated: every request of the gate carries the delegation, and the wait is the same.
  Transcript t;
  Command command = gate();
  command.delegation_id = "del-1";
  t.submit(1, command);
  CHECK(t.expect_send(post, "/api/v1/actions").request.delegation_id == "del-1");
  t.respond(202, R"({"verdict":"pending_approval","approvalId":"apr-1"})");
  CHECK(t.expect_send(get, held).request.delegation_id == "del-1");
  t.respond(200, approval_body("approved"));
  CHECK(t.expect_send(post, claim).request.delegation_id == "del-1");
  t.respond(200, std::string(claimed_body));
  t.expect_ok(1);
  t.expect_end();
}

TEST_CASE("resume forgets the approval", "[client][gate][failures]") {
  Transcript t;
  t.submit(1, resume_gate("apr-1"));
  t.expect_send(get, held);
  t.advance(1000);
  t.respond(200, approval_body("pending"));
  t.expect_nothing();
  CHECK(t.client.open_calls() == 1);
  t.advance(4000);
  t.expect_send(get, held);
  t.respond(200, approval_body("denied"));
  t.expect_failure(1, "POLICY_DENIED");
  t.expect_end();
}

TEST_CASE("a second approval in one run breaks", "[client][gate][failures]") {
  Transcript t;
  for (int run = 0; run < 3; ++run) {
    submit_and_wait(t);
    t.expect_send(get, held);
    t.respond(200, approval_body("approved"));
    t.expect_send(post, claim);
    t.respond(200, std::string(claimed_body));
    t.expect_ok(1);
    t.expect_end();
  }
}

TEST_CASE("a retry or replay executes twice", "[client][gate][failures]") {
  Transcript t;
  t.submit(1, gate());
  const std::string event_id = t.expect_send(post, "/api/v1/actions").request.event_id;
  t.fail();
  t.advance_to_deadline();
  CHECK(t.expect_send(post, "/api/v1/actions").request.event_id == event_id);
  t.respond(202, std::string(requested_body));
  t.expect_send(get, held);
  t.respond(200, approval_body("approved"));
  const Send first = t.expect_send(post, claim);
  t.respond(503, "");
  t.advance_to_deadline();
  const Send second = t.expect_send(post, claim);
  CHECK(second.request.body == first.request.body);
  CHECK(second.request.event_id == first.request.event_id);
  CHECK(second.request.event_id != event_id);
  t.respond(200, std::string(claimed_body));
  t.expect_ok(1);
  t.expect_end();
}

TEST_CASE("parallel approvals get each other's answers", "[client][gate][failures]") {
  Transcript t;
  t.submit(1, gate());
  t.expect_send(post, "/api/v1/actions");
  t.respond(202, std::string(requested_body));
  t.submit(2, gate());
  const AttemptId first = t.expect_send(get, held).attempt;
  t.expect_send(post, "/api/v1/actions");
  t.respond(202, R"({"status":"requested","audit_event_id":"evt-9","approval_id":"apr-2"})");
  t.expect_send(get, "/api/v1/approvals/apr-2?wait=25");
  SECTION("each its own") {
    t.respond(200, approval_body("denied", true, "apr-2"));
    t.expect_failure(2, "POLICY_DENIED");
    t.client.handle_response(first, {.status = 200, .body = approval_body("approved")}, t.now);
    t.expect_send(post, claim);
  }
  SECTION("mixed up by the service") {
    t.respond(200, approval_body("approved", true, "apr-1"));
    CHECK(t.expect_failure(2, "PROTOCOL_ERROR").text("approval_id") == "apr-2");
    t.client.handle_response(first, {.status = 200, .body = approval_body("approved", true, "apr-2")}, t.now);
    t.expect_failure(1, "PROTOCOL_ERROR");
    t.expect_end();
  }
  SECTION("mixed up in the claim") {
    t.respond(200, approval_body("approved", true, "apr-2"));
    t.expect_send(post, "/api/v1/approvals/apr-2/claim");
    t.respond(200, std::string(claimed_body));
    t.expect_failure(2, "PROTOCOL_ERROR");
  }
}

TEST_CASE("the decision arrives before the wait and is lost", "[client][gate][failures]") {
  Transcript t;
  submit_and_wait(t);
  t.expect_send(get, held);  // Asked at once, not after the first interval.
  t.respond(200, approval_body("approved"));
  t.expect_send(post, claim);
  t.respond(200, std::string(claimed_body));
  t.expect_ok(1);
  t.expect_end();
}

TEST_CASE("of several waits the losers are not cancelled", "[client][gate][failures]") {
  Transcript t;
  submit_and_wait(t);
  const AttemptId first = t.expect_send(get, held).attempt;
  t.advance(30'000);
  CHECK(t.expect_abort() == first);
  t.advance(1000);
  t.expect_send(get, held);
  t.cancel(1);
  t.expect_abort();
  t.expect_failure(1, "ABORTED");
  t.expect_end();
}

TEST_CASE("an unknown result lets the tool run", "[client][gate][failures]") {
  for (const std::string_view body :
       {R"({"status":"ok","audit_event_id":"e"})", R"({"verdict":"maybe","audit_event_id":"e"})",
        R"({"status":"executed","verdict":"pending_approval","audit_event_id":"e","approvalId":"a"})",
        R"({"status":"executed","audit_event_id":"e","approval":{"status":"pending"}})",
        R"({"status":"executed","audit_event_id":"e","denial_reason":"X"})"}) {
    INFO(body);
    Transcript t;
    t.submit(1, gate());
    t.expect_send(post, "/api/v1/actions");
    t.respond(200, std::string(body));
    t.expect_failure(1, "PROTOCOL_ERROR");
    t.expect_end();
  }
  Transcript t;
  t.submit(1, gate());
  t.expect_send(post, "/api/v1/actions");
  t.respond(202, std::string(executed_body));
  t.expect_failure(1, "PROTOCOL_ERROR");
  t.expect_end();
}

TEST_CASE("a held connection dies with a proxy's time-out and takes the approval along",
          "[client][gate][failures]") {
  Transcript t;
  submit_and_wait(t);
  for (int i = 0; i < 20; ++i) {
    t.expect_send(get, held);
    t.advance(10'000);
    i % 2 == 0 ? t.respond(504, "<html>gateway time-out</html>") : t.fail("connection reset");
    const std::uint64_t attempts = t.client.stats().attempts;
    while (t.client.stats().attempts == attempts) t.advance_to_deadline();
  }
  t.expect_send(get, held);
  t.respond(200, approval_body("approved"));
  t.expect_send(post, claim);
}

TEST_CASE("a timed-out approval is used after a retry", "[client][gate][failures]") {
  Transcript t;
  submit_and_wait_until(t, 10'000);
  const AttemptId poll = t.expect_send(get, "/api/v1/approvals/apr-1?wait=11").attempt;
  t.advance(15'000);
  t.expect_abort();
  t.expect_failure(1, "APPROVAL_TIMEOUT");
  t.client.handle_response(poll, {.status = 200, .body = approval_body("approved")}, t.now);
  t.expect_end();
}
