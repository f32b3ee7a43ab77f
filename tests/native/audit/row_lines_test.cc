#include "audit/row_lines.h"

#include <catch2/catch_test_macros.hpp>

namespace al::audit {

TEST_CASE("Rows become two lines each, and rows again", "[audit][rows]") {
  std::string lines;
  append_lines(lines, R"({"row_id":0})", "");
  append_lines(lines, R"({"row_id":1})", R"({"metadata":{"salt":"00","value":1}})");
  CHECK(lines == R"({"row_id":0})"
                 "\n{}\n"
                 R"({"row_id":1})"
                 "\n"
                 R"({"metadata":{"salt":"00","value":1}})"
                 "\n");
  const auto rows = read_lines(lines);
  REQUIRE(rows);
  REQUIRE(rows->size() == 2);
  CHECK(rows->at(0).text == R"({"row_id":0})");
  CHECK(rows->at(0).openings.empty());
  CHECK(rows->at(1).openings == R"({"metadata":{"salt":"00","value":1}})");
}

TEST_CASE("A page of rows that is cut anywhere but between two rows is none", "[audit][rows]") {
  std::string lines;
  append_lines(lines, "{}", "");
  append_lines(lines, "{}", "");
  for (std::size_t size = 0; size <= lines.size(); ++size) {
    const auto rows = read_lines(std::string_view(lines).substr(0, size));
    const bool whole = size % (lines.size() / 2) == 0;
    CHECK(rows.has_value() == whole);
    if (rows) CHECK(rows->size() == size / (lines.size() / 2));
  }
}

}  // namespace al::audit
