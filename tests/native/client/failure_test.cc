// Replays each conversation with a failure at every step in turn, and checks what must hold whatever fails.
#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>
#include <vector>

#include "client/client.h"
#include "client/delegation_call.h"
#include "client/gate.h"
#include "client/transcript.h"

using namespace al;
using namespace al::client;

namespace {

/// One request of a conversation, and the service's answer to it.
struct Step {
  std::string target;
  int status;
  std::string body;
  Millis takes_ms = 10;
};

struct Conversation {
  std::string name;
  Command command;
  std::vector<Step> steps;
  bool succeeds;
};

std::vector<Conversation> conversations() {
  const std::string actions = "/api/v1/actions";
  const std::string wait = "/api/v1/approvals/apr-1?wait=25";
  const std::string claim = "/api/v1/approvals/apr-1/claim";
  const Step asked{actions, 202, std::string(requested_body)};
  const Step held{wait, 200, approval_body("pending"), 25'000};
  const Step approved{wait, 200, approval_body("approved"), 3000};
  return {
      {"execute", execute(), {{actions, 200, std::string(executed_body)}}, true},
      {"gate, executed at once", gate(), {{actions, 200, std::string(executed_body)}}, true},
      {"gate, denied at once", gate(), {{actions, 200, std::string(denied_body)}}, false},
      {"gate, approved", gate(), {asked, held, approved, {claim, 200, std::string(claimed_body)}}, true},
      {"gate, approved without claims",
       gate(),
       {asked, held, {wait, 200, approval_body("approved", false)}},
       true},
      {"gate, denied", gate(), {asked, held, {wait, 200, approval_body("denied"), 700}}, false},
      {"gate, expired", gate(), {asked, held, {wait, 200, approval_body("expired"), 700}}, false},
      {"gate, polled",
       gate(),
       {asked,
        {wait, 200, approval_body("pending")},
        {wait, 200, approval_body("pending")},
        approved,
        {claim, 200, std::string(claimed_body)}},
       true},
      {"gate, refused by the claim",
       gate(),
       {asked, approved, {claim, 200, std::string(denied_body)}},
       false},
      {"resumed gate", resume_gate(), {held, approved, {claim, 200, std::string(claimed_body)}}, true},
      {"delegate", delegate(), {{"/api/v1/delegations", 201, R"({"id":"del-1"})"}}, true},
      {"delegate, refused",
       delegate(),
       {{"/api/v1/delegations", 403, R"({"error":{"code":"FORBIDDEN","message":"no"}})"}},
       false},
      {"whoami", {.operation = "whoami"}, {{"/api/v1/whoami", 200, R"({"id":"agt-1"})"}}, true},
  };
}

enum class Kind { none, connection, answer_lost, unavailable, silence, garbage, cancel, cancel_after, close };
constexpr Kind kinds[] = {Kind::none,        Kind::connection,   Kind::answer_lost,
                          Kind::unavailable, Kind::silence,      Kind::garbage,
                          Kind::cancel,      Kind::cancel_after, Kind::close};

/// A service that follows a conversation, fails where it is told to, and remembers what it has done.
class World {
 public:
  World(const Conversation& conversation, std::size_t fail_at, Kind kind, bool for_ever, Millis timeout_ms)
      : conversation_(conversation), fail_at_(fail_at), kind_(kind), for_ever_(for_ever) {
    Command command = conversation.command;
    command.timeout_ms = timeout_ms;
    begin_ms_ = t_.now.steady_ms;
    t_.submit(1, std::move(command));
    run();
  }

  int settlements = 0;
  bool ok = false;
  Millis settled_after_ms = 0;
  int stray_sends = 0;    // after the settlement, and no clean-up
  bool executed = false;  // the service said that the action may run
  bool delegation_alive = false;
  int open_attempts = 0;
  Transcript& transcript() { return t_; }

 private:
  struct Due {
    Millis at_ms;
    AttemptId attempt;
    wire::Response response;
  };

  void run() {
    for (int turns = 0; turns < 10'000; ++turns) {
      if (std::optional<Output> output = t_.client.poll_output()) {
        take(std::move(*output));
      } else if (!wake()) {
        return;
      }
    }
    FAIL("the conversation does not end");
  }
  void take(Output output) {
    if (const Settle* settle = std::get_if<Settle>(&output)) {
      ++settlements;
      ok = settle->ok;
      settled_after_ms = t_.now.steady_ms - begin_ms_;
    } else if (const Abort* abort = std::get_if<Abort>(&output)) {
      --open_attempts;
      if (due_ && due_->attempt == abort->attempt) due_.reset();
    } else {
      ++open_attempts;
      answer(std::get<Send>(output));
    }
  }
  /// To whatever comes next; false when nothing does.
  bool wake() {
    const std::optional<Millis> deadline_ms = t_.client.next_deadline();
    if (due_ && (!deadline_ms || due_->at_ms <= *deadline_ms)) {
      const Due due = std::move(*due_);
      due_.reset();
      advance_to(due.at_ms);
      --open_attempts;
      t_.client.handle_response(due.attempt, due.response, t_.now);
      return true;
    }
    if (!deadline_ms) return false;
    advance_to(*deadline_ms);
    t_.client.handle_timeout(t_.now);
    return true;
  }
  void advance_to(Millis at_ms) {
    const Millis ms = std::max<Millis>(at_ms - t_.now.steady_ms, 0);
    t_.now.steady_ms += ms;
    t_.now.wall_ms += ms;
  }

  void answer(const Send& send) {
    const bool creates = send.request.target == "/api/v1/delegations";
    const bool revokes = send.request.method == wire::Method::delete_;
    if (settlements > 0 && !creates && !revokes) ++stray_sends;
    const std::size_t number = sends_++;
    const bool fails = kind_ != Kind::none && (number == fail_at_ || (for_ever_ && number > fail_at_));
    if (fails && kind_ != Kind::answer_lost && kind_ != Kind::cancel_after) return fail(send);
    const bool lost = fails && kind_ == Kind::answer_lost;
    // A wait whose answer was lost is asked again, and finds the service where it was.
    const bool consumes = !lost || send.request.method != wire::Method::get;
    const wire::Response response = revokes ? revoked() : consumes ? follow(send) : wire::Response{};
    if (lost) {
      --open_attempts;
      t_.client.handle_failure(send.attempt, "reset while the answer was on its way", t_.now);
      return;
    }
    due_ = Due{t_.now.steady_ms + takes_ms_, send.attempt, response};
    if (fails) t_.cancel(1);
  }
  void fail(const Send& send) {
    switch (kind_) {
      case Kind::connection:
        --open_attempts;
        return t_.client.handle_failure(send.attempt, "refused", t_.now);
      case Kind::unavailable:
        due_ = Due{t_.now.steady_ms + 5, send.attempt, {.status = 503}};
        return;
      case Kind::garbage:
        due_ = Due{t_.now.steady_ms + 5, send.attempt, {.status = 200, .body = "<html>"}};
        return;
      case Kind::cancel:
        return t_.cancel(1);
      case Kind::close:
        return t_.close();
      default:
        return;  // Silence.
    }
  }
  wire::Response revoked() {
    delegation_alive = false;
    takes_ms_ = 10;
    return {.status = 200, .body = R"({"revoked":true})"};
  }
  /// The step that this request is: the one that comes next, or one that was taken before and is asked for
  /// again.
  wire::Response follow(const Send& send) {
    const bool again = at_ > 0 && send.request.event_id == last_event_id_ && !send.request.event_id.empty();
    if (!again && at_ < conversation_.steps.size()) ++at_;
    last_event_id_ = send.request.event_id;
    const Step& step = conversation_.steps[at_ - 1];
    takes_ms_ = again ? 10 : step.takes_ms;
    // How long the service is asked to hold depends on the time that is left.
    const auto path = [](const std::string& target) { return target.substr(0, target.find('?')); };
    CHECK(path(send.request.target) == path(step.target));
    if (step.target == "/api/v1/delegations" && step.status == 201) delegation_alive = true;
    const bool approves =
        step.body.find("approved") != std::string::npos && step.body.find("claimable") == std::string::npos;
    if (step.body.find("executed") != std::string::npos || approves) executed = true;
    return {.status = step.status, .request_id = "req-1", .body = step.body};
  }

  Transcript t_;
  const Conversation& conversation_;
  std::size_t fail_at_;
  Kind kind_;
  bool for_ever_;
  Millis begin_ms_ = 0;
  std::size_t sends_ = 0;
  std::size_t at_ = 0;
  std::string last_event_id_;
  Millis takes_ms_ = 0;
  std::optional<Due> due_;
};

void check_invariants(const Conversation& conversation, World& world, bool reachable, Millis timeout_ms) {
  CHECK(world.settlements == 1);
  CHECK(world.stray_sends == 0);
  CHECK(world.transcript().client.open_calls() == 0);
  CHECK(world.transcript().client.background_calls() == 0);
  CHECK_FALSE(world.transcript().client.next_deadline().has_value());
  // What nobody answered was aborted, so the transport keeps nothing either.
  CHECK(world.open_attempts == 0);
  const bool governed = conversation.command.operation == "gate" ||
                        conversation.command.operation == "execute" ||
                        conversation.command.operation == "resumeGate";
  if (world.ok && governed) CHECK(world.executed);
  if (world.ok) CHECK(conversation.succeeds);
  if (timeout_ms > 0) CHECK(world.settled_after_ms <= timeout_ms);
  CHECK(world.settled_after_ms <= gate_outage_ms_max + 10 * 60'000);
  // Handed to the caller, or gone.
  if (reachable && !world.ok) CHECK_FALSE(world.delegation_alive);
}

}  // namespace

TEST_CASE("every conversation, with every failure at every step", "[client][failures]") {
  int runs = 0;
  for (const Conversation& conversation : conversations()) {
    for (const Kind kind : kinds) {
      for (std::size_t step = 0; step < conversation.steps.size() + 2; ++step) {
        for (const bool for_ever : {false, true}) {
          for (const Millis timeout_ms : {Millis{0}, Millis{20'000}}) {
            INFO(conversation.name << ", failure " << static_cast<int>(kind) << " at step " << step
                                   << (for_ever ? " for ever" : " once") << ", deadline " << timeout_ms);
            World world(conversation, step, kind, for_ever, timeout_ms);
            check_invariants(conversation, world, !for_ever, timeout_ms);
            if (kind == Kind::none && timeout_ms == 0) CHECK(world.ok == conversation.succeeds);
            ++runs;
          }
        }
      }
    }
  }
  CHECK(runs > 1000);
}
