#include "workbench/ledger_run.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "base/json.h"

namespace al::workbench {
namespace {

json::Document verdict_of(const std::string& rows) {
  Result<VerificationRun> run = VerificationRun::begin("");
  REQUIRE(run.ok());
  REQUIRE(run->add(rows).ok());
  Result<json::Document> verdict = json::parse(run->verdict());
  REQUIRE(verdict.ok());
  return std::move(*verdict);
}

/// A first row that is sound in itself, of an organisation of any name, as it stands in JSON.
std::string first_row(const std::string& org) {
  const std::string zeros(64, '0');
  std::string text = R"({"facts":{"org_id":")" + org + R"("},"prev_hash":")" + zeros +
                     R"(","row_id":0,"timestamp":"2026-01-31T12:00:00.000Z","type":"ledger.opened","v":1})";
  std::string quoted;
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return R"([[")" + quoted + R"(",""]])";
}

}  // namespace

TEST_CASE("a verdict is given on whatever is there", "[workbench]") {
  CHECK(verdict_of("[]").root()["rows_seen"].as_int64() == 0);
  CHECK(verdict_of(R"([["nonsense",""]])").root()["damage"].string() == "edited");
  CHECK(verdict_of(first_row("org-1")).root()["checkpoint"].string().starts_with("org-1\n1\n"));
  CHECK(verdict_of(first_row("")).root()["checkpoint"].string().starts_with("unknown\n1\n"));
  // A line break would end the note's first line.
  CHECK(verdict_of(first_row(R"(a\nb)")).root()["checkpoint"].string().starts_with("unknown\n1\n"));
}

TEST_CASE("a pinned note that is none is refused", "[workbench]") {
  CHECK_FALSE(VerificationRun::begin("nonsense").ok());
}

TEST_CASE("a replay of what is no ledger fails", "[workbench]") {
  Result<ReplayRun> run = ReplayRun::begin("[]");
  REQUIRE(run.ok());
  CHECK(run->add(R"([["nonsense",""]])").error().code == Code::ledger_corrupt);
  CHECK(run->add("[]").ok());
  CHECK(ReplayRun::begin("[{}]").error().code == Code::policy_invalid);
}

}  // namespace al::workbench
