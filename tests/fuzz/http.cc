// The engine's HTTP face: some requests, one after the other, to an organisation that has agents, operators,
// policies, a pending approval and a delegation. Requests are separated by "\n%%\n"; each is
//
//   agent POST /api/v1/actions        who: agent, operator, host, or a key as it stands
//   x-al-event-id: 1
//
//   {"action_type":"read"}
//
// with $approval, $event, $delegation and $agent for what the prologue made. Whatever they say, the ledger
// stays sound.
#include <map>
#include <string>

#include "audit/verifier.h"
#include "base/json.h"
#include "engine/engine.h"
#include "fuzz.h"

using namespace al;
using fuzz::must;

namespace {

constexpr std::size_t requests_max = 16;
constexpr Millis start_ms = 1'769'860'800'000;  // 2026-01-31T12:00:00Z
constexpr Millis step_ms = 1000;

constexpr std::string_view policies = R"([
  {"name":"read","action_type":"read.*","effect":"allow"},
  {"name":"merge","action_type":"merge","effect":"require_approval","approval":{"timeout_seconds":3,"quorum":2}},
  {"name":"open","action_type":"open","effect":"conditional","on_fail":"require_approval","conditions":[
    {"any":[{"field":"size","operator":"lt","value":50},{"field":"data.max_sensitivity","operator":"lte","value":"low"}]}]}
])";

class Organisation {
 public:
  Organisation() {
    set_up("host", "PUT", "/api/v1/policies", std::string(policies));
    names_["$agent"] = set_up("host", "POST", "/api/v1/agents", R"({"name":"agent"})")["agent_id"];
    set_up("host", "POST", "/api/v1/operators", R"({"name":"operator","roles":["release"]})");
    engine_.attach(engine::PrincipalKind::agent, "agent", sha256("agent"));
    engine_.attach(engine::PrincipalKind::operator_, "operator", sha256("operator"));
    auto asked = set_up("agent", "POST", "/api/v1/actions", R"({"action_type":"merge"})");
    names_["$approval"] = asked["approval_id"];
    names_["$event"] = asked["audit_event_id"];
    names_["$delegation"] = set_up("agent", "POST", "/api/v1/delegations",
                                   R"({"name":"child","capabilities":["read.*"],"ttl":5})")["id"];
    for (const auto& [name, value] : names_) must(!value.empty(), "the prologue made what it names");
  }

  void send(std::string_view text) {
    now_ms_ += step_ms;
    const std::string filled = fill(text);
    std::string_view rest = filled;
    std::string_view line = fuzz::take_until(rest, "\n");
    const std::string_view who = fuzz::take_until(line, " ");
    const std::string_view method = fuzz::take_until(line, " ");
    std::string headers;
    while (!rest.empty()) {
      const std::string_view header = fuzz::take_until(rest, "\n");
      if (header.empty()) break;
      headers.append(header).append("\n");
    }
    answer(who, method, std::string(line), headers, std::string(rest));
  }

  void check() const {
    audit::Verifier verifier;
    for (std::uint64_t row = 0; row < engine_.ledger().size(); ++row) {
      const audit::Row& kept = engine_.ledger().row(row);
      verifier.add(kept.text, kept.openings);
    }
    must(verifier.finding().damage == audit::Damage::none, "the ledger verifies");
    engine::Engine again;
    for (std::uint64_t row = 0; row < engine_.ledger().size(); ++row) {
      const audit::Row& kept = engine_.ledger().row(row);
      must(again.load(kept.text, kept.openings).ok(), "what was written can be read");
    }
    must(again.checkpoint() == engine_.checkpoint(), "a restart changes nothing");
  }

 private:
  using Names = std::map<std::string, std::string, std::less<>>;

  json::Document answer(std::string_view who, std::string_view method, std::string target,
                        std::string headers, std::string body) {
    if (!body.empty() && headers.find("content-type:") == std::string::npos)
      headers += "content-type: application/json\n";
    headers += "authorization: Bearer " + std::string(who) + "\n";
    const Result<wire::Request> request =
        wire::read_request(method, std::move(target), headers, std::move(body));
    if (!request) return {};
    engine_.attach(engine::PrincipalKind::operator_, "host", sha256("host"));
    const std::uint64_t rows = engine_.ledger().size();
    const engine::Answer made = engine_.handle(*request, now_ms_, entropy_);
    const int status = made.response.status;
    must(status >= 200 && status < 600, "an answer has a status");
    must(status < 500, "no request makes a server error");
    Result<json::Document> parsed =
        json::parse(made.response.body, {.bytes_max = 64 << 20, .depth_max = 128});
    must(parsed.ok(), "an answer is JSON");
    must(status < 400 || parsed->root()["error"]["code"].is_string(), "a failure has a code");
    must(request->method != wire::Method::get || grown_by_time_alone(rows), "reading writes nothing");
    return std::move(*parsed);
  }

  /// Every row from `rows` on is of something that became due.
  [[nodiscard]] bool grown_by_time_alone(std::uint64_t rows) const {
    for (std::uint64_t row = rows; row < engine_.ledger().size(); ++row) {
      const Result<audit::DecodedRow> decoded = audit::decode(engine_.ledger().row(row).text);
      must(decoded.ok(), "a row can be read");
      if (decoded->type != "approval.expired" && decoded->type != "approval.cancelled" &&
          decoded->type != "delegation.expired")
        return false;
    }
    return true;
  }

  Names set_up(std::string_view who, std::string_view method, std::string target, std::string body) {
    const json::Document made = answer(who, method, std::move(target), {}, std::move(body));
    must(!made.root()["error"].present(), "the prologue works");
    Names out;
    for (const auto& [name, value] : made.root().members()) out[std::string(name)] = value.string();
    return out;
  }

  [[nodiscard]] std::string fill(std::string_view text) const {
    std::string out(text);
    for (const auto& [name, value] : names_) {
      for (std::size_t at = out.find(name); at != std::string::npos; at = out.find(name, at + value.size()))
        out.replace(at, name.size(), value);
    }
    return out;
  }

  engine::Engine engine_;
  Entropy entropy_ = Entropy::from_number(1);
  Millis now_ms_ = start_ms;
  Names names_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const Organisation prologue;
  Organisation organisation = prologue;
  std::string_view rest = fuzz::text_of(bytes, size);
  for (std::size_t request = 0; request < requests_max && !rest.empty(); ++request)
    organisation.send(fuzz::take_until(rest, "\n%%\n"));
  organisation.check();
  return 0;
}
