// Replays a conversation on a channel with a failure at every step in turn, and checks what must hold
// whatever fails.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "client/channel_transcript.h"

using namespace al;
using namespace al::client;

namespace {

constexpr std::uint64_t rows = 12;

enum class Kind { none, refused, lost, silence, garbage, busy, repeated, paused, clock_jumps };
constexpr Kind kinds[] = {Kind::none, Kind::refused,  Kind::lost,   Kind::silence,    Kind::garbage,
                          Kind::busy, Kind::repeated, Kind::paused, Kind::clock_jumps};

/// A service with `rows` rows, all of them news but every third, which fails at one of its steps, or from
/// there on for a while.
class Service {
 public:
  Service(Kind kind, int fail_at, int times) : kind_(kind), fail_at_(fail_at), fail_end_(fail_at + times) {
    for (int turn = 0; turn < 1000 && delivered.size() < expected().size() && !ended; ++turn) take_turn();
  }

  static std::vector<std::uint64_t> expected() {
    std::vector<std::uint64_t> out;
    for (std::uint64_t row = 1; row < rows; ++row) {
      if (row % 3 != 0) out.push_back(row);
    }
    return out;
  }

  std::vector<std::uint64_t> delivered;
  bool ended = false;
  int sockets_open = 0;
  int most_open = 0;
  ChannelTranscript t{{.after = 0}};

 private:
  void take_turn() {
    while (std::optional<ChannelOutput> output = t.channel.poll_output()) take(*output);
    if (live_) return serve();
    if (t.channel.state() == Channel::State::paused) return t.channel.resume(t.now);
    if (t.channel.next_deadline()) t.advance_to_deadline();
  }
  void take(ChannelOutput& output) {
    if (const auto* open = std::get_if<OpenSocket>(&output)) {
      t.socket = open->socket;
      most_open = std::max(most_open, ++sockets_open);
      if (fails()) return fail();
      t.open();
    } else if (const auto* send = std::get_if<SendText>(&output)) {
      if (send->text == wire::client_heartbeat) return;
      const json::Document frame = std::move(*json::parse(send->text));
      next_ = *frame.root()["after"].as_uint64() + 1;
      if (fails()) return fail();
      live_ = true;
      t.ready(next_ - 1);
    } else if (std::holds_alternative<CloseSocket>(output)) {
      --sockets_open;
      live_ = false;
    } else if (const auto* event = std::get_if<Deliver>(&output)) {
      delivered.push_back(event->seq);
    } else if (std::get<Report>(output).news == ChannelNews::ended) {
      ended = true;
    }
  }
  void serve() {
    if (fails()) return fail();
    if (next_ >= rows) return t.receive(wire::write_heartbeat(rows - 1));
    if (next_ % 3 != 0) t.receive(event_frame(next_));
    ++next_;
    if (next_ % 4 == 0) t.receive(wire::write_heartbeat(next_ - 1));
  }
  bool fails() {
    const int step = step_++;
    return kind_ != Kind::none && step >= fail_at_ && step < fail_end_;
  }
  void fail() {
    switch (kind_) {
      case Kind::refused:
      case Kind::lost:
        --sockets_open;
        live_ = false;
        return t.lose(kind_ == Kind::refused ? 1006 : 1001);
      case Kind::silence:
        live_ = false;  // Until the channel closes it.
        return;
      case Kind::garbage:
        return t.receive("\xFF{");
      case Kind::busy:
        return t.receive(error_frame("RATE_LIMITED"));
      case Kind::repeated:
        for (std::uint64_t row = 1; row < next_ && live_; ++row) {
          if (row % 3 != 0) t.receive(event_frame(row));
        }
        return;
      case Kind::paused:
        return t.channel.pause(t.now);
      case Kind::clock_jumps:
        t.now.wall_ms -= 3'600'000;
        return t.advance(100'000);
      case Kind::none:
        return;
    }
  }

  Kind kind_;
  int fail_at_;
  int fail_end_;
  int step_ = 0;
  bool live_ = false;
  std::uint64_t next_ = 0;
};

}  // namespace

TEST_CASE("channel: whatever fails at whichever step, each event is delivered once and in order",
          "[client][channel]") {
  for (const Kind kind : kinds) {
    for (const int times : {1, 2, 4}) {
      for (int step = 0; step < 24; ++step) {
        CAPTURE(static_cast<int>(kind), times, step);
        Service service(kind, step, times);
        CHECK(service.delivered == Service::expected());
        CHECK_FALSE(service.ended);
        CHECK(service.most_open == 1);
        service.t.channel.end();
        int ends = 0;
        while (std::optional<ChannelOutput> output = service.t.channel.poll_output()) {
          if (const auto* report = std::get_if<Report>(&*output)) ends += report->news == ChannelNews::ended;
        }
        CHECK(ends == 1);
        service.t.expect_end();
      }
    }
  }
}
