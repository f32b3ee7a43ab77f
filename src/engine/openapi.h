// The wire API in words: what each endpoint does and takes. The router's table (wire/endpoints.h) says where
// it is and who may call it; the two together are GET /openapi.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/endpoints.h"

namespace al::engine {

/// Fields are words, "name", "name:type" or, where required, "name!:type"; the type is "string" unless said
/// otherwise: integer, boolean, object, array.
struct EndpointWords {
  wire::Endpoint endpoint;
  std::string_view summary;
  std::string_view query;  // parameters
  std::string_view body;   // members; "*" for a document of its own form
};
[[nodiscard]] const EndpointWords& words(wire::Endpoint endpoint);
/// The names alone.
[[nodiscard]] std::vector<std::string_view> field_names(std::string_view fields);

/// OpenAPI 3.1.0, JSON.
[[nodiscard]] std::string openapi_document();

}  // namespace al::engine
