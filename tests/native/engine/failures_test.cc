// The failures that were seen in other systems, where it is the engine that could commit them. Each test
// bears the name of the failure that must not be possible.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "engine/world.h"

using namespace al;
using namespace al::engine;

namespace {

constexpr std::string_view merge = R"({"action_type":"merge","metadata":{"pr":1}})";

struct Office : World {
  explicit Office(transport::LedgerHome home = transport::LedgerHome::host) : World(home) {
    add_agent("bot");
    add_agent("other");
    add_operator("ada");
    add_operator("bob");
    set_policies(R"([{"name":"r","action_type":"read","effect":"allow"},
      {"name":"m","action_type":"merge","effect":"require_approval","approval":{"timeout_seconds":60}}])");
  }
  std::string ask(std::string_view body = merge, std::string headers = {}) {
    const Reply reply = call("bot", "POST /actions", std::string(body), std::move(headers));
    CHECK(reply.status == 202);
    return reply.get("approval_id");
  }
  Reply decide(std::string_view who, const std::string& approval, std::string_view decision = "approve") {
    return call(who, "POST /approvals/" + approval + "/decision",
                R"({"decision":")" + std::string(decision) + "\"}");
  }
  Reply claim(const std::string& approval, std::string_view claim_id = "c1", std::string_view who = "bot") {
    return call(who, "POST /approvals/" + approval + "/claim",
                R"({"claim_id":")" + std::string(claim_id) + "\"}");
  }
  std::size_t executions() const {
    const std::vector<std::string> types = row_types();
    return static_cast<std::size_t>(std::count(types.begin(), types.end(), "action.executed"));
  }
};

}  // namespace

TEST_CASE("client forges an approval", "[engine][failures]") {
  Office office;
  const std::string approval = office.ask();
  CHECK(office.decide("bot", approval).status == 403);
  CHECK(office.decide("other", approval).status == 403);
  CHECK(office.decide("op_live_guessed", approval).status == 401);
  CHECK(office.claim(approval).code() == "APPROVAL_NOT_APPROVED");
  CHECK(office.claim("apr-made-up").status == 404);
  // Nor by saying so in the request.
  CHECK(office.call("bot", "POST /actions", R"({"action_type":"merge","approved":true})").status == 400);
  CHECK(office.call("bot", "POST /actions", R"({"action_type":"merge","approval_id":")" + approval + "\"}")
            .status == 400);
  CHECK(office.executions() == 0);
}

TEST_CASE("a decline runs the tool", "[engine][failures]") {
  Office office;
  const std::string approval = office.ask();
  CHECK(office.decide("ada", approval, "deny").get("status") == "denied");
  CHECK(office.claim(approval).status == 409);
  CHECK(office.decide("bob", approval).status == 409);
  office.restart();
  CHECK(office.claim(approval).status == 409);
  CHECK(office.executions() == 0);
}

TEST_CASE("a stale decision lands on a newer call", "[engine][failures]") {
  Office office;
  const std::string first = office.ask();
  office.advance(60'000);
  const std::string second = office.ask();
  CHECK(first != second);
  CHECK(office.decide("ada", first).code() == "APPROVAL_EXPIRED");
  CHECK(office.claim(second).code() == "APPROVAL_NOT_APPROVED");
  CHECK(office.call("bot", "GET /approvals/" + second).get("status") == "pending");
}

TEST_CASE("undecidable counts as approved", "[engine][failures]") {
  Office office;
  const std::string approval = office.ask();
  for (const std::string_view body :
       {"", "{}", "null", R"({"decision":true})", R"({"decision":"yes"})", R"({"decision":"APPROVE"})",
        R"({"decision":["approve"]})", R"({"decision":"approve","decision":"deny"})",
        R"({"decision":"approve")"}) {
    INFO(body);
    CHECK(office.call("ada", "POST /approvals/" + approval + "/decision", std::string(body)).status == 400);
  }
  CHECK(office.call("bot", "GET /approvals/" + approval).get("status") == "pending");
  // A condition that cannot be decided does not pass either.
  office.set_policies(R"([{"name":"c","action_type":"x","effect":"conditional","on_fail":"deny",
    "conditions":[{"not":{"field":"n","operator":"gt","value":5}}]}])");
  CHECK(office.call("bot", "POST /actions", R"({"action_type":"x"})").get("status") == "denied");
  CHECK(office.call("bot", "POST /actions", R"({"action_type":"x","metadata":{"n":"1"}})").get("status") ==
        "denied");
  CHECK(office.call("bot", "POST /actions", R"({"action_type":"x","metadata":{"n":1}})").get("status") ==
        "executed");
}

