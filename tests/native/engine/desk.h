// A sequencer whose outputs are in the hands of the test.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "engine/sequencer.h"
#include "engine/world.h"

namespace al::engine {

/// A sequencer on an engine with one agent and one operator, and what it said so far.
struct Desk {
  explicit Desk(SequencerLimits limits = {}) : sequencer(engine, Entropy::from_number(1), limits) {
    engine.attach(PrincipalKind::operator_, "host", sha256("host"));
    engine.attach(PrincipalKind::agent, "bot", sha256("bot"));
    ask("host", "POST", "/agents", R"({"name":"bot","issue_key":false})");
    ask("host", "PUT", "/policies", R"([{"name":"r","action_type":"read","effect":"allow"},
      {"name":"m","action_type":"merge","effect":"require_approval","approval":{"timeout_seconds":100,"quorum":1}}])");
    settle();
    answers.clear();
    published.clear();
  }

  Ticket ask(std::string_view who, std::string_view method, std::string_view target, std::string body = {}) {
    wire::Request request{.method = wire::parse_method(method).value(),
                          .target = "/api/v1" + std::string(target),
                          .api_key = std::string(who),
                          .content_type = "application/json",
                          .body = std::move(body)};
    sequencer.handle_request(++ticket, std::move(request), now);
    drain();
    return ticket;
  }
  Ticket act(std::string_view type = "read") {
    return ask("bot", "POST", "/actions", R"({"action_type":")" + std::string(type) + "\"}");
  }
  std::string approval(Ticket of) { return answers.at(of).get("approval_id"); }
  Ticket decide(const std::string& approval_id) {
    return ask("host", "POST", "/approvals/" + approval_id + "/decision", R"({"decision":"approve"})");
  }

  void drain() {
    while (std::optional<SequencerOutput> output = sequencer.poll_output()) {
      if (const auto* append = std::get_if<Append>(&*output)) {
        CHECK(!appending);  // One at a time.
        CHECK(append->first_row == durable);
        CHECK(append->end_row > append->first_row);
        appending = *append;
      } else if (const auto* respond = std::get_if<Respond>(&*output)) {
        CHECK(!answers.contains(respond->ticket));  // Each once.
        CHECK(!respond->response.request_id.empty());
        CHECK(respond->response.retry_after.empty() == (respond->response.status != 429));
        answers.emplace(respond->ticket, reply_of(respond->response));
      } else if (const auto* sign = std::get_if<Sign>(&*output)) {
        CHECK(!signing);               // One at a time,
        CHECK(sign->rows <= durable);  // and of nothing that is not durable.
        signing = *sign;
      } else {
        published.push_back(std::get<Publish>(*output));
      }
    }
  }
  void succeed() {
    REQUIRE(appending);
    const Append append = *std::exchange(appending, {});
    durable = append.end_row;
    sequencer.handle_appended(append.batch, now);
    drain();
  }
  void fail() {
    REQUIRE(appending);
    const Append append = *std::exchange(appending, {});
    sequencer.handle_append_failed(append.batch, "disk full", now);
    drain();
  }
  void sign() {
    REQUIRE(signing);
    const Sign asked = *std::exchange(signing, {});
    sequencer.handle_signed(asked.rows, Bytes(audit::ed25519_signature_bytes, 7), now);
    drain();
  }
  void settle() {
    while (appending) succeed();
  }
  void advance(Millis ms) {
    now.steady_ms += ms;
    now.wall_ms += ms;
    sequencer.handle_timeout(now);
    drain();
  }

  Engine engine;
  Sequencer sequencer;
  Now now{.steady_ms = 50, .wall_ms = 1'769'860'800'000};
  Ticket ticket = 0;
  std::uint64_t durable = 0;
  std::optional<Append> appending;
  std::optional<Sign> signing;
  std::map<Ticket, Reply> answers;
  std::vector<Publish> published;
};

}  // namespace al::engine
