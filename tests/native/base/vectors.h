// Reads a file of tests/vectors, where the values stand that were worked out elsewhere.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"

namespace al::vectors {

inline json::Document read(std::string_view name) {
  std::ifstream file(std::string(AGENTLATTICE_TESTS_DIR "/vectors/").append(name), std::ios::binary);
  REQUIRE(file.is_open());
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  Result<json::Document> parsed = json::parse(text);
  REQUIRE(parsed.ok());
  return std::move(parsed).value();
}

}  // namespace al::vectors
