// Every state of three delegations, each lent from the one before, and every input in each.
#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <compare>

#include "engine/exhaustive.h"
#include "engine/world.h"
#include "wire/limits.h"

using namespace al;
using namespace al::engine;

namespace {

constexpr std::size_t links = 3;
/// Lend link 0, 1, 2; revoke link 0, 1, 2; a minute passes.
constexpr std::size_t minute = 2 * links;
constexpr std::size_t inputs = minute + 1;
/// The last ends first; none outlives a lender.
constexpr std::array<int, links> minutes_of{3, 2, 1};

struct Model {
  enum class State : std::uint8_t { none, live, revoked, expired };
  std::array<State, links> chain{};
  std::array<int, links> minutes_left{};

  auto operator<=>(const Model&) const = default;

  [[nodiscard]] bool lends(std::size_t link) const {
    return chain[link] == State::none && (link == 0 || chain[link - 1] == State::live);
  }
  [[nodiscard]] Model next(std::size_t input) const {
    Model to = *this;
    if (input < links) {
      if (lends(input)) {
        const int lender = input == 0 ? minutes_of[0] : minutes_left[input - 1];
        to.chain[input] = State::live;
        to.minutes_left[input] = std::min(minutes_of[input], lender);
      }
    } else if (input < minute) {
      to.end(input - links, State::revoked);
    } else {
      for (std::size_t link = links; link-- > 0;) {
        if (to.chain[link] == State::live && --to.minutes_left[link] == 0) to.end(link, State::expired);
      }
    }
    return to;
  }
  /// With everything that was lent from it.
  void end(std::size_t link, State how) {
    if (chain[link] != State::live) return;
    for (std::size_t at = link; at < links && chain[at] != State::none; ++at) {
      if (chain[at] == State::live) chain[at] = how;
      minutes_left[at] = 0;
    }
  }
};

class Office : public World {
 public:
  Office() {
    add_agent("bot");
    set_policies(R"([{"name":"r","action_type":"read","effect":"allow"}])");
  }

  /// True where it was taken.
  bool put(std::size_t input) {
    if (input == minute) {
      advance(60'000);
      return true;
    }
    if (input >= links) return call("bot", "DELETE /delegations/" + id(input - links)).status == 200;
    const std::string body =
        R"({"name":"link","capabilities":["read"],"ttl":)" + std::to_string(60 * minutes_of[input]) + "}";
    const Reply reply = call("bot", "POST /delegations", body, input == 0 ? "" : as(input - 1));
    if (reply.status == 201) ids_[input] = reply.get("id");
    return reply.status == 201;
  }

  /// Why the delegation may not read, or "".
  std::string refusal(std::size_t link) {
    return call("bot", "POST /can-i", R"({"action_type":"read"})", as(link)).get("denial_reason");
  }

 private:
  [[nodiscard]] std::string id(std::size_t link) const {
    return ids_[link].empty() ? "dlg-none" : ids_[link];
  }
  [[nodiscard]] std::string as(std::size_t link) const { return "x-al-delegation-id: " + id(link) + "\n"; }

  std::array<std::string, links> ids_;
};

}  // namespace

TEST_CASE("every input in every state of a chain of delegations", "[engine][exhaustive]") {
  constexpr std::array<std::string_view, 4> refusals{"DELEGATION_UNKNOWN", "", "DELEGATION_REVOKED",
                                                     "DELEGATION_EXPIRED"};
  const std::size_t states =
      explore<Model>(inputs, [&](const Model& from, const Model& to, const std::vector<std::size_t>& path) {
        const std::size_t input = path.back();
        // Lent once already: a second of the same place would be another delegation.
        if (input < links && from.chain[input] != Model::State::none) return;
        Office office;
        for (std::size_t at = 0; at + 1 < path.size(); ++at) static_cast<void>(office.put(path[at]));
        INFO("input " << input << " after " << path.size() - 1 << " others");
        const bool taken = input < links    ? from.lends(input)
                           : input < minute ? from.chain[input - links] != Model::State::none
                                            : true;
        CHECK(office.put(input) == taken);
        for (std::size_t link = 0; link < links; ++link) {
          CHECK(office.refusal(link) == refusals[static_cast<std::size_t>(to.chain[link])]);
          // None is live below one that has ended.
          if (link > 0 && to.chain[link] == Model::State::live)
            CHECK(to.chain[link - 1] == Model::State::live);
        }
      });
  CHECK(states > 30);
}

TEST_CASE("of delegations that ended the latest are known, after a restart the same",
          "[engine][delegation]") {
  World world;
  world.add_agent("bot");
  world.set_policies(R"([{"name":"r","action_type":"read","effect":"allow"}])");
  const std::string body = R"({"name":"d","capabilities":["read"],"ttl":60})";
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < wire::delegations_ended_max + 3; ++i) {
    const std::string key = "x-al-event-id: " + std::to_string(i) + "\n";
    ids.push_back(world.call("bot", "POST /delegations", body, key).get("id"));
    CHECK(world.call("bot", "DELETE /delegations/" + ids.back())["revoked"].as_bool() == true);
  }
  const std::string live = world.call("bot", "POST /delegations", body).get("id");
  const auto list = [&] { return world.call("bot", "GET /delegations?active_only=false").text; };
  const auto reason = [&](const std::string& under) {
    return world
        .call("bot", "POST /actions", R"({"action_type":"read"})", "x-al-delegation-id: " + under + "\n")
        .get("denial_reason");
  };
  const std::string before = list();
  CHECK(before.find(ids[2]) == std::string::npos);
  CHECK(before.find(ids[3]) != std::string::npos);
  CHECK(before.find(live) != std::string::npos);
  CHECK(reason(ids[2]) == "DELEGATION_UNKNOWN");
  CHECK(reason(ids[3]) == "DELEGATION_REVOKED");
  CHECK(world.call("bot", "POST /delegations", body, "x-al-event-id: 2\n").code() == "CONFLICT");
  CHECK(world.call("bot", "POST /delegations", body, "x-al-event-id: 3\n").get("id") == ids[3]);
  world.restart();
  CHECK(list() == before);
}
