#include "wire/realtime.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

using namespace al;
using namespace al::wire;
using Kind = ServerFrame::Kind;

TEST_CASE("a subscription is read as it was written", "[wire][realtime]") {
  const Subscribe sent{.token = "al_test_x",
                       .org_id = "org-1",
                       .events = {{"action.denied", "approval.decided"}},
                       .agent_id = "agt-1",
                       .after = 1041};
  const std::string text = write_subscribe(sent);
  CHECK(
      text ==
      R"({"type":"subscribe","token":"al_test_x","org_id":"org-1","events":["action.denied","approval.decided"],"agent_id":"agt-1","after":1041})");
  const json::Document document = std::move(*json::parse(text));
  const Result<Subscribe> read = read_subscribe(document.root());
  REQUIRE(read.ok());
  CHECK(read->token == sent.token);
  CHECK(read->org_id == sent.org_id);
  CHECK(read->events == sent.events);
  CHECK(read->agent_id == sent.agent_id);
  CHECK(read->after == sent.after);
  CHECK(write_subscribe({.token = "t"}) ==
        R"({"type":"subscribe","token":"t","org_id":null,"events":null,"agent_id":null,"after":null})");
}

TEST_CASE("a filter is read strictly, and every fault is named", "[wire][realtime]") {
  CHECK(read_filter("{}").ok());
  CHECK(read_filter(R"({"org_id":null,"events":null,"agent_id":null,"after":null})").ok());
  CHECK(read_filter(R"({"after":0})")->after == 0);
  for (const std::string_view bad :
       {"", "[]", R"({"event":["action.denied"]})", R"({"events":[]})", R"({"events":"action.denied"})",
        R"({"events":[7]})", R"({"events":["action.denied","approval.denied"]})", R"({"after":-1})",
        R"({"after":1.5})", R"({"after":"7"})", R"({"after":9007199254740992})", R"({"agent_id":7})",
        R"({"agent_id":""})", R"({"org_id":[]})", R"({"token":"x"})"}) {
    CAPTURE(bad);
    const Result<Subscribe> read = read_filter(bad);
    REQUIRE(!read.ok());
    CHECK(read.error().code == Code::invalid_argument);
  }
  const Result<Subscribe> mistyped = read_filter(R"({"events":["action.denid"],"agent":"x"})");
  CHECK(mistyped.error().message.find("did you mean \"action.denied\"") != std::string::npos);
  CHECK(mistyped.error().details.find("\"/agent\"") != std::string::npos);
}

TEST_CASE("every event type can be asked for", "[wire][realtime]") {
  CHECK(event_types().size() == 12);
  for (const std::string_view type : event_types()) {
    CHECK(read_filter(R"({"events":[")" + std::string(type) + "\"]}").ok());
  }
}

TEST_CASE("a server's frames are read as they were written", "[wire][realtime]") {
  const Result<ServerFrame> ready = read_server_frame(write_ready("org-1", 7));
  REQUIRE(ready.ok());
  CHECK(ready->kind == Kind::ready);
  CHECK(ready->org_id == "org-1");
  CHECK(ready->seq == 7);

  const json::Document data = std::move(*json::parse(R"({"n":18446744073709551615,"z":"é"})"));
  const Result<ServerFrame> event =
      read_server_frame(write_event(8, "action.denied", "agt-1", 1'769'860'800'000, data.root()));
  REQUIRE(event.ok());
  CHECK(event->kind == Kind::event);
  CHECK(event->seq == 8);
  CHECK(
      event->event ==
      R"({"seq":8,"event_type":"action.denied","agent_id":"agt-1","timestamp":"2026-01-31T12:00:00.000Z","data":{"n":18446744073709551615,"z":"é"}})");

  CHECK(read_server_frame(write_heartbeat(9))->seq == 9);
  const Result<ServerFrame> error =
      read_server_frame(write_error({Code::rate_limited, "slow", R"({"a":1})"}));
  REQUIRE(error.ok());
  CHECK(error->kind == Kind::error);
  CHECK(error->error.code == Code::rate_limited);
  CHECK(error->error.message == "slow");
  CHECK(read_server_frame(R"({"type":"later"})")->kind == Kind::unknown);
}

TEST_CASE("a server's frame that is not what it must be is a protocol error", "[wire][realtime]") {
  for (const std::string_view bad :
       {"", "null", "{}", R"({"type":"ready"})", R"({"type":"ready","seq":"1"})",
        R"({"type":"heartbeat","seq":1.5})", R"({"type":"heartbeat","seq":9007199254740992})",
        R"({"type":"event","seq":1,"timestamp":"2026-01-31T12:00:00Z","data":{}})",
        R"({"type":"event","seq":1,"event_type":"x","data":{}})",
        R"({"type":"event","seq":1,"event_type":"x","timestamp":"2026-01-31T12:00:00Z"})",
        R"({"type":"heartbeat","type":"heartbeat","seq":1})"}) {
    CAPTURE(bad);
    const Result<ServerFrame> read = read_server_frame(bad);
    REQUIRE(!read.ok());
    CHECK(read.error().code == Code::protocol_error);
  }
  // An error without a code is an error all the same.
  CHECK(read_server_frame(R"({"type":"error"})")->error.code == Code::internal);
}

TEST_CASE("the events of a service are where its requests go, over a WebSocket", "[wire][realtime]") {
  CHECK(*events_url("https://example.com") == "wss://example.com/api/v1/events");
  CHECK(*events_url("http://127.0.0.1:8080/") == "ws://127.0.0.1:8080/api/v1/events");
  CHECK(*events_url("https://example.com/lattice") == "wss://example.com/lattice/api/v1/events");
  for (const std::string_view bad :
       {"", "example.com", "ws://example.com", "ftp://example.com", "HTTPS//x"}) {
    CHECK(events_url(bad).error().code == Code::invalid_argument);
  }
}