TEST_CASE("the approval flag is lost on one code path", "[engine][failures]") {
  for (const auto home : {transport::LedgerHome::host, transport::LedgerHome::memory}) {
    Office office(home);
    const std::string delegation =
        office.call("bot", "POST /delegations", R"({"name":"d","capabilities":["merge"],"ttl":60})")
            .get("id");
    const std::string header = "x-al-delegation-id: " + delegation + "\n";
    CHECK(office.call("bot", "POST /actions", std::string(merge)).status == 202);
    CHECK(office.call("bot", "POST /actions", std::string(merge), header).status == 202);
    CHECK(office.call("bot", "POST /actions", std::string(merge), "x-al-event-id: e\n").status == 202);
    CHECK(office.call("bot", "POST /actions", std::string(merge), "x-al-event-id: e\n").status == 202);
    CHECK(office.call("bot", "POST /actions", std::string(merge), "x-al-event-id: f\n" + header).status ==
          202);
    CHECK(office.call("bot", "POST /can-i", std::string(merge))["needs_approval"].as_bool() == true);
    CHECK(office.call("bot", "POST /can-i", std::string(merge), header)["needs_approval"].as_bool() == true);
  }
}

TEST_CASE("a sub-agent's approval is lost or restarts", "[engine][failures]") {
  Office office;
  const std::string header =
      "x-al-event-id: e1\nx-al-delegation-id: " +
      office.call("bot", "POST /delegations", R"({"name":"d","capabilities":["merge"],"ttl":50})").get("id") +
      "\n";
  const std::string approval = office.ask(merge, header);
  CHECK(office.call("ada", "GET /approvals")["approvals"].size() == 1);
  office.restart();
  CHECK(office.ask(merge, header) == approval);  // Asked again after a crash, it is the same question.
  CHECK(office.call("ada", "GET /approvals")["approvals"].size() == 1);
  office.decide("ada", approval);
  office.restart();
  CHECK(office.claim(approval).get("status") == "executed");
}

TEST_CASE("resume forgets the approval", "[engine][failures]") {
  Office office;
  const std::string approval = office.ask();
  office.restart();
  CHECK(office.call("bot", "GET /approvals/" + approval).get("status") == "pending");
  office.decide("ada", approval);
  office.restart();
  CHECK(office.call("bot", "GET /approvals/" + approval).get("status") == "approved");
  CHECK(office.claim(approval).get("status") == "executed");
  office.restart();
  CHECK(office.call("bot", "GET /approvals/" + approval)["claimed"].as_bool() == true);
  CHECK(office.claim(approval, "c2").status == 409);
}

TEST_CASE("a second approval in one run breaks", "[engine][failures]") {
  Office office;
  for (std::size_t run = 1; run <= 3; ++run) {
    const std::string approval = office.ask();
    CHECK(office.decide("ada", approval).get("status") == "approved");
    CHECK(office.claim(approval, "same-claim-id").get("status") == "executed");
    CHECK(office.executions() == run);
  }
}

TEST_CASE("a retry or replay executes twice", "[engine][failures]") {
  Office office;
  const std::string event = "x-al-event-id: e1\n";
  for (int retry = 0; retry < 3; ++retry) {
    CHECK(office.call("bot", "POST /actions", R"({"action_type":"read"})", event).get("status") ==
          "executed");
    office.restart();
  }
  CHECK(office.executions() == 1);
  const std::string approval = office.ask(merge, "x-al-event-id: e2\n");
  office.decide("ada", approval);
  for (int retry = 0; retry < 3; ++retry) {
    CHECK(office.claim(approval).get("status") == "executed");
    office.restart();
  }
  CHECK(office.claim(approval, "c2").status == 409);
  CHECK(office.call("bot", "POST /actions", std::string(merge), "x-al-event-id: e2\n").get("status") ==
        "executed");
  CHECK(office.executions() == 2);
}

TEST_CASE("parallel approvals get each other's answers", "[engine][failures]") {
  Office office;
  const std::string first = office.ask();
  const std::string second = office.ask();  // Exactly the same question, asked twice.
  const Ticket on_first = office.send("bot", "GET /approvals/" + first + "?wait=30");
  const Ticket on_second = office.send("bot", "GET /approvals/" + second + "?wait=30");
  CHECK(office.answers.empty());
  office.decide("ada", second, "deny");
  CHECK(!office.answers.contains(on_first));
  CHECK(reply_of(office.answers.at(on_second)).get("approval_id") == second);
  office.decide("ada", first);
  CHECK(reply_of(office.answers.at(on_first)).get("approval_id") == first);
  CHECK(reply_of(office.answers.at(on_first)).get("status") == "approved");
  CHECK(office.claim(second).status == 409);
  CHECK(office.claim(first).get("status") == "executed");
}

