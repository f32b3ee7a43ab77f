#include "world.h"

#include <array>
#include <utility>

#include "policies.h"
#include "settings.h"

namespace al::sim {

namespace {

constexpr Millis activity_ms_min = 40'000;
constexpr Millis activity_ms_max = 160'000;
/// By then everything has come to rest: whatever was begun is over, and every ttl, too.
constexpr Millis rest_ms_max = 6 * 3'600'000;

}  // namespace

void World::run() {
  furnish();
  for (const std::unique_ptr<Agent>& agent : agents_) agent->live();
  std::vector<std::string> agent_ids;
  for (const std::unique_ptr<Agent>& agent : agents_) agent_ids.push_back(agent->identity().agent_id);
  for (const std::unique_ptr<Operator>& op : operators_) op->live(agent_ids, key_ids_);
  for (const std::unique_ptr<Listener>& listener : listeners_) listener->live();
  change_weather();
  trouble_service();

  const Millis activity_ms = stage.timeline.now_ms() + stage.chance.between(activity_ms_min, activity_ms_max);
  while (!stage.timeline.empty() && stage.timeline.next_ms() <= activity_ms) stage.timeline.step();
  calm_down();
  while (!stage.timeline.empty()) {
    require(stage.timeline.next_ms() <= activity_ms + rest_ms_max, "a world without faults comes to rest");
    stage.timeline.step();
  }
  check_rest();
}

// ---- The beginning ----------------------------------------------------------------------------------------

wire::Response World::ask(wire::Method method, std::string target, std::string body) {
  wire::Response response = service_.ask({.method = method,
                                          .target = "/api/v1" + std::move(target),
                                          .api_key = service_.host_key(),
                                          .body = std::move(body)});
  require(response.status / 100 == 2, "the world can be furnished", response.body);
  return response;
}

void World::furnish() {
  service_.start();
  constexpr std::array<std::string_view, 3> names{"agent-a", "agent-b", "agent-c"};
  for (const std::string_view name : names) {
    const bool narrow = stage.chance.percent(30);
    const std::string capabilities = narrow ? R"(["repo.*","deploy.*"])" : R"(["*"])";
    const wire::Response response =
        ask(wire::Method::post, "/agents",
            R"({"name":")" + std::string(name) + R"(","capabilities":)" + capabilities + "}");
    const Result<json::Document> body = json::parse(response.body);
    key_ids_.emplace_back(body->root()["key_id"].string());
    agents_.push_back(
        std::make_unique<Agent>(stage, network_, oracle_, effects_,
                                AgentIdentity{.name = std::string(name),
                                              .agent_id = std::string(body->root()["agent_id"].string()),
                                              .api_key = std::string(body->root()["api_key"].string())}));
  }
  for (const std::unique_ptr<Agent>& agent : agents_) {
    for (const std::unique_ptr<Agent>& other : agents_) {
      if (other != agent) agent->others.push_back(other.get());
    }
  }
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> people{
      {{"ada", R"(["owner","lead"])"}, {"bob", R"(["lead"])"}, {"eve", "[]"}}};
  for (const auto& [name, roles] : people) {
    const wire::Response response =
        ask(wire::Method::post, "/operators",
            R"({"name":")" + std::string(name) + R"(","roles":)" + std::string(roles) + "}");
    const Result<json::Document> body = json::parse(response.body);
    const std::string api_key(body->root()["api_key"].string());
    operators_.push_back(
        std::make_unique<Operator>(stage, network_, oracle_, OperatorIdentity{std::string(name), api_key}));
    if (stage.chance.percent(60)) add_listener(name, api_key, "");
  }
  for (const std::unique_ptr<Agent>& agent : agents_) {
    const AgentIdentity& who = agent->identity();
    if (stage.chance.percent(60)) add_listener(who.name, who.api_key, who.agent_id);
  }
  if (stage.chance.percent(60)) ask(wire::Method::put, "/settings", draw_settings(stage.chance));
  for (const std::string_view pattern : policy_patterns) {
    if (stage.chance.percent(15)) continue;
    ask(wire::Method::put, "/policies/" + policy_name(pattern), draw_policy(pattern, stage.chance));
  }
}

void World::add_listener(std::string_view name, std::string api_key, std::string agent_id) {
  listeners_.push_back(std::make_unique<Listener>(stage, sockets_, service_, oracle_,
                                                  std::string(name) + "'s ear", std::move(api_key),
                                                  std::move(agent_id)));
}

// ---- Trouble ----------------------------------------------------------------------------------------------

void World::change_weather() {
  if (!stage.faults) return;
  const std::int64_t draw = stage.chance.between(0, 9);
  const int weather = draw < 5 ? 0 : draw < 8 ? 1 : 2;
  network_.set_weather(weather);
  sockets_.set_weather(weather);
  stage.timeline.in(stage.chance.between(5'000, 60'000), [this] { change_weather(); });
}

void World::trouble_service() {
  if (!stage.faults) return;
  const std::int64_t draw = stage.chance.between(0, 99);
  if (draw < (service_.busy() ? 10 : 3)) {
    service_.crash();
  } else if (draw < 14) {
    const bool forward = stage.chance.percent(50);
    const Millis by_ms =
        stage.chance.percent(70) ? stage.chance.between(100, 20'000) : stage.chance.between(20'000, 400'000);
    stage.say("service   its wall clock goes ", forward ? "forward " : "back ", by_ms, " ms");
    stage.count(forward ? Count::clocks_forward : Count::clocks_back);
    service_.set_wall(forward ? by_ms : -by_ms);
  } else if (draw < 20) {
    service_.pin();
  }
  stage.timeline.in(stage.chance.between(500, 6'000), [this] { trouble_service(); });
}

// ---- The end ----------------------------------------------------------------------------------------------

void World::calm_down() {
  stage.say("world     from here on nothing goes wrong");
  stage.faults = false;
  network_.set_weather(0);
  sockets_.set_weather(0);
}

Statistics World::finish() {
  agents_.clear();  // A process tells its counts when it ends.
  operators_.clear();
  listeners_.clear();
  return stage.statistics;
}

void World::check_rest() {
  service_.check_rest();
  for (const std::unique_ptr<Agent>& agent : agents_) agent->check_rest();
  for (const std::unique_ptr<Operator>& op : operators_) op->check_rest();
  for (const std::unique_ptr<Listener>& listener : listeners_) listener->check_rest();
  sockets_.check_rest();
  effects_.check_rest();
  for (const std::unique_ptr<Agent>& agent : agents_) agent->check_answers_stay(service_);
}

}  // namespace al::sim
