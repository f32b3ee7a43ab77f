// A hub beside a ledger, with a test that says what is durable, and hears what it sends.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/event_hub.h"
#include "engine/world.h"

namespace al::engine {

/// A ledger with two agents and some rows, and a hub beside it that a test tells what is durable.
struct Hall {
  explicit Hall(HubLimits limits = {})
      : world(transport::LedgerHome::memory), hub(world.lattice->engine(), limits) {
    bot = world.add_agent("bot").get("agent_id");
    cat = world.add_agent("cat").get("agent_id");
    world.set_policies(R"([{"name":"r","action_type":"read","effect":"allow"},
      {"name":"m","action_type":"merge","effect":"require_approval"}])");
  }

  /// Row by row what an agent does: read is executed, x is denied, merge asks for approval.
  void act(std::string_view who, std::string_view type, int times = 1) {
    for (int i = 0; i < times; ++i) {
      world.call(who, "POST /actions", R"({"action_type":")" + std::string(type) + "\"}");
    }
  }
  void set_policy() {
    const Reply reply =
        world.call("host", "PUT /policies/q", R"({"name":"q","action_type":"q","effect":"allow"})");
    REQUIRE(reply.status == 200);
  }
  [[nodiscard]] std::uint64_t size() const { return world.lattice->engine().ledger().size(); }
  /// Everything there is, is durable.
  void settle() {
    hub.handle_durable(size(), world.now());
    drain();
  }
  ConnectionId connect() {
    hub.handle_connect(++last, world.now());
    drain();
    return last;
  }
  ConnectionId listen(std::string_view who, std::string wishes = {}) {
    const ConnectionId id = connect();
    subscribe(id, who, std::move(wishes));
    return id;
  }
  /// `wishes`: members of the frame, each after a comma.
  void subscribe(ConnectionId id, std::string_view who, std::string wishes = {}) {
    receive(id, R"({"type":"subscribe","token":")" + world.key(who) + "\"" + wishes + "}");
  }
  void receive(ConnectionId id, std::string_view text) {
    hub.handle_frame(id, text, world.now());
    drain();
  }
  void flush(ConnectionId id) {
    hub.handle_flushed(id, world.now());
    drain();
  }
  void advance(Millis ms) {
    world.advance(ms);
    hub.handle_timeout(world.now());
    drain();
  }
  void drain() {
    while (std::optional<HubOutput> output = hub.poll_output()) {
      if (const auto* send = std::get_if<SendFrame>(&*output)) {
        CHECK(!closed.contains(send->connection));
        frames[send->connection].push_back(send->text);
      } else if (const auto* hang_up = std::get_if<HangUp>(&*output)) {
        CHECK(!closed.contains(hang_up->connection));
        closed[hang_up->connection] = hang_up->code;
      } else {
        ++begins;
      }
    }
  }
  /// What was sent since the last look: "ready 3", "action.denied 7", "heartbeat 9", "error CODE".
  std::vector<std::string> hear(ConnectionId id) {
    std::vector<std::string> out;
    for (const auto& text : std::exchange(frames[id], {})) {
      const json::Document frame = std::move(*json::parse(*text));
      const json::Value root = frame.root();
      const std::string_view type = root["type"].string();
      std::string said(type == "event" ? root["event_type"].string() : type);
      said += type == "error" ? " " + std::string(root["error"]["code"].string())
                              : " " + std::to_string(root["seq"].as_uint64().value());
      out.push_back(std::move(said));
    }
    return out;
  }

  World world;
  EventHub hub;
  std::string bot, cat;
  ConnectionId last = 0;
  std::map<ConnectionId, std::vector<std::shared_ptr<const std::string>>> frames;
  std::map<ConnectionId, std::uint16_t> closed;
  int begins = 0;
};

using Heard = std::vector<std::string>;

inline std::string at(std::string_view what, std::uint64_t row) {
  return std::string(what) + " " + std::to_string(row);
}

}  // namespace al::engine
