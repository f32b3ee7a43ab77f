#include "client/channel.h"

#include <catch2/catch_test_macros.hpp>

#include "client/channel_transcript.h"

using namespace al;
using namespace al::client;
using State = Channel::State;
using enum ChannelNews;

TEST_CASE("channel: the first frame holds the token and the filter, and events come after ready",
          "[client][channel]") {
  ChannelTranscript t({.org_id = "org-1", .events = {{"action.denied"}}, .agent_id = "agt-1", .after = 7});
  t.expect_socket();
  CHECK(t.channel.state() == State::connecting);
  t.expect_nothing();
  t.open();
  const std::string frame = t.expect_subscribe(7);
  CHECK(frame == R"({"type":"subscribe","token":")" + std::string(channel_key) +
                     R"(","org_id":"org-1","events":["action.denied"],"agent_id":"agt-1","after":7})");
  CHECK(t.channel.state() == State::subscribing);
  t.ready(7);
  t.expect_report(ready);
  t.receive(event_frame(8));
  t.expect_event(8);
  t.receive(event_frame(12));  // The filter may leave rows out.
  t.expect_event(12);
  t.expect_nothing();
  CHECK(t.channel.last() == 12);
  t.channel.end();
  t.expect_close(1000);
  t.expect_report(ended);
  t.expect_end();
}

TEST_CASE("channel: who does not say where to begin begins where the server is", "[client][channel]") {
  ChannelTranscript t;
  t.connect({}, 41);
  CHECK(t.channel.last() == 41);
  t.receive(event_frame(42));
  t.expect_event(42);
  t.lose();
  t.expect_report(reconnecting, "CONNECTION_FAILED");
  t.advance_to_deadline();
  t.connect(42, 42);
}

TEST_CASE("channel: what was delivered is not delivered again", "[client][channel]") {
  ChannelTranscript t;
  t.connect({}, 1);
  t.receive(event_frame(5));
  t.expect_event(5);
  t.receive(event_frame(5));
  t.receive(event_frame(3));
  t.expect_nothing();
  CHECK(t.channel.stats().repeated == 2);
  t.receive(event_frame(6));
  t.expect_event(6);
}

TEST_CASE("channel: a heartbeat is answered, and says up to where everything was sent", "[client][channel]") {
  ChannelTranscript t;
  t.connect({}, 1);
  t.receive(wire::write_heartbeat(900));
  t.expect_heartbeat();
  CHECK(t.channel.last() == 900);
  t.lose();
  t.expect_report(reconnecting, "CONNECTION_FAILED");
  t.advance_to_deadline();
  t.connect(900, 900);
  t.receive(wire::write_heartbeat(899));
  t.expect_heartbeat();
  t.expect_close(4002);
  t.expect_report(reconnecting, "PROTOCOL_ERROR");
}

