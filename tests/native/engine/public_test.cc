#include <catch2/catch_test_macros.hpp>
#include <map>
#include <set>
#include <string>

#include "engine/world.h"
#include "wire/endpoints.h"

using namespace al;
using namespace al::engine;

TEST_CASE("what is for anyone needs no key, writes nothing, and waits for nothing", "[public]") {
  World world;
  CHECK(world.call("", "GET /healthz").text == R"({"status":"ok"})");
  CHECK(world.call("", "GET /readyz").text == R"({"status":"ready"})");
  const Reply openapi = world.call("", "GET /openapi");
  CHECK(openapi.get("openapi") == "3.1.0");
  for (const wire::EndpointTraits& endpoint : wire::endpoints()) {
    CAPTURE(endpoint.path);
    CHECK(openapi.text.find("\"operationId\":\"" + std::string(endpoint.name) + "\"") != std::string::npos);
  }
  CHECK(world.rows.empty());
  CHECK(world.call("", "POST /healthz").code() == "METHOD_NOT_ALLOWED");

  world.add_agent("bot");
  world.hold_appends = true;
  world.send("host", "POST /agents", R"({"name":"other"})");
  CHECK(world.call("", "GET /healthz").status == 200);
  world.lattice->handle_append_failed(world.held->batch, "disk full");
  CHECK(world.call("", "GET /readyz").code() == "LEDGER_UNAVAILABLE");
  world.hold_appends = false;
  world.add_agent("third");
  CHECK(world.call("", "GET /readyz").status == 200);
}

namespace {

using Faults = std::map<std::string, std::string>;  // messages by pointer

Faults faults_of(const Reply& reply) {
  Faults out;
  for (const json::Value fault : reply["error"]["details"]["faults"].items())
    out.emplace(fault["pointer"].string(), fault["message"].string());
  return out;
}

}  // namespace

TEST_CASE("handlers take what the document says, all of it and nothing else", "[public]") {
  World world;
  world.add_agent("bot");
  world.set_policies(R"([{"name":"m","action_type":"merge","effect":"require_approval"}])");
  const std::string approval =
      world.call("bot", "POST /actions", R"({"action_type":"merge"})").get("approval_id");
  const Reply document = world.call("", "GET /openapi");

  std::map<std::string, json::Value> schemas;  // by line: "POST /actions"
  std::set<std::string> names;
  for (const wire::EndpointTraits& endpoint : wire::endpoints()) {
    std::string path(endpoint.path);
    std::string method(wire::text(endpoint.method));
    const std::string line = method + " " + path;
    for (char& c : method) c = static_cast<char>(c | 0x20);
    if (const std::size_t hole = path.find("{}"); hole != std::string::npos) path.replace(hole, 2, "{id}");
    const json::Value operation = document["paths"]["/api/v1" + path][method];
    const json::Value schema = operation["requestBody"]["content"]["application/json"]["schema"];
    if (!schema["properties"].present()) continue;
    schemas.emplace(line, schema);
    for (const auto& [name, value] : schema["properties"].members()) names.emplace(name);
  }
  REQUIRE(schemas.size() == 10);

  for (const auto& [line, schema] : schemas) {
    CAPTURE(line);
    std::string path = line;
    if (const std::size_t hole = path.find("{}"); hole != std::string::npos) path.replace(hole, 2, approval);
    const auto ask = [&](const std::string& body) {
      const Reply as_agent = world.call("bot", path, body);
      if (as_agent.code() != "FORBIDDEN") return faults_of(as_agent);
      return faults_of(world.call("host", path, body));
    };
    const Faults missing = ask("{}");
    for (const json::Value name : schema["required"].items()) {
      CAPTURE(name.string());
      CHECK(missing.contains("/" + std::string(name.string())));
    }
    CHECK(missing.size() == schema["required"].size());
    for (const std::string& name : names) {
      CAPTURE(name);
      // Of no type that any of them has.
      Faults wrong = ask("{\"" + name + "\":0.5}");
      const std::string& message = wrong["/" + name];
      CHECK(!message.empty());
      const bool known = message.find("is not a known field") == std::string::npos;
      CHECK(known == schema["properties"][name].present());
    }
  }
}
