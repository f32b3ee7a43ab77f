#include "wire/results.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

using namespace al;
using namespace al::wire;

namespace {
Response answer(int status, std::string_view body) { return {.status = status, .body = std::string(body)}; }
}  // namespace

TEST_CASE("action results: what the public pages show, in each of their forms", "[wire]") {
  struct Row {
    int status;
    std::string_view body;
    ActionStatus expected;
    std::string_view approval_id;
    std::string_view reason;
  };
  const std::vector<Row> rows{
      {200, R"({"status":"executed","audit_event_id":"e"})", ActionStatus::executed, "", ""},
      {201,
       R"({"status":"executed","audit_event_id":"e","approval_id":null,"denial_reason":null,"conditions_evaluated":[]})",
       ActionStatus::executed, "", ""},
      {200,
       R"({"status":"executed","audit_event_id":"e","approval_id":"a","approval":{"status":"approved"}})",
       ActionStatus::executed, "a", ""},
      {202,
       R"({"status":"requested","audit_event_id":"e","approval_id":"a","timeout_at":"2026-01-01T00:00:00Z"})",
       ActionStatus::requested, "a", ""},
      {200, R"({"status":"requested","audit_event_id":"e","approval_id":"a"})", ActionStatus::requested, "a",
       ""},
      {202, R"({"verdict":"pending_approval","approvalId":"a"})", ActionStatus::requested, "a", ""},
      {200, R"({"verdict":"pending_approval","status":"requested","approval_id":"a","approvalId":"a"})",
       ActionStatus::requested, "a", ""},
      {200, R"({"status":"denied","audit_event_id":"e","denial_reason":"CONDITIONS_DENIED"})",
       ActionStatus::denied, "", "CONDITIONS_DENIED"},
      {403, R"({"error":{"code":"POLICY_DENIED","message":"m","details":{"denial_reason":"R"}}})",
       ActionStatus::denied, "", "R"},
      {403, R"({"error":{"code":"POLICY_DENIED","message":"m","details":{"reason":"R","approval_id":"a"}}})",
       ActionStatus::denied, "a", "R"},
      {403, R"({"error":{"code":"POLICY_DENIED","message":"m"}})", ActionStatus::denied, "", "POLICY_DENIED"},
      {200, R"({"error":{"code":"POLICY_DENIED","message":"m"}})", ActionStatus::denied, "", "POLICY_DENIED"},
  };
  for (const Row& row : rows) {
    INFO(row.body);
    const Result<ActionResult> result = decode_action_result(answer(row.status, row.body));
    REQUIRE(result.ok());
    CHECK(result->status == row.expected);
    CHECK(result->approval_id == row.approval_id);
    CHECK(result->denial_reason == row.reason);
    // The caller sees wire names, whatever the service used.
    const Result<json::Document> body = json::parse(result->body);
    REQUIRE(body.ok());
    CHECK(body->root()["status"].string() == text(row.expected));
    CHECK(body->root()["approval_id"].string() == row.approval_id);
    CHECK_FALSE(body->root()["error"].present());
    CHECK_FALSE(body->root()["approvalId"].present());
    CHECK_FALSE(body->root()["verdict"].present());
  }
  CHECK(decode_action_result(answer(200, rows[0].body))->body == rows[0].body);
  CHECK(decode_action_result(answer(202, rows[3].body))->timeout_wall_ms ==
        parse_rfc3339("2026-01-01T00:00:00Z"));
}

TEST_CASE("action results that contradict themselves or are none", "[wire]") {
  for (const std::string_view body :
       {"",
        "{",
        "[]",
        "null",
        R"("executed")",
        "{}",
        R"({"status":null})",
        R"({"status":1,"audit_event_id":"e"})",
        R"({"status":"Executed","audit_event_id":"e"})",
        R"({"status":"","audit_event_id":"e"})",
        R"({"status":"executed"})",
        R"({"status":"executed","audit_event_id":""})",
        R"({"status":"executed","audit_event_id":7})",
        R"({"status":"executed","audit_event_id":"e","verdict":"pending_approval","approvalId":"a"})",
        R"({"status":"executed","audit_event_id":"e","verdict":"denied"})",
        R"({"status":"executed","audit_event_id":"e","denial_reason":"X"})",
        R"({"status":"executed","audit_event_id":"e","approval_status":"pending"})",
        R"({"status":"executed","audit_event_id":"e","approval":{"state":"denied"}})",
        R"({"status":"executed","audit_event_id":"e","error":{"code":"INTERNAL","message":"m"}})",
        R"({"status":"executed","audit_event_id":"e","conditions_evaluated":{}})",
        R"({"status":"requested","audit_event_id":"e"})",
        R"({"status":"requested","audit_event_id":"e","approval_id":""})",
        R"({"status":"requested","approval_id":"a","approvalId":"b"})",
        R"({"status":"requested","approval_id":"a","timeout_at":"tomorrow"})",
        R"({"status":"denied","verdict":"pending_approval","approvalId":"a"})",
        R"({"verdict":"approved","audit_event_id":"e"})",
        R"({"verdict":"pending_approval"})"}) {
    INFO(body);
    const Result<ActionResult> result = decode_action_result(answer(200, body));
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == Code::protocol_error);
  }
  CHECK_FALSE(decode_action_result(answer(202, R"({"status":"executed","audit_event_id":"e"})")).ok());
  for (const int status : {0, 100, 302, 600}) {
    CHECK(
        decode_action_result(answer(status, R"({"status":"executed","audit_event_id":"e"})")).error().code ==
        Code::protocol_error);
  }
}

