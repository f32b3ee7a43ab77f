#include <catch2/catch_test_macros.hpp>
#include <string>

#include "engine/world.h"

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