TEST_CASE("channel: a heartbeat that is missed ends the socket", "[client][channel]") {
  ChannelTranscript t;
  t.connect({}, 1);
  t.advance_to_deadline();  // Stable.
  t.expect_nothing();
  for (int i = 0; i < 10; ++i) {
    t.advance(30'000);
    t.expect_nothing();
    t.receive(wire::write_heartbeat(1));
    t.expect_heartbeat();
  }
  CHECK(t.advance_to_deadline() == wire::silence_ms_max);
  t.expect_close(4000);
  t.expect_report(reconnecting, "CONNECTION_FAILED");
  // What the old socket still brings is nobody's business.
  t.receive(event_frame(2));
  t.lose();
  t.expect_nothing();
  CHECK(t.channel.stats().stray_inputs == 2);
  t.advance_to_deadline();
  t.connect(1, 1);
}

TEST_CASE("channel: a socket that does not open, and a server that is not ready, are given up on",
          "[client][channel]") {
  ChannelTranscript t;
  t.expect_socket();
  CHECK(t.advance_to_deadline() == 30'000);
  t.expect_close(1000);
  t.expect_report(reconnecting, "REQUEST_TIMEOUT");
  t.advance_to_deadline();
  t.expect_socket();
  t.open();
  t.expect_subscribe({});
  CHECK(t.advance_to_deadline() == 15'000);
  t.expect_close(1000);
  t.expect_report(reconnecting, "REQUEST_TIMEOUT");
}

TEST_CASE("channel: back-off grows to its bound, never ends, and begins anew after a stable time or an event",
          "[client][channel]") {
  ChannelTranscript t;
  Millis longest = 0;
  for (int i = 0; i < 200; ++i) {
    t.expect_socket();
    t.lose();
    t.expect_report(reconnecting, "CONNECTION_FAILED");
    const Millis waited = t.advance_to_deadline();
    longest = std::max(longest, waited);
    CHECK(waited <= std::min<Millis>(30'000, 1000LL << std::min(i, 10)));
  }
  CHECK(longest > 20'000);
  t.connect({}, 1);
  t.receive(event_frame(2));
  t.expect_event(2);
  t.lose();
  t.expect_report(reconnecting, "CONNECTION_FAILED");
  CHECK(t.advance_to_deadline() <= 1000);
  for (int i = 0; i < 12; ++i) {  // Ready, and lost at once: not well.
    t.connect(2, 2);
    t.lose();
    t.expect_report(reconnecting, "CONNECTION_FAILED");
    t.advance_to_deadline();
  }
  t.connect(2, 2);
  CHECK(t.advance_to_deadline() == 5000);
  t.lose();
  t.expect_report(reconnecting, "CONNECTION_FAILED");
  CHECK(t.advance_to_deadline() <= 1000);
}

TEST_CASE("channel: errors that another try would meet again end it, others do not", "[client][channel]") {
  for (const std::string_view code :
       {"UNAUTHENTICATED", "FORBIDDEN", "INVALID_REQUEST", "MALFORMED_JSON", "NOT_FOUND", "CONFLICT"}) {
    ChannelTranscript t;
    t.expect_socket();
    t.open();
    t.expect_subscribe({});
    t.receive(error_frame(code, std::string("your key was ") + std::string(channel_key)));
    t.expect_close(1000);
    t.expect_report(ended, code);
    t.expect_end();
    t.lose();
    t.channel.resume(t.now);
    t.channel.pause(t.now);
    t.channel.end();
    t.expect_end();
  }
  for (const std::string_view code :
       {"RATE_LIMITED", "LEDGER_UNAVAILABLE", "INTERNAL", "SOMETHING_NEW", "ABORTED"}) {
    ChannelTranscript t;
    t.connect({}, 1);
    t.receive(error_frame(code));
    t.expect_close(1000);
    const std::string json =
        t.expect_report(reconnecting, code == "SOMETHING_NEW" || code == "ABORTED" ? "INTERNAL" : code);
    CHECK(json.find("\"no\"") != std::string::npos);
    t.lose(1013);
    t.expect_nothing();
    t.advance_to_deadline();
    t.connect(1, 1);
  }
}

TEST_CASE("channel: what does not parse or contradicts is a protocol error, and too many in a row end it",
          "[client][channel]") {
  for (const std::string& bad :
       {std::string(), std::string("{"), std::string("[]"), std::string(R"({"type":7})"),
        std::string(R"({"type":"event"})"),
        std::string(
            R"({"type":"event","seq":-1,"event_type":"x","timestamp":"2026-01-31T12:00:00Z","data":{}})"),
        std::string(R"({"type":"event","seq":2,"event_type":"x","timestamp":"soon","data":{}})"),
        std::string(
            R"({"type":"event","seq":2,"event_type":"x","timestamp":"2026-01-31T12:00:00Z","data":[]})"),
        std::string(R"({"type":"heartbeat"})"), wire::write_ready("org-1", 1)}) {
    CAPTURE(bad);
    ChannelTranscript t;
    std::optional<std::uint64_t> after;
    for (int i = 1; i < 5; ++i) {
      t.connect(after, 1);
      after = 1;
      t.receive(bad);
      t.expect_close(4002);
      t.expect_report(reconnecting, "PROTOCOL_ERROR");
      t.advance_to_deadline();
    }
    t.connect(after, 1);
    t.receive(bad);
    t.expect_close(1000);
    t.expect_report(ended, "PROTOCOL_ERROR");
    t.expect_end();
  }
}

TEST_CASE("channel: an event in between makes the next protocol error a first one", "[client][channel]") {
  ChannelTranscript t;
  t.connect({}, 1);
  for (std::uint64_t seq = 2; seq < 20; ++seq) {
    t.receive(event_frame(seq));
    t.expect_event(seq);
    t.receive("garbage");
    t.expect_close(4002);
    t.expect_report(reconnecting, "PROTOCOL_ERROR");
    t.advance_to_deadline();
    t.connect(seq, seq);
  }
}

TEST_CASE("channel: events before ready, skipped rows and another organisation are contradictions",
          "[client][channel]") {
  const auto expect_violation = [](wire::Subscribe filter, const std::string& frame) {
    CAPTURE(frame);
    ChannelTranscript t(std::move(filter));
    t.expect_socket();
    t.open();
    static_cast<void>(t.channel.poll_output());
    t.receive(frame);
    t.expect_close(4002);
    t.expect_report(reconnecting, "PROTOCOL_ERROR");
  };
  expect_violation({}, event_frame(2));
  expect_violation({.after = 5}, wire::write_ready("org-1", 6));
  expect_violation({.org_id = "org-2"}, wire::write_ready("org-1", 6));
}

TEST_CASE("channel: a ledger that ends before what was read ends the channel", "[client][channel]") {
  ChannelTranscript t;
  t.connect({}, 50);
  t.lose();
  t.expect_report(reconnecting, "CONNECTION_FAILED");
  t.advance_to_deadline();
  t.expect_socket();
  t.open();
  t.expect_subscribe(50);
  t.ready(49);
  t.expect_close(1000);
  t.expect_report(ended, "CONFLICT");
  t.expect_end();
}

TEST_CASE("channel: frames of unknown types, and unknown fields, are left alone", "[client][channel]") {
  ChannelTranscript t;
  t.connect({}, 1);
  t.receive(R"({"type":"weather","wind":[1]})");
  t.receive(
      R"({"type":"event","seq":2,"event_type":"new.thing","agent_id":"agt-1","timestamp":"2026-01-31T12:00:00Z","data":{"n":2},"x":1})");
  t.expect_event(2);
  t.expect_nothing();
}

TEST_CASE("channel: after a pause nothing is delivered, and what was missed comes with the resumption",
          "[client][channel]") {
  ChannelTranscript t;
  t.connect({}, 1);
  t.receive(event_frame(3));
  t.expect_event(3);
  t.receive(event_frame(5));  // Decided on, and not delivered yet.
  t.receive(event_frame(6));
  t.channel.pause(t.now);
  t.expect_close(1000);
  t.expect_nothing();
  CHECK(t.channel.stats().delivered == 1);
  CHECK_FALSE(t.channel.next_deadline().has_value());
  t.channel.pause(t.now);
  t.receive(event_frame(7));
  t.expect_nothing();
  t.channel.resume(t.now);
  t.channel.resume(t.now);
  t.connect(4, 4);
  t.receive(event_frame(5));
  t.expect_event(5);
  t.lose();
  t.expect_report(reconnecting, "CONNECTION_FAILED");
  t.channel.pause(t.now);  // While it backs off.
  CHECK_FALSE(t.channel.next_deadline().has_value());
  t.channel.resume(t.now);
  t.connect(5, 5);
}

TEST_CASE(
    "channel: an application that leaves hears nothing but the end; an error comes after what was before it",
    "[client][channel]") {
  ChannelTranscript left;
  left.connect({}, 1);
  left.receive(event_frame(2));
  left.channel.end();
  left.expect_close(1000);
  left.expect_report(ended);
  left.expect_end();

  ChannelTranscript refused;
  refused.connect({}, 1);
  refused.receive(event_frame(2));
  refused.receive(error_frame("UNAUTHENTICATED"));
  refused.expect_event(2);
  refused.expect_close(1000);
  refused.expect_report(ended, "UNAUTHENTICATED");
  refused.expect_end();
}

TEST_CASE("channel: where no socket can ever be opened it ends with the reason", "[client][channel]") {
  ChannelTranscript t;
  t.expect_socket();
  t.channel.end(Error{Code::invalid_argument, "no WebSocket here"});
  t.expect_close(1000);
  t.expect_report(ended, "INVALID_ARGUMENT");
  t.expect_end();
}

TEST_CASE("channel: a timeout with nothing due is counted, and does nothing", "[client][channel]") {
  ChannelTranscript t;
  t.expect_socket();
  t.advance(10);
  t.expect_nothing();
  CHECK(t.channel.stats().spurious_timeouts == 1);
}
