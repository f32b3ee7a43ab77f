// Every state of an approval of two operators, on behalf of a delegation, and every input in each.
#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <compare>

#include "engine/exhaustive.h"
#include "engine/world.h"

using namespace al;
using namespace al::engine;

namespace {

enum class Input : std::uint8_t {
  ada_approves,
  ada_denies,
  bob_approves,
  bob_denies,
  claim_one,
  claim_two,
  time_is_up,
  revoke
};
constexpr std::size_t inputs = 8;

struct Model {
  enum class State : std::uint8_t { pending, approved, denied, expired, cancelled };
  enum class Word : std::uint8_t { none, yes, no };
  State state = State::pending;
  std::array<Word, 2> said{};  // by ada, bob
  int claim = 0;
  bool revoked = false;
  bool late = false;

  auto operator<=>(const Model&) const = default;

  [[nodiscard]] bool open() const {
    return state == State::pending || (state == State::approved && claim == 0);
  }
  [[nodiscard]] Model next(std::size_t input) const {
    Model to = *this;
    if (answer(input) != "") return to;
    switch (static_cast<Input>(input)) {
      case Input::claim_one:
      case Input::claim_two:
        to.claim = static_cast<Input>(input) == Input::claim_one ? 1 : 2;
        break;
      case Input::time_is_up:
        to.late = true;
        if (open()) to.state = State::expired;
        break;
      case Input::revoke:
        to.revoked = true;
        if (open()) to.state = State::cancelled;
        break;
      default:
        to.said[voter(input)] = word(input);
        if (state != State::pending) break;  // The same again.
        if (word(input) == Word::no) to.state = State::denied;
        if (to.said == std::array{Word::yes, Word::yes}) to.state = State::approved;
    }
    return to;
  }
  /// The code of the refusal; "" where the input is taken.
  [[nodiscard]] std::string answer(std::size_t input) const {
    switch (static_cast<Input>(input)) {
      case Input::claim_one:
      case Input::claim_two: {
        const int by = static_cast<Input>(input) == Input::claim_one ? 1 : 2;
        if (claim != 0) return claim == by ? "" : "CONFLICT";
        if (state == State::expired) return "APPROVAL_EXPIRED";
        return state == State::approved ? "" : "APPROVAL_NOT_APPROVED";
      }
      case Input::time_is_up:
      case Input::revoke:
        return "";
      default: {
        const Word before = said[voter(input)];
        if (before == word(input)) return "";
        if (state == State::expired) return "APPROVAL_EXPIRED";
        return state != State::pending || before != Word::none ? "CONFLICT" : "";
      }
    }
  }
  static std::size_t voter(std::size_t input) { return input / 2; }
  static Word word(std::size_t input) { return input % 2 == 0 ? Word::yes : Word::no; }
};

class Desk : public World {
 public:
  Desk() {
    add_agent("bot");
    add_operator("ada");
    add_operator("bob");
    set_policies(R"([{"name":"m","action_type":"merge","effect":"require_approval",
      "approval":{"timeout_seconds":60,"quorum":2,"approvers":["ada","bob"]}}])");
    delegation_ =
        call("bot", "POST /delegations", R"({"name":"child","capabilities":["merge"],"ttl":3600})").get("id");
    approval_ = call("bot", "POST /actions", R"({"action_type":"merge"})", as_child()).get("approval_id");
    REQUIRE(!approval_.empty());
  }

  /// The code of the refusal, or "".
  std::string put(std::size_t input) {
    switch (static_cast<Input>(input)) {
      case Input::time_is_up:
        advance(61'000);
        return "";
      case Input::revoke:
        return call("bot", "DELETE /delegations/" + delegation_).code();
      case Input::claim_one:
      case Input::claim_two: {
        const std::string body =
            static_cast<Input>(input) == Input::claim_one ? R"({"claim_id":"1"})" : R"({"claim_id":"2"})";
        return call("bot", "POST /approvals/" + approval_ + "/claim", body, as_child()).code();
      }
      default: {
        const std::string_view decision = Model::word(input) == Model::Word::yes ? "approve" : "deny";
        return call(Model::voter(input) == 0 ? "ada" : "bob", "POST /approvals/" + approval_ + "/decision",
                    R"({"decision":")" + std::string(decision) + "\"}")
            .code();
      }
    }
  }

  [[nodiscard]] std::string state() { return call("ada", "GET /approvals/" + approval_).get("status"); }
  [[nodiscard]] std::size_t votes() { return call("ada", "GET /approvals/" + approval_)["votes"].size(); }
  [[nodiscard]] std::size_t executions() const {
    const std::vector<std::string> types = row_types();
    return static_cast<std::size_t>(std::count(types.begin(), types.end(), "action.executed"));
  }

 private:
  [[nodiscard]] std::string as_child() const { return "x-al-delegation-id: " + delegation_ + "\n"; }

  std::string delegation_;
  std::string approval_;
};

std::size_t votes_of(const Model& model) {
  return static_cast<std::size_t>(std::count_if(model.said.begin(), model.said.end(),
                                                [](Model::Word word) { return word != Model::Word::none; }));
}

}  // namespace

TEST_CASE("every input in every state of an approval", "[engine][exhaustive]") {
  constexpr std::array<std::string_view, 5> names{"pending", "approved", "denied", "expired", "cancelled"};
  std::array<bool, names.size()> reached{};
  const std::size_t states =
      explore<Model>(inputs, [&](const Model& from, const Model& to, const std::vector<std::size_t>& path) {
        Desk desk;
        for (std::size_t at = 0; at + 1 < path.size(); ++at) static_cast<void>(desk.put(path[at]));
        const std::size_t input = path.back();
        INFO("input " << input << " after " << path.size() - 1 << " others");
        CHECK(desk.state() == names[static_cast<std::size_t>(from.state)]);
        CHECK(desk.put(input) == from.answer(input));
        CHECK(desk.state() == names[static_cast<std::size_t>(to.state)]);
        CHECK(desk.votes() == votes_of(to));
        // It ran once, and only where two said yes in time and somebody claimed it.
        CHECK(desk.executions() == (to.claim == 0 ? 0 : 1));
        reached[static_cast<std::size_t>(to.state)] = true;
      });
  CHECK(std::all_of(reached.begin(), reached.end(), [](bool each) { return each; }));
  CHECK(states > 20);
}
