#include "engine/events.h"

#include <catch2/catch_test_macros.hpp>

#include "engine/settings.h"
#include "engine/world.h"

using namespace al;
using namespace al::engine;

namespace {

constexpr Millis wall_ms = 1'769'860'800'000;
const std::string tricky = "a \"quoted\"\n\\ tab\t nul\x01 ü 🌷";

Digest digest(std::uint8_t byte) {
  Digest out;
  out.fill(byte);
  return out;
}

std::vector<Event> one_of_each() {
  ActionDecided executed{.audit_event_id = "evt-1",
                         .agent_id = "agt-1",
                         .event_id = tricky,
                         .action_type = "pr.open",
                         .delegation_chain = {"del-1", "del-2"},
                         .outcome = ActionOutcome::executed,
                         .denial_reason = {},
                         .policy_name = tricky,
                         .policy_digest = digest(1),
                         .request_digest = digest(2),
                         .approval = {},
                         .claimed_approval_id = "apr-1",
                         .claim_id = tricky,
                         .conditions = R"([{"actual":1}])",
                         .metadata = R"({"a":[1,2.5,"x"],"big":9007199254740993})",
                         .data_accessed = R"([{"count":3,"type":"email"}])",
                         .data_count = 3};
  ActionDecided denied = executed;
  denied.outcome = ActionOutcome::denied;
  denied.denial_reason = "NO_MATCHING_POLICY";
  denied.policy_digest.reset();
  denied.metadata.clear();
  ActionDecided requested{.audit_event_id = "evt-2",
                          .agent_id = "agt-1",
                          .event_id = {},
                          .action_type = "x",
                          .delegation_chain = {},
                          .outcome = ActionOutcome::requested,
                          .denial_reason = {},
                          .policy_name = {},
                          .policy_digest = {},
                          .request_digest = digest(3),
                          .approval = ApprovalAsked{"apr-2", digest(4), 2, {"bob", "role:x"}, wall_ms + 5},
                          .claimed_approval_id = {},
                          .claim_id = {},
                          .conditions = "[]",
                          .metadata = {},
                          .data_accessed = {}};
  return {
      LedgerOpened{"org-1"},
      AgentRegistered{"agt-1", tricky, {"*", "pr.*"}, Key{"key-1", digest(5)}, "host"},
      AgentRegistered{"agt-2", "n", {"x"}, {}, "host"},
      OperatorRegistered{"opr-1", "ada", {"release"}, Key{"key-2", digest(6)}, "host"},
      OperatorRegistered{"opr-2", "bob", {}, {}, "host"},
      KeyRevoked{"agt-1", "key-1", "ada"},
      AgentHalted{"agt-1", true, "ada"},
      AgentHalted{"agt-1", false, "ada"},
      PolicyChanged{"p", R"({"action_type":"x","effect":"allow","name":"p"})", digest(7), "ada"},
      PolicyChanged{"p", {}, digest(7), "ada"},
      executed,
      denied,
      requested,
      ApprovalDecided{"apr-2", "evt-2", "agt-1", "opr-1", "ada", true, "approved", tricky},
      ApprovalDecided{"apr-2", "evt-2", "agt-1", "opr-1", "ada", false, "denied", {}},
      ApprovalEnded{"apr-2", "evt-2", "agt-1", true},
      ApprovalEnded{"apr-2", "evt-2", "agt-1", false},
      DelegationCreated{"del-1", {}, "agt-1", {}, tricky, {"x", "y.*"}, 1, wall_ms + 1, digest(8)},
      DelegationCreated{"del-2", "del-1", "agt-1", "e", "d", {"x"}, 2, wall_ms + 1, digest(8)},
      DelegationEnded{"del-1", "agt-1", true, {}},
      DelegationEnded{"del-1", "agt-1", false, "ada"},
      OutcomeReported{"evt-1", "agt-1", "e", "partial", digest(9), tricky, R"({"n":1})"},
      OutcomeReported{"evt-1", "agt-1", {}, "success", digest(9), {}, {}},
      RowRedacted{3, "agt-1", {"metadata", "reason"}, "ada", tricky},
      RowRedacted{0, {}, {"reason"}, "ada", {}},
      SettingsChanged{write_settings({}), "host"},
      BreakerChanged{"agt-1",
                     {breaker::State::closed, breaker::State::open, breaker::Reason::denials, wall_ms, 5, 8}},
      BreakerChanged{"agt-1",
                     {breaker::State::open, breaker::State::half_open, breaker::Reason::cooled_down}},
      BreakerChanged{
          "agt-1", {breaker::State::half_open, breaker::State::open, breaker::Reason::probe_failed, wall_ms}},
      BreakerChanged{"agt-1",
                     {breaker::State::half_open, breaker::State::closed, breaker::Reason::probe_succeeded}},
      SnapshotTaken{digest(9)},
      AnomalyDetected{"agt-1", "evt-1", {anomaly::Kind::off_hours, 60, 0, 1000}},
      AnomalyDetected{"agt-1", {}, {anomaly::Kind::delegation_churn, 100, 12, 1}},
  };
}

Result<Event> read_back(const audit::Row& row) {
  std::vector<audit::CanonicalMember> facts;
  const Result<audit::RowFrame> frame = audit::read_frame(row.text, facts);
  REQUIRE(frame.ok());
  CHECK(frame->wall_ms == wall_ms);
  std::vector<audit::OpenedField> openings;
  REQUIRE(audit::read_openings(frame->commitments, row.openings, openings).ok());
  return decode(*frame, facts, openings);
}

}  // namespace

