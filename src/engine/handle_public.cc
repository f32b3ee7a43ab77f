// What is for anyone: is it there, does it answer, and what does it speak.
#include "engine/engine.h"
#include "engine/openapi.h"

namespace al::engine {

std::optional<wire::Response> Engine::handle_public(const wire::Request& request, bool ready) {
  for (const wire::EndpointTraits& endpoint : wire::endpoints()) {
    if (endpoint.audience != wire::Audience::anyone || endpoint.method != request.method) continue;
    std::string_view rest = request.target;
    if (!rest.starts_with(wire::api_root)) return {};
    rest.remove_prefix(wire::api_root.size());
    if (rest != endpoint.path) continue;
    if (endpoint.endpoint == wire::Endpoint::openapi) return wire::json_response(200, openapi_document());
    if (endpoint.endpoint == wire::Endpoint::healthz) return wire::json_response(200, R"({"status":"ok"})");
    if (ready) return wire::json_response(200, R"({"status":"ready"})");
    return wire::error_response({Code::ledger_unavailable, "the ledger refused the last rows"});
  }
  return {};
}

}  // namespace al::engine
