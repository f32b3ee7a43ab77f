#include "workbench/ledger_run.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "base/json.h"
#include "base/json_writer.h"
#include "engine/world.h"

namespace al::workbench {
namespace {

/// The counts of a world's ledger under other policies.
json::Document replayed(const engine::World& world, std::string_view policies) {
  std::string rows;
  json::Writer writer(rows);
  writer.begin_array();
  for (const audit::Row& row : world.rows)
    writer.begin_array().value(std::string_view(row.text)).value(std::string_view(row.openings)).end_array();
  writer.end_array();
  Result<ReplayRun> run = ReplayRun::begin(policies);
  REQUIRE(run.ok());
  REQUIRE(run->add(rows).ok());
  Result<json::Document> summary = json::parse(run->summary());
  REQUIRE(summary.ok());
  return std::move(*summary);
}

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

TEST_CASE("a replay knows that an approval was asked for where too many waited", "[workbench]") {
  constexpr std::string_view asks = R"([{"name":"m","action_type":"pr.*","effect":"require_approval"}])";
  engine::World world;
  world.set_policies(asks);
  world.call("host", "PUT /settings", R"({"approvals":{"pending_max":1}})");
  world.add_agent("bot");
  for (const char* expected : {"requested", "denied", "denied"})
    CHECK(world.call("bot", "POST /actions", R"({"action_type":"pr.merge"})").get("status") == expected);

  const json::Document same = replayed(world, asks);
  CHECK(same.root()["unchanged"].as_int64() == 3);
  const json::Document denied = replayed(world, R"([{"name":"m","action_type":"pr.*","effect":"deny"}])");
  CHECK(denied.root()["other_grounds"].as_int64() == 2);
  const json::Document allowed = replayed(world, R"([{"name":"m","action_type":"pr.*","effect":"allow"}])");
  CHECK(allowed.root()["changed"].as_int64() == 3);
}

}  // namespace al::workbench
