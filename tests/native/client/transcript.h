// Drives a client by hand, so that a test reads like a transcript of the conversation with the service.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/json.h"
#include "base/time.h"
#include "client/client.h"

namespace al::client {

inline constexpr std::string_view test_key = "al_test_0123456789abcdef0123456789abcdef";

/// A settlement, parsed.
struct Settled {
  CallId call = 0;
  bool ok = false;
  std::string json;
  json::Document document;

  [[nodiscard]] json::Value operator[](std::string_view name) const { return document.root()[name]; }
  [[nodiscard]] std::string text(std::string_view name) const { return std::string((*this)[name].string()); }
};

class Transcript {
 public:
  explicit Transcript(Config config = {}, std::uint64_t seed = 1)
      : client(with_key(std::move(config)), Entropy::from_number(seed)) {}

  Client client;
  Now now{.steady_ms = 1'000'000, .wall_ms = 1'767'225'600'000};  // 2026-01-01T00:00:00Z

  void submit(CallId call, Command command) { client.submit(call, std::move(command), now); }
  void cancel(CallId call) { client.cancel(call, now); }
  void close() { client.close(now); }

  /// The next output is this request; it becomes the one that respond() and fail() are about.
  Send expect_send(wire::Method method, std::string_view target) {
    Send send = expect<Send>("a request for " + std::string(target));
    CHECK(wire::text(send.request.method) == wire::text(method));
    CHECK(send.request.target == target);
    CHECK(send.request.api_key == test_key);
    attempt = send.attempt;
    return send;
  }
  AttemptId expect_abort() { return expect<Abort>("an abort").attempt; }
  Settled expect_settle(CallId call, bool ok) {
    Settle settle = expect<Settle>("a settlement");
    INFO(settle.json);
    CHECK(settle.call == call);
    REQUIRE(settle.ok == ok);
    CHECK(settle.json.find(test_key) == std::string::npos);
    Settled settled{settle.call, settle.ok, settle.json, {}};
    Result<json::Document> document =
        json::parse(settled.json.empty() ? std::string_view("{}") : settled.json);
    REQUIRE(document.ok());
    settled.document = std::move(*document);
    return settled;
  }
  Settled expect_ok(CallId call) { return expect_settle(call, true); }
  Settled expect_failure(CallId call, std::string_view code) {
    Settled settled = expect_settle(call, false);
    CHECK(settled.text("code") == code);
    return settled;
  }
  void expect_nothing() { CHECK_FALSE(client.poll_output().has_value()); }
  /// The conversation is over, and nothing stays behind.
  void expect_end() {
    expect_nothing();
    CHECK(client.open_calls() == 0);
    CHECK(client.background_calls() == 0);
    CHECK_FALSE(client.next_deadline().has_value());
  }

  void respond(int status, std::string body, std::string retry_after = {}) {
    client.handle_response(attempt,
                           {.status = status,
                            .request_id = "req-7",
                            .retry_after = std::move(retry_after),
                            .body = std::move(body)},
                           now);
  }
  void fail(std::string_view why = "connection reset") { client.handle_failure(attempt, why, now); }

  /// Lets time pass, waking the client at each of its deadlines.
  void advance(Millis ms) {
    const Millis end_ms = now.steady_ms + ms;
    while (client.next_deadline() && *client.next_deadline() <= end_ms) {
      const Millis before_ms = *client.next_deadline();
      step(before_ms - now.steady_ms);
      client.handle_timeout(now);
      if (client.next_deadline() && *client.next_deadline() <= before_ms) break;
    }
    step(end_ms - now.steady_ms);
  }
  /// Lets time pass until the client's next deadline, and says how much it was.
  Millis advance_to_deadline() {
    REQUIRE(client.next_deadline().has_value());
    const Millis ms = *client.next_deadline() - now.steady_ms;
    step(ms);
    client.handle_timeout(now);
    return ms;
  }

  AttemptId attempt = 0;

 private:
  static Config with_key(Config config) {
    config.api_key = test_key;
    return config;
  }
  void step(Millis ms) {
    if (ms <= 0) return;
    now.steady_ms += ms;
    now.wall_ms += ms;
  }
  template <typename T>
  T expect(const std::string& what) {
    std::optional<Output> output = client.poll_output();
    INFO("expected " << what << "; output is " << (output ? static_cast<int>(output->index()) : -1)
                     << " (-1 none, 0 send, 1 abort, 2 settle)");
    REQUIRE(output.has_value());
    T* found = std::get_if<T>(&*output);
    REQUIRE(found != nullptr);
    return std::move(*found);
  }
};

// Answers of a service.

inline constexpr std::string_view executed_body =
    R"({"status":"executed","audit_event_id":"evt-1","policy_name":"p","conditions_evaluated":[]})";
inline constexpr std::string_view requested_body =
    R"({"status":"requested","audit_event_id":"evt-1","approval_id":"apr-1","policy_name":"p","message":"waits","conditions_evaluated":[]})";
inline constexpr std::string_view denied_body =
    R"({"status":"denied","audit_event_id":"evt-1","denial_reason":"CONDITIONS_DENIED","policy_name":"small-prs","conditions_evaluated":[{"actual":90,"expected":50,"field":"pr_size","operator":"lt","result":false}]})";
inline constexpr std::string_view claimed_body =
    R"({"status":"executed","audit_event_id":"evt-2","approval_id":"apr-1","policy_name":"p","conditions_evaluated":[]})";

/// An approval of our own service (claimable), or of one that knows no claims.
inline std::string approval_body(std::string_view state, bool claimable = true,
                                 std::string_view id = "apr-1") {
  std::string body = R"({"approval_id":")" + std::string(id) + R"(","status":")" + std::string(state) + '"';
  if (claimable) body += R"(,"claimable":true)";
  if (state == "approved" || state == "denied") {
    body += R"(,"decided_by":"ada","decided_at":"2026-01-01T00:01:00.000Z","reason":"looked at it")";
  }
  return body + "}";
}

inline Command execute(std::string body = R"({"action_type":"pr.open"})") {
  return {.operation = "execute", .body = std::move(body)};
}
inline Command gate() { return {.operation = "gate", .body = R"({"action_type":"pr.merge"})"}; }
inline Command resume_gate(std::string id = "apr-1") {
  return {.operation = "resumeGate", .arguments = {std::move(id)}};
}
inline Command delegate() {
  return {.operation = "delegate", .body = R"({"name":"reader","capabilities":["read"],"ttl":60})"};
}

// The gate's requests for apr-1.

inline constexpr std::string_view held = "/api/v1/approvals/apr-1?wait=25";
inline constexpr std::string_view plain = "/api/v1/approvals/apr-1";
inline constexpr std::string_view claim = "/api/v1/approvals/apr-1/claim";

/// Up to the first wait for apr-1.
inline void submit_and_wait(Transcript& t, CallId call = 1) {
  t.submit(call, gate());
  t.expect_send(wire::Method::post, "/api/v1/actions");
  t.respond(202, std::string(requested_body));
}

/// The same, of an approval whose time is up in so long, by this host's clock.
inline void submit_and_wait_until(Transcript& t, Millis left_ms) {
  t.submit(1, gate());
  t.expect_send(wire::Method::post, "/api/v1/actions");
  t.respond(202, R"({"status":"requested","audit_event_id":"evt-1","approval_id":"apr-1","timeout_at":")" +
                     format_rfc3339(t.now.wall_ms + left_ms) + R"("})");
}

}  // namespace al::client