TEST_CASE("approvals", "[wire]") {
  for (const ApprovalState state : {ApprovalState::pending, ApprovalState::approved, ApprovalState::denied,
                                    ApprovalState::expired, ApprovalState::cancelled}) {
    for (const std::string_view id : {"approval_id", "approvalId", "id"}) {
      for (const std::string_view name : {"status", "state"}) {
        const std::string body = R"({")" + std::string(id) + R"(":"a",")" + std::string(name) + R"(":")" +
                                 std::string(text(state)) + R"(","claimable":true,"new_field":1})";
        const Result<Approval> approval = decode_approval(answer(200, body));
        REQUIRE(approval.ok());
        CHECK(approval->approval_id == "a");
        CHECK(approval->state == state);
        CHECK(approval->claimable);
        CHECK(approval->body == body);
      }
    }
  }
  CHECK_FALSE(decode_approval(answer(200, R"({"id":"a","status":"approved"})"))->claimable);
  CHECK(decode_approval(answer(200, R"({"id":"a","status":"approved","claimable":false})"))->claimable);
  CHECK(decode_approval(answer(404, "")).error().code == Code::not_found);
  for (const std::string_view body :
       {"", "[]", "{}", R"({"id":"a"})", R"({"status":"approved"})", R"({"id":"a","status":"ok"})",
        R"({"id":"a","approval_id":"b","status":"approved"})",
        R"({"id":"a","status":"approved","state":"denied"})",
        R"({"id":"a","status":"approved","claimable":1})",
        R"({"id":"a","status":"approved","timeout_at":5})"}) {
    INFO(body);
    CHECK(decode_approval(answer(200, body)).error().code == Code::protocol_error);
  }
}

TEST_CASE("errors: the envelope, else what the status means", "[wire]") {
  const Error known = decode_error(
      answer(409, R"({"error":{"code":"IDEMPOTENCY_MISMATCH","message":"m","details":{"b":1,"a":2}}})"));
  CHECK(known.code == Code::idempotency_mismatch);
  CHECK(known.message == "m");
  CHECK(known.details == R"({"a":2,"b":1})");

  const Error unknown =
      decode_error(answer(409, R"({"error":{"code":"QUOTA","message":"m","details":{"a":2}}})"));
  CHECK(unknown.code == Code::conflict);
  CHECK(unknown.details == R"({"a":2,"service_code":"QUOTA"})");

  // What only a client can see is not for a service to say.
  for (const std::string_view code : {"CRASHED", "ABORTED", "CLOSED", "APPROVAL_TIMEOUT"}) {
    const Error error =
        decode_error(answer(400, R"({"error":{"code":")" + std::string(code) + R"(","message":"m"}})"));
    CHECK(error.code == Code::invalid_request);
  }
  CHECK(decode_error(answer(403, R"({"error":{"code":"POLICY_DENIED","message":"m"}})")).code ==
        Code::policy_denied);

  struct Row {
    int status;
    Code code;
  };
  for (const Row row :
       {Row{400, Code::invalid_request}, Row{401, Code::unauthenticated}, Row{403, Code::forbidden},
        Row{404, Code::not_found}, Row{408, Code::request_timeout}, Row{418, Code::invalid_request},
        Row{429, Code::rate_limited}, Row{500, Code::internal}, Row{503, Code::internal},
        Row{200, Code::protocol_error}, Row{302, Code::protocol_error}, Row{0, Code::protocol_error}}) {
    for (const std::string_view body : {"", "<html>", "{}", R"({"error":"text"})"}) {
      const Error error = decode_error(answer(row.status, body));
      CHECK(error.code == row.code);
      CHECK_FALSE(error.message.empty());
    }
  }
}

TEST_CASE("which statuses another attempt may cure", "[wire]") {
  for (int status = 0; status < 700; ++status) {
    const bool expected = status == 408 || status == 425 || status == 429 || (status >= 500 && status < 600);
    CHECK(retryable_status(status) == expected);
  }
}
