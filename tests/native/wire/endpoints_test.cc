#include "wire/endpoints.h"

#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>
#include <vector>

using namespace al;
using namespace al::wire;

TEST_CASE("every endpoint's target routes back to it", "[wire]") {
  const std::vector<std::string_view> hard{"apr-1", "a/b?c#d%20", "ü 100%"};
  std::set<std::string_view> names;
  std::set<Endpoint> seen;
  for (const EndpointTraits& endpoint : endpoints()) {
    INFO(endpoint.name);
    CHECK(names.insert(endpoint.name).second);
    CHECK(seen.insert(endpoint.endpoint).second);
    CHECK(traits(endpoint.endpoint).name == endpoint.name);
    const std::string path = target(endpoint.endpoint, hard);
    CHECK(path.starts_with("/api/v1/"));
    const Result<Route> found = route(endpoint.method, path + "?limit=5&x=a%20b&&flag");
    REQUIRE(found.ok());
    CHECK(found->endpoint == endpoint.endpoint);
    for (std::size_t i = 0; i < found->arguments.size(); ++i) CHECK(found->arguments[i] == hard[i]);
    CHECK(found->query ==
          std::vector<std::pair<std::string, std::string>>{{"limit", "5"}, {"x", "a b"}, {"flag", ""}});
  }
  CHECK(seen.size() == static_cast<std::size_t>(Endpoint::readyz) + 1);
}

TEST_CASE("paths that are none", "[wire]") {
  for (const std::string_view path :
       {"", "/", "/api", "/api/v1", "/api/v1/", "/api/v2/whoami", "/api/v1/Whoami",
        "/api/v1/approvals//claim", "/api/v1/approvals/a/claim/b", "whoami"}) {
    INFO(path);
    const Result<Route> found = route(Method::get, path);
    REQUIRE_FALSE(found.ok());
    CHECK(found.error().code == Code::not_found);
  }
  CHECK(route(Method::delete_, "/api/v1/whoami").error().code == Code::method_not_allowed);
  CHECK(route(Method::get, "/api/v1/approvals/%zz").error().code == Code::invalid_request);
  CHECK(route(Method::get, "/api/v1/audit?limit=%2").error().code == Code::invalid_request);
}

TEST_CASE("a path without the slash behind the API's root is none", "[wire]") {
  CHECK_FALSE(route(Method::get, "/api/v1whoami").ok());
}

TEST_CASE("percent coding", "[wire]") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  CHECK(percent_decode(percent_encode(all)) == all);
  CHECK(percent_encode("AZaz09-._~") == "AZaz09-._~");
  CHECK(percent_encode("a b/ü") == "a%20b%2F%C3%BC");
  CHECK(percent_decode("%c3%BC+") == "ü+");
  for (const std::string_view bad : {"%", "%1", "%g1", "%1g", "abc%"})
    CHECK_FALSE(percent_decode(bad).has_value());
}

TEST_CASE("methods", "[wire]") {
  for (const Method method : {Method::get, Method::post, Method::put, Method::delete_}) {
    CHECK(parse_method(text(method)) == method);
  }
  CHECK_FALSE(parse_method("get").has_value());
  CHECK_FALSE(parse_method("PATCH").has_value());
}