TEST_CASE("every event is a canonical row that says the same when it is read back", "[engine][events]") {
  Entropy entropy = Entropy::from_number(1);
  std::vector<bool> seen(std::variant_size_v<Event>, false);
  for (const Event& event : one_of_each()) {
    seen[event.index()] = true;
    const audit::Row row = audit::compose(encode(event, wall_ms), 7, digest(0), entropy);
    INFO(row.text);
    const Result<Event> back = read_back(row);
    REQUIRE(back.ok());
    REQUIRE(back->index() == event.index());
    // The same content: it makes the same row again.
    Entropy again = Entropy::from_number(1);
    Entropy first = Entropy::from_number(1);
    const audit::Row one = audit::compose(encode(event, wall_ms), 7, digest(0), first);
    const audit::Row two = audit::compose(encode(*back, wall_ms), 7, digest(0), again);
    CHECK(one.text == two.text);
    CHECK(one.openings == two.openings);
  }
  for (const bool each : seen) CHECK(each);
}

TEST_CASE("a row that lacks what its type needs is no event", "[engine][events]") {
  Entropy entropy = Entropy::from_number(1);
  const auto refuses = [&](std::string_view type, std::string facts) {
    const audit::Row row =
        audit::compose({.type = type, .agent_id = "agt-1", .wall_ms = wall_ms, .facts = std::move(facts)}, 7,
                       digest(0), entropy);
    const Result<Event> event = read_back(row);
    return !event.ok() && event.error().code == Code::ledger_corrupt &&
           event.error().message.find("row 7") != std::string::npos;
  };
  CHECK(refuses("action.imagined", "{}"));
  CHECK(refuses("ledger.opened", "{}"));
  CHECK(refuses("ledger.opened", R"({"org_id":5})"));
  CHECK(refuses("settings.changed", R"({"settings":{}})"));
  CHECK(refuses("breaker.changed", R"({"from":"open","reason":"bored","state":"half_open"})"));
  CHECK(refuses("breaker.changed", R"({"from":"half_open","reason":"probe_failed","state":"open"})"));
  CHECK(refuses("anomaly.detected", R"({"kind":"odd","observed":1,"severity":1,"usual":1})"));
  CHECK(refuses("agent.registered", R"({"by":"host","name":"n"})"));
  CHECK(refuses("agent.registered", R"({"by":"host","capabilities":[1],"name":"n"})"));
  CHECK(refuses("agent.registered",
                R"({"by":"host","capabilities":[],"key":{"hash":"00","key_id":"k"},"name":"n"})"));
  CHECK(refuses("action.executed", R"({"action_type":"x","audit_event_id":"e"})"));
  const std::string hex(64, '0');
  const auto requested = [&](std::string approval) {
    return R"({"action_type":"x","approval":{)" + approval + R"(},"audit_event_id":"e","request_digest":")" +
           hex + "\"}";
  };
  const std::string tail = R"("digest":")" + hex + R"(","quorum":1,"timeout_at":"2026-01-31T12:00:00.000Z")";
  CHECK_FALSE(refuses("action.requested", requested(R"("approval_id":"a","approvers":[],)" + tail)));
  // Without its list of approvers an approval must not become one that anybody can give.
  CHECK(refuses("action.requested", requested(R"("approval_id":"a",)" + tail)));
  CHECK(refuses("action.requested",
                R"({"action_type":"x","audit_event_id":"e","request_digest":")" + hex + "\"}"));
}
