#include "approval/approval.h"

#include <catch2/catch_test_macros.hpp>

using namespace al;
using namespace al::approval;

namespace {

constexpr Millis end_ms = 1000;

Approval asked(std::int64_t quorum = 1, State state = State::pending, std::vector<Vote> votes = {}) {
  return {.approval_id = "apr-1",
          .audit_event_id = "evt-1",
          .agent_id = "agt-1",
          .delegation_id = {},
          .quorum = quorum,
          .approvers = {},
          .timeout_ms = end_ms,
          .state = state,
          .votes = std::move(votes),
          .claim_id = {}};
}

Vote yes(std::string operator_id) { return {operator_id, operator_id, true, 0, {}}; }
Vote no(std::string operator_id) { return {operator_id, operator_id, false, 0, {}}; }

}  // namespace

TEST_CASE("weighing a vote", "[approval]") {
  struct Row {
    std::string_view what;
    Approval approval;
    bool approves;
    Millis now_ms;
    std::optional<Weight> weight;
    Code code = Code::internal;
  };
  const std::vector<Row> table{
      {"the only vote that is needed", asked(), true, 0, Weight::approves},
      {"a denial", asked(), false, 0, Weight::denies},
      {"one of two", asked(2), true, 0, Weight::counts},
      {"two of two", asked(2, State::pending, {yes("bob")}), true, 0, Weight::approves},
      {"two of three", asked(3, State::pending, {yes("bob")}), true, 0, Weight::counts},
      {"a denial after approvals", asked(3, State::pending, {yes("bob"), yes("eve")}), false, 0,
       Weight::denies},
      {"the same again", asked(2, State::pending, {yes("ada")}), true, 0, Weight::repeats},
      {"the same again, decided", asked(1, State::approved, {yes("ada")}), true, 0, Weight::repeats},
      {"the same denial again", asked(1, State::denied, {no("ada")}), false, 0, Weight::repeats},
      {"the same again, too late", asked(1, State::expired, {yes("ada")}), true, end_ms, Weight::repeats},
      {"a change of mind", asked(2, State::pending, {yes("ada")}), false, 0, {}, Code::conflict},
      {"a change of mind, decided", asked(1, State::denied, {no("ada")}), true, 0, {}, Code::conflict},
      {"after another's approval", asked(1, State::approved, {yes("bob")}), false, 0, {}, Code::conflict},
      {"after another's approval, agreeing",
       asked(1, State::approved, {yes("bob")}),
       true,
       0,
       {},
       Code::conflict},
      {"after another's denial", asked(1, State::denied, {no("bob")}), true, 0, {}, Code::conflict},
      {"cancelled", asked(1, State::cancelled), true, 0, {}, Code::conflict},
      {"the last moment", asked(), true, end_ms - 1, Weight::approves},
      {"time is up", asked(), true, end_ms, {}, Code::approval_expired},
      {"time is up, denying", asked(), false, end_ms, {}, Code::approval_expired},
      {"expired", asked(1, State::expired), true, 0, {}, Code::approval_expired},
  };
  for (const Row& row : table) {
    INFO(row.what);
    const Result<Weight> weight = weigh(row.approval, "ada", row.approves, row.now_ms);
    CHECK(weight.ok() == row.weight.has_value());
    if (weight.ok() && row.weight) CHECK(*weight == *row.weight);
    if (!weight.ok()) CHECK(weight.error().code == row.code);
  }
}

TEST_CASE("who may decide", "[approval]") {
  Approval approval = asked();
  CHECK(approval.may_decide("ada", {}));
  approval.approvers = {"bob", "role:release"};
  CHECK(approval.may_decide("bob", {}));
  CHECK(approval.may_decide("ada", {"intern", "release"}));
  CHECK_FALSE(approval.may_decide("ada", {"intern"}));
  CHECK_FALSE(approval.may_decide("role:release", {}));
  CHECK_FALSE(approval.may_decide("release", {}));
  CHECK_FALSE(approval.may_decide("eve", {"bob", "role:release"}));
}

TEST_CASE("the book knows what is open, in which state, and what is due first", "[approval]") {
  Book book;
  const auto open = [&](std::string id, std::uint64_t row_id, Millis timeout_ms,
                        std::string delegation_id = {}) {
    Approval approval = asked();
    approval.approval_id = std::move(id);
    approval.row_id = row_id;
    approval.timeout_ms = timeout_ms;
    approval.delegation_id = std::move(delegation_id);
    book.open(std::move(approval));
  };
  CHECK(book.next_to_expire() == nullptr);
  open("b", 3, 300);
  open("a", 5, 100, "del-1");
  open("c", 9, 200, "del-1");
  CHECK(book.settled() == 0);
  CHECK(book.next_to_expire()->approval_id == "a");
  CHECK(book.in_state(State::pending, 0, 10).size() == 3);
  CHECK(book.in_state(State::pending, 0, 2).back()->approval_id == "a");
  CHECK(book.in_state(State::pending, 4, 10).front()->approval_id == "a");
  CHECK(book.open_for_delegation("del-1").size() == 2);

  book.record("a", yes("ada"), State::approved);
  CHECK(book.settled() == 1);
  CHECK(book.next_to_expire()->approval_id == "a");  // Given, but not used: it can still expire.
  CHECK(book.open_for_delegation("del-1").size() == 2);
  book.claim("a", "claim-1", 12);
  CHECK(book.find("a")->claim_row_id == 12);
  CHECK(book.next_to_expire()->approval_id == "c");
  CHECK(book.open_for_delegation("del-1").size() == 1);
  CHECK(book.in_state(State::approved, 0, 10).size() == 1);

  book.close("c", State::cancelled);
  book.record("b", no("ada"), State::denied);
  CHECK(book.settled() == 3);
  CHECK(book.next_to_expire() == nullptr);
  CHECK(book.in_state(State::pending, 0, 10).empty());
  CHECK(book.in_state(State::cancelled, 0, 10).front()->approval_id == "c");
  CHECK(book.find("none") == nullptr);
}
