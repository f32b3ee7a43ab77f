// An action of a service that answers at once: the same request and settlement as a call's, without a call.
#include <catch2/catch_test_macros.hpp>

#include "client/client.h"
#include "client/transcript.h"

using namespace al;
using namespace al::client;
using enum wire::Method;

namespace {

const Config near_config{.api_key = "al_test_0123456789"};

wire::Response ran() {
  wire::Response response = wire::json_response(200, R"({"status":"executed","audit_event_id":"evt-1"})");
  response.executed = true;
  return response;
}

}  // namespace

TEST_CASE("act now: the request of an action, as a call would send it, but for the key", "[client]") {
  Client client(near_config, Entropy::from_number(1));
  for (const std::string_view operation : {"execute", "gate"}) {
    Command command = execute();
    command.operation = operation;
    command.delegation_id = "dlg-1";
    const std::optional<wire::Request> request = client.begin_now(command);
    REQUIRE(request);
    CHECK(request->method == post);
    CHECK(request->target == "/api/v1/actions");
    CHECK(request->api_key.empty());
    CHECK(request->content_type == "application/json");
    CHECK(request->delegation_id == "dlg-1");
    CHECK(request->body == R"({"action_type":"pr.open"})");
    CHECK(request->event_id.starts_with("call-"));
    CHECK(request->event_id == command.event_id);
    command.event_id = "mine";
    CHECK(client.begin_now(command)->event_id == "mine");
  }
  CHECK(client.stats().calls == 0);
}

TEST_CASE("act now: what a call must refuse is nothing here", "[client]") {
  Client client(near_config, Entropy::from_number(1));
  Command command = execute();
  const auto begins = [&client](Command each) { return client.begin_now(each).has_value(); };
  CHECK(begins(command));
  SECTION("another operation") { command.operation = "whoami"; }
  SECTION("no operation") { command.operation = "fly"; }
  SECTION("an event id that no header can hold") { command.event_id = "a\nb"; }
  SECTION("a long delegation id") { command.delegation_id = std::string(1000, 'd'); }
  SECTION("a closed client") { client.close({}); }
  CHECK(!begins(command));
}

TEST_CASE("act now: settles as a call would, or not at all", "[client]") {
  Client client(near_config, Entropy::from_number(1));
  const auto settle = [&client](std::string_view operation, wire::Response response) {
    return client.end_now(7, {.operation = std::string(operation)}, std::move(response));
  };
  for (const std::string_view operation : {"execute", "gate"}) {
    const std::optional<Settle> settled = settle(operation, ran());
    REQUIRE(settled);
    CHECK(settled->call == 7);
    CHECK(settled->ok);
    CHECK(settled->json == R"({"status":"executed","audit_event_id":"evt-1"})");
    CHECK(!settle(operation, wire::error_response({Code::unauthenticated, "no"})));
    CHECK(!settle(operation, wire::json_response(200, "{}")));
    CHECK(!settle(operation, wire::json_response(200, "")));
  }
  const wire::Response denied = wire::json_response(200, std::string(denied_body));
  CHECK(settle("execute", denied)->ok);
  CHECK(!settle("gate", denied)->ok);
  CHECK(settle("gate", denied)->json.find("CONDITIONS_DENIED") != std::string::npos);
  const wire::Response asked =
      wire::json_response(202, R"({"status":"requested","audit_event_id":"evt-1","approval_id":"apr-1"})");
  CHECK(settle("execute", asked)->ok);
  CHECK(!settle("gate", asked));
  CHECK(client.stats().calls == 6);
}

TEST_CASE("act now: a key that comes back is not told", "[client]") {
  Client client(near_config, Entropy::from_number(1));
  wire::Response response = ran();
  response.body = R"({"status":"executed","audit_event_id":"al_test_0123456789"})";
  const auto settled = client.end_now(7, execute(), response);
  CHECK(settled->json == R"({"status":"executed","audit_event_id":"[redacted]"})");
}