TEST_CASE("the approver saw other arguments than those that ran", "[engine][failures]") {
  Office office;
  const std::string approval = office.ask(R"({"action_type":"merge","metadata":{"pr":1,"force":false}})");
  const Reply seen = office.decide("ada", approval);
  CHECK(json::canonical(seen["metadata"]) == R"({"force":false,"pr":1})");
  // The claim brings no arguments of its own; what runs is what the row holds.
  CHECK(office
            .call("bot", "POST /approvals/" + approval + "/claim",
                  R"({"claim_id":"c","metadata":{"pr":1,"force":true}})")
            .status == 400);
  CHECK(office.claim(approval).get("status") == "executed");
  const std::string executed = office.rows.back().openings;
  CHECK(executed.find(R"("value":{"force":false,"pr":1})") != std::string::npos);
  // With other arguments it is another request.
  CHECK(office.ask(R"({"action_type":"merge","metadata":{"pr":1,"force":true}})") != approval);
}

TEST_CASE("what was approved was redacted meanwhile, so nobody can say what would run",
          "[engine][failures]") {
  Office office;
  const std::string approval = office.ask();
  office.rows.back().openings.clear();
  office.restart();
  office.decide("ada", approval);
  const Reply claimed = office.claim(approval);
  CHECK(claimed.get("status") == "denied");
  CHECK(claimed.get("denial_reason") == "APPROVAL_MISMATCH");
}

TEST_CASE("a digest over incidental fields or over raw, unbound ones", "[engine][failures]") {
  Office office;
  const auto digest = [&](std::string_view body, std::string headers = {}) {
    return office.call("bot", "GET /approvals/" + office.ask(body, std::move(headers))).get("digest");
  };
  const std::string one = digest(R"({"action_type":"merge","metadata":{"a":1,"b":"ü"}})");
  // Spelling, order, white space and the idempotency key are incidental;
  CHECK(digest(R"({ "metadata": {"b":"\u00fc", "a":1.0}, "action_type":"merge" })") == one);
  CHECK(digest(R"({"action_type":"merge","metadata":{"a":1,"b":"ü"}})", "x-al-event-id: e9\n") == one);
  // what is asked, for whom and under which policy is not.
  CHECK(digest(R"({"action_type":"merge","metadata":{"a":"1","b":"ü"}})") != one);
  CHECK(digest(R"({"action_type":"merge","metadata":{"a":1}})") != one);
  CHECK(digest(R"({"action_type":"merge","metadata":{"a":1,"b":"ü"},"data_accessed":[]})") != one);
  const std::string delegation =
      office.call("bot", "POST /delegations", R"({"name":"d","capabilities":["merge"],"ttl":60})").get("id");
  CHECK(digest(R"({"action_type":"merge","metadata":{"a":1,"b":"ü"}})",
               "x-al-delegation-id: " + delegation + "\n") != one);
  office.call(
      "host", "PUT /policies/m",
      R"({"name":"m","action_type":"merge","effect":"require_approval","approval":{"timeout_seconds":61}})");
  CHECK(digest(R"({"action_type":"merge","metadata":{"a":1,"b":"ü"}})") != one);
}

TEST_CASE("the decision arrives before the wait and is lost", "[engine][failures]") {
  Office office;
  const std::string approval = office.ask();
  office.decide("ada", approval);
  office.restart();
  CHECK(office.call("bot", "GET /approvals/" + approval + "?wait=30").get("status") == "approved");
}

TEST_CASE("of several waits the losers are not cancelled", "[engine][failures]") {
  Office office;
  const std::string approval = office.ask();
  std::vector<Ticket> waits;
  for (int i = 0; i < 5; ++i) waits.push_back(office.send("bot", "GET /approvals/" + approval + "?wait=30"));
  office.lattice->handle_disconnect(waits[2]);
  office.decide("ada", approval);
  CHECK(office.answers.size() == 4);
  CHECK(!office.answers.contains(waits[2]));
  office.advance(60'000);
  CHECK(office.answers.size() == 4);  // Nobody hears twice.
}

TEST_CASE("a hook not applied to a sub-agent", "[engine][failures]") {
  Office office;
  office.set_policies(R"([{"name":"all","action_type":"*","effect":"allow"},
    {"name":"d","action_type":"drop","effect":"deny"}])");
  std::string headers;
  for (int depth = 1; depth <= 5; ++depth) {
    headers =
        "x-al-delegation-id: " +
        office.call("bot", "POST /delegations", R"({"name":"d","capabilities":["*"],"ttl":60})", headers)
            .get("id") +
        "\n";
    CHECK(office.call("bot", "POST /actions", R"({"action_type":"drop"})", headers).get("denial_reason") ==
          "POLICY_DENIED");
  }
  office.call("ada", "POST /agents/bot/halt");
  CHECK(office.call("bot", "POST /actions", R"({"action_type":"read"})", headers).get("denial_reason") ==
        "AGENT_HALTED");
}

