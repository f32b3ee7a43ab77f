// Plays the files of tests/scenarios against the engine; tests/js/scenarios.test.mjs plays the same ones
// through the wasm. What the files may say stands in tests/scenarios/README.md.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/json_writer.h"
#include "engine/world.h"

using namespace al;
using engine::Reply;
using engine::World;

namespace {

std::vector<std::pair<std::string, json::Document>> read_files() {
  std::vector<std::pair<std::string, json::Document>> files;
  for (const auto& entry : std::filesystem::directory_iterator(AGENTLATTICE_TESTS_DIR "/scenarios")) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream stream(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    Result<json::Document> parsed = json::parse(text);
    INFO(entry.path() << (parsed ? "" : ": " + parsed.error().message));
    REQUIRE(parsed.ok());
    files.emplace_back(entry.path().stem().string(), std::move(*parsed));
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  REQUIRE(!files.empty());
  return files;
}

std::string text_of(json::Value value) {
  return value.is_string() ? std::string(value.string()) : json::canonical(value);
}

bool is_name(std::string_view text) {
  return text.size() > 1 && text[0] == '$' && std::all_of(text.begin() + 1, text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

/// What happens after each step of a scenario.
enum class After : std::uint8_t { nothing, restart, restart_from_snapshot };

class Player {
 public:
  Player(json::Value file, json::Value scenario) : scenario_(scenario) {
    const auto setting = [&](std::string_view name) {
      return scenario[name].present() ? scenario[name] : file[name];
    };
    for (const auto& [name, capabilities] : setting("agents").members()) {
      const Reply reply = world_.add_agent(std::string(name), json::canonical(capabilities));
      bound_["$" + std::string(name) + "_id"] = reply.get("agent_id");
      bound_["$" + std::string(name) + "_key_id"] = reply.get("key_id");
      agents_.emplace_back(name);
    }
    for (const auto& [name, roles] : setting("operators").members()) {
      world_.add_operator(std::string(name), json::canonical(roles));
    }
    if (setting("policies").present()) world_.set_policies(json::canonical(setting("policies")));
  }

  void play(After after_each) {
    std::size_t number = 0;
    for (const json::Value step : scenario_["steps"].items()) {
      INFO("step " << ++number << ": " << json::canonical(step));
      if (const json::Value seconds = step["advance_s"]; seconds.present()) {
        adds_from_ = world_.rows.size();
        world_.advance(seconds.as_int64().value() * 1000);
        check_rows(step);
      } else if (step["restart"].present()) {
        restart();
      } else {
        request(step);
      }
      if (after_each == After::restart) restart();
      if (after_each == After::restart_from_snapshot) restart_from_snapshot();
    }
  }

 private:
  void request(json::Value step) {
    std::string headers;
    for (const auto& [name, value] : step["headers"].members()) {
      headers += std::string(name) + ": " + fill(value.string()) + "\n";
    }
    std::string body = fill(step["text"].string());
    if (step["body"].present()) body = fill(json::canonical(step["body"]));
    if (step["bytes"].present()) body.assign(static_cast<std::size_t>(step["bytes"].as_int64().value()), ' ');
    adds_from_ = world_.rows.size();
    const std::string line = fill(step["do"].string());
    const Reply reply = world_.call(fill(step["as"].string()), line, body, headers);
    // Snapshots add rows, so what speaks of rows is not what the scenario says.
    if (world_.snapshot && (line.starts_with("GET /audit") || line.starts_with("GET /posture"))) return;
    INFO(reply.status << " " << reply.text.substr(0, 4000));
    CHECK(reply.status == step["status"].as_int64().value_or(200));
    match(step["expect"], reply.root(), "");
    check_rows(step);
  }

  void check_rows(json::Value step) {
    if (!step["adds"].present()) return;
    std::vector<std::string> wanted;
    for (const json::Value type : step["adds"].items()) wanted.emplace_back(type.string());
    CHECK(world_.row_types(adds_from_) == wanted);
  }

  /// Everything there is to see, so that a restart can be shown to change nothing.
  std::string observe() {
    std::string seen;
    const auto look = [&](std::string_view who, std::string_view line) {
      seen += world_.call(who, line).text + "\n";
    };
    for (const std::string_view status : {"pending", "approved", "denied", "expired", "cancelled"}) {
      look("host", "GET /approvals?limit=500&status=" + std::string(status));
    }
    for (const std::string_view line :
         {"GET /audit?limit=500", "GET /audit/entries?limit=500", "GET /policies", "GET /posture",
          "GET /audit/checkpoint", "GET /audit/verify"}) {
      look("host", line);
    }
    for (const std::string& agent : agents_) {
      look(agent, "GET /whoami");
      look(agent, "GET /delegations?active_only=false");
    }
    return seen;
  }

  void restart() {
    const std::string before = observe();
    world_.restart();
    CHECK(observe() == before);
  }

  void restart_from_snapshot() {
    world_.snapshot.reset();
    world_.lattice->take_snapshot();
    if (!world_.snapshot) return;  // A new ledger, or one with a redaction to be done.
    const std::string before = observe();
    world_.use_snapshot = true;
    world_.restart();
    world_.use_snapshot = false;
    CHECK(observe() == before);
  }

  /// `text` with each "$name" that is bound replaced by what it is bound to.
  std::string fill(std::string_view text) {
    std::string out;
    while (!text.empty()) {
      const std::size_t dollar = std::min(text.find('$'), text.size());
      out += text.substr(0, dollar);
      text.remove_prefix(dollar);
      std::size_t end = text.empty() ? 0 : 1;
      while (end < text.size() && is_name(text.substr(0, end + 1))) ++end;
      const auto found = bound_.find(std::string(text.substr(0, end)));
      out += found == bound_.end() ? std::string(text.substr(0, end)) : found->second;
      text.remove_prefix(end);
    }
    return out;
  }

  void match(json::Value wanted, json::Value found, const std::string& where) {
    const bool right = matches(wanted, found, where);
    CHECK(right);
  }

  bool wrong(const std::string& where, json::Value wanted, json::Value found) {
    UNSCOPED_INFO("at " << where << ": expected " << json::canonical(wanted) << ", found "
                        << json::canonical(found));
    return false;
  }

  bool matches(json::Value wanted, json::Value found, const std::string& where) {
    if (!wanted.present()) return true;
    if (wanted.is_string() && is_name(wanted.string())) {
      if (wanted.string() == "$absent") return !found.present() || wrong(where, wanted, found);
      if (!found.present()) return wrong(where, wanted, found);
      if (wanted.string() == "$any") return true;
      const auto [at, added] = bound_.emplace(wanted.string(), text_of(found));
      return added || at->second == text_of(found) || wrong(where, wanted, found);
    }
    if (wanted.is_object()) return object_matches(wanted, found, where);
    if (wanted.is_array()) {
      if (!found.is_array() || found.size() != wanted.size()) return wrong(where, wanted, found);
      auto item = found.items().begin();
      std::size_t index = 0;
      bool right = true;
      for (const json::Value each : wanted.items()) {
        right = matches(each, *item, where + "/" + std::to_string(index++)) && right;
        ++item;
      }
      return right;
    }
    return json::equal(wanted, found) || wrong(where, wanted, found);
  }

  bool object_matches(json::Value wanted, json::Value found, const std::string& where) {
    bool right = true;
    for (const auto& [name, value] : wanted.members()) {
      bool good = true;
      if (name == "$includes") {
        good = found.string().find(value.string()) != std::string_view::npos || wrong(where, wanted, found);
      } else if (name == "$size") {
        good =
            found.size() == static_cast<std::size_t>(value.as_int64().value()) || wrong(where, wanted, found);
      } else {
        good = matches(value, found[name], where + "/" + std::string(name));
      }
      right = good && right;
    }
    return right;
  }

  World world_;
  json::Value scenario_;
  std::vector<std::string> agents_;
  std::map<std::string, std::string> bound_;
  std::size_t adds_from_ = 0;
};

void play_all(After after_each) {
  static const auto files = read_files();
  for (const auto& [name, file] : files) {
    for (const json::Value scenario : file.root()["scenarios"].items()) {
      DYNAMIC_SECTION(name << ": " << scenario["name"].string()) {
        Player(file.root(), scenario).play(after_each);
      }
    }
  }
}

}  // namespace

TEST_CASE("scenarios", "[scenarios]") { play_all(After::nothing); }

TEST_CASE("scenarios, restarted after every step", "[scenarios]") { play_all(After::restart); }

TEST_CASE("scenarios, restarted from a snapshot after every step", "[scenarios]") {
  play_all(After::restart_from_snapshot);
}
