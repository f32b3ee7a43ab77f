// Drives a channel by hand, so that a test reads like a transcript of the conversation with the service.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/json.h"
#include "client/channel.h"

namespace al::client {

inline constexpr std::string_view channel_key = "al_test_0123456789abcdef0123456789abcdef";

inline std::string event_frame(std::uint64_t seq, std::string_view type = "action.denied") {
  return R"({"type":"event","seq":)" + std::to_string(seq) + R"(,"event_type":")" + std::string(type) +
         R"(","agent_id":"agt-1","timestamp":"2026-01-31T12:00:00.000Z","data":{"n":)" + std::to_string(seq) +
         "}}";
}
inline std::string error_frame(std::string_view code, std::string_view message = "no") {
  return R"({"type":"error","error":{"code":")" + std::string(code) + R"(","message":")" +
         std::string(message) + "\"}}";
}

class ChannelTranscript {
 public:
  explicit ChannelTranscript(wire::Subscribe filter = {}, ChannelLimits limits = {}, std::uint64_t seed = 1)
      : channel(with_token(std::move(filter)), Entropy::from_number(seed), limits) {
    channel.start(now);
  }

  Now now{.steady_ms = 1'000'000, .wall_ms = 1'767'225'600'000};
  Channel channel;
  SocketId socket = 0;  // the latest that was asked for

  void expect_socket() { socket = expect<OpenSocket>("a socket").socket; }
  /// The first frame; nothing: it does not say where to begin.
  std::string expect_subscribe(std::optional<std::uint64_t> after) {
    SendText send = expect<SendText>("the first frame");
    CHECK(send.socket == socket);
    const Result<json::Document> frame = json::parse(send.text);
    REQUIRE(frame.ok());
    CHECK(frame->root()["type"].string() == "subscribe");
    CHECK(frame->root()["token"].string() == channel_key);
    CHECK(frame->root()["after"].as_uint64() == after);
    return send.text;
  }
  void expect_heartbeat() { CHECK(expect<SendText>("a heartbeat").text == wire::client_heartbeat); }
  void expect_close(std::uint16_t code) {
    const CloseSocket close = expect<CloseSocket>("the socket's end");
    CHECK(close.socket == socket);
    CHECK(close.code == code);
  }
  void expect_event(std::uint64_t seq) {
    const Deliver event = expect<Deliver>("event " + std::to_string(seq));
    CHECK(event.seq == seq);
    const Result<json::Document> json = json::parse(event.json);
    REQUIRE(json.ok());
    CHECK(json->root().size() == 5);
    CHECK(json->root()["seq"].as_uint64() == seq);
    CHECK(json->root()["agent_id"].string() == "agt-1");
    CHECK(json->root()["data"]["n"].as_uint64() == seq);
  }
  /// `code`: the error's, or "" for none.
  std::string expect_report(ChannelNews news, std::string_view code = {}) {
    const Report report = expect<Report>("a report");
    INFO(report.json);
    CHECK(text(report.news) == text(news));
    CHECK(report.json.find(channel_key) == std::string::npos);
    const Result<json::Document> json =
        json::parse(report.json.empty() ? std::string_view("{}") : report.json);
    REQUIRE(json.ok());
    CHECK(json->root()["code"].string() == code);
    return report.json;
  }
  void expect_nothing() { CHECK_FALSE(channel.poll_output().has_value()); }
  void expect_end() {
    expect_nothing();
    CHECK(channel.ended());
    CHECK_FALSE(channel.next_deadline().has_value());
  }

  void open() { channel.handle_open(socket, now); }
  void receive(std::string_view frame) { channel.handle_text(socket, frame, now); }
  void ready(std::uint64_t seq, std::string_view org = "org-1") { receive(wire::write_ready(org, seq)); }
  void lose(std::uint16_t code = 1006) { channel.handle_closed(socket, code, "", now); }

  /// A socket, up to `ready`.
  void connect(std::optional<std::uint64_t> after, std::uint64_t seq) {
    expect_socket();
    open();
    expect_subscribe(after);
    ready(seq);
    expect_report(ChannelNews::ready);
  }
  void advance(Millis ms) {
    now.steady_ms += ms;
    now.wall_ms += ms;
    channel.handle_timeout(now);
  }
  /// Lets time pass until the channel's next deadline, and says how much it was.
  Millis advance_to_deadline() {
    REQUIRE(channel.next_deadline().has_value());
    const Millis ms = *channel.next_deadline() - now.steady_ms;
    advance(ms);
    return ms;
  }

 private:
  static wire::Subscribe with_token(wire::Subscribe filter) {
    filter.token = channel_key;
    return filter;
  }
  template <typename T>
  T expect(const std::string& what) {
    std::optional<ChannelOutput> output = channel.poll_output();
    INFO("expected " << what << "; output is " << (output ? static_cast<int>(output->index()) : -1)
                     << " (-1 none, 0 open, 1 text, 2 close, 3 event, 4 report)");
    REQUIRE(output.has_value());
    T* found = std::get_if<T>(&*output);
    REQUIRE(found != nullptr);
    return std::move(*found);
  }
};

}  // namespace al::client