TEST_CASE("the agent approves itself", "[engine][failures]") {
  Office office;
  const std::string approval = office.ask();
  CHECK(office.decide("bot", approval).status == 403);
  // Nor by making itself an operator, or the policy another one.
  CHECK(office.call("bot", "POST /operators", R"({"name":"me"})").status == 403);
  // Nor does an approver make others, or other rules: only an owner does.
  CHECK(office.call("ada", "POST /operators", R"({"name":"me","roles":["owner"]})").status == 403);
  CHECK(office.call("ada", "PUT /policies", "[]").status == 403);
  CHECK(office.call("bot", "PUT /policies", "[]").status == 403);
  CHECK(office.call("bot", "DELETE /policies/m").status == 403);
  CHECK(office.call("bot", "POST /agents/bot/resume").status == 403);
  // An agent of an operator's name is still an agent.
  const Reply reply = office.call("host", "POST /agents", R"({"name":"ada"})");
  CHECK(office.decide(reply.get("api_key"), approval).status == 403);
}

TEST_CASE("a typo in a deny rule disables it silently", "[engine][failures]") {
  Office office;
  const std::string allow = R"({"name":"all","action_type":"*","effect":"allow"})";
  for (
      const std::string_view rule :
      {R"({"name":"d","action_type":"drop","effect":"dney"})",
       R"({"name":"d","action_typ":"drop","effect":"deny"})",
       R"({"name":"d","action_type":"drop","effect":"deny","condition":[]})",
       R"({"name":"d","action_type":"drop","effect":"deny","enable":true})",
       R"({"name":"d","action_type":"drop","effect":"deny","conditions":[{"field":"data.typs","operator":"exists"}]})",
       R"({"name":"d","action_type":"drop","effect":"deny","conditions":[{"field":"n","operator":"greater","value":1}]})"}) {
    INFO(rule);
    const Reply reply = office.call("host", "PUT /policies", "[" + allow + "," + std::string(rule) + "]");
    CHECK(reply.status == 422);
    CHECK(reply.code() == "POLICY_INVALID");
  }
  CHECK(office.call("ada", "GET /policies")["policies"].size() == 2);  // Those of before.
  // A field of the metadata that no agent sends cannot be told from a typo: then the rule restricts.
  office.set_policies("[" + allow + R"(,{"name":"d","action_type":"drop","effect":"deny",
    "conditions":[{"field":"tabel","operator":"eq","value":"users"}]}])");
  CHECK(office.call("bot", "POST /actions", R"({"action_type":"drop","metadata":{"table":"users"}})")
            .get("status") == "denied");
}

TEST_CASE("a held connection dies with a proxy's time-out and takes the approval along",
          "[engine][failures]") {
  Office office;
  const std::string approval = office.ask();
  office.lattice->handle_disconnect(office.send("bot", "GET /approvals/" + approval + "?wait=55"));
  CHECK(office.call("bot", "GET /approvals/" + approval).get("status") == "pending");
  office.decide("ada", approval);
  CHECK(office.claim(approval).get("status") == "executed");
}

TEST_CASE("a timed-out approval is used after a retry", "[engine][failures]") {
  Office office;
  const std::string event = "x-al-event-id: e1\n";
  const std::string approval = office.ask(merge, event);
  SECTION("nobody decided in time") {
    office.advance(60'000);
    CHECK(office.decide("ada", approval).code() == "APPROVAL_EXPIRED");
  }
  SECTION("it was given, and not used in time") {
    office.decide("ada", approval);
    office.advance(60'000);
  }
  SECTION("no timer told the lattice") {
    office.decide("ada", approval);
    office.jump_wall(60'000);
  }
  SECTION("the lattice was down") {
    office.decide("ada", approval);
    office.restart();
    office.jump_wall(60'000);
  }
  CHECK(office.claim(approval).code() == "APPROVAL_EXPIRED");
  const Reply replay = office.call("bot", "POST /actions", std::string(merge), event);
  CHECK(replay.get("approval_status") == "expired");
  office.jump_wall(-120'000);  // The clock is set back: what was over stays over.
  CHECK(office.claim(approval).code() == "APPROVAL_EXPIRED");
  CHECK(office.executions() == 0);
}

TEST_CASE("a delegation that has ended acts", "[engine][failures]") {
  Office office;
  const Reply created =
      office.call("bot", "POST /delegations", R"({"name":"d","capabilities":["read"],"ttl":10})");
  const std::string header = "x-al-delegation-id: " + created.get("id") + "\n";
  const auto act = [&] {
    return office.call("bot", "POST /actions", R"({"action_type":"read"})", header).get("status");
  };
  CHECK(act() == "executed");
  office.jump_wall(9'999);
  CHECK(act() == "executed");
  office.jump_wall(1);  // No timer told the lattice.
  CHECK(act() == "denied");
  office.jump_wall(-60'000);
  CHECK(act() == "denied");
  office.restart();
  CHECK(act() == "denied");
}
