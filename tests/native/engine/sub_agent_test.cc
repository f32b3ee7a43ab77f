// What a sub-agent may do with approvals and actions: those that are its own, or of one below it.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>

#include "engine/world.h"

using namespace al;
using namespace al::engine;

namespace {

struct Family : World {
  Family() {
    add_agent("bot");
    add_operator("ada");
    set_policies(R"([{"name":"r","action_type":"read","effect":"allow"},
      {"name":"m","action_type":"merge","effect":"require_approval"}])");
  }
  /// Returns the header that speaks as a new sub-agent.
  std::string lend(std::string_view capability, const std::string& under = "") {
    const Reply lent = call("bot", "POST /delegations",
                            R"({"name":"of-)" + std::string(capability) + R"(","capabilities":[")" +
                                std::string(capability) + R"("],"ttl":50})",
                            under);
    return "x-al-delegation-id: " + lent.get("id") + "\n";
  }
  Reply act(std::string_view type, const std::string& as = "") {
    return call("bot", "POST /actions", R"({"action_type":")" + std::string(type) + "\"}", as);
  }
  std::string approved(const std::string& as) {
    std::string approval = act("merge", as).get("approval_id");
    call("ada", "POST /approvals/" + approval + "/decision", R"({"decision":"approve"})");
    return approval;
  }
  Reply use(const std::string& approval, const std::string& as) {
    return call("bot", "POST /approvals/" + approval + "/claim", R"({"claim_id":"c"})", as);
  }
  Reply report(const Reply& action, const std::string& as = "") {
    return call("bot", "POST /report",
                R"({"audit_event_id":")" + action.get("audit_event_id") + R"(","status":"success"})", as);
  }
};

const std::string unknown = "x-al-delegation-id: dlg-made-up\n";

}  // namespace

TEST_CASE("a sub-agent uses no approval but its own", "[engine]") {
  Family family;
  const std::string reader = family.lend("read");
  const std::string merger = family.lend("merge");
  const std::string below = family.lend("merge", merger);
  for (const std::string& whose : {std::string(), merger}) {
    const std::string approval = family.approved(whose);
    for (const std::string& other : {reader, below, unknown}) {
      CHECK(family.use(approval, other).code() == "NOT_FOUND");
      CHECK(family.call("bot", "GET /approvals/" + approval, "", other).code() == "NOT_FOUND");
    }
    CHECK(family.use(approval, whose).get("status") == "executed");
  }
  // What one further down was given is its lender's too.
  CHECK(family.use(family.approved(below), merger).get("status") == "executed");
}

TEST_CASE("a sub-agent reports no action but its own", "[engine]") {
  Family family;
  const std::string reader = family.lend("read");
  const std::string merger = family.lend("merge");
  const Reply own = family.act("read");
  const Reply childs = family.act("read", reader);
  CHECK(family.report(own, reader).code() == "FORBIDDEN");
  CHECK(family.report(childs, merger).code() == "FORBIDDEN");
  CHECK(family.report(childs, unknown).code() == "FORBIDDEN");
  CHECK(family.report(childs, reader).status == 201);
  CHECK(family.report(childs).status == 201);
  CHECK(family.report(own).status == 201);
}
