// A lattice with everything that is injected under the test's hand: its clock, its entropy, and the store
// that keeps its rows.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "transport/clock.h"
#include "transport/lattice.h"
#include "wire/codes.h"
#include "wire/http.h"

namespace al::engine {

/// An answer, parsed where it has a body.
struct Reply {
  int status = 0;
  std::string text;
  json::Document body;
  [[nodiscard]] json::Value root() const { return body.root(); }
  [[nodiscard]] json::Value operator[](std::string_view name) const { return root()[name]; }
  /// A string member, or "".
  [[nodiscard]] std::string get(std::string_view name) const { return std::string(root()[name].string()); }
  [[nodiscard]] std::string code() const { return std::string(root()["error"]["code"].string()); }
};

inline Reply reply_of(const wire::Response& response) {
  Reply reply{.status = response.status, .text = response.body, .body = {}};
  Result<json::Document> parsed = json::parse(response.body, {.bytes_max = 64 << 20, .depth_max = 128});
  if (parsed) reply.body = std::move(*parsed);
  return reply;
}

class World : public transport::LatticeHost, public transport::Clock {
 public:
  explicit World(transport::LedgerHome home = transport::LedgerHome::host, LedgerLimits limits = {})
      : home_(home), limits_(limits) {
    open();
  }

  // ---- Talking to it ------------------------------------------------------------------------------------

  /// `line` is "POST /actions"; `who` an alias in `keys`, or "" for nobody. The answer must come at once.
  Reply call(std::string_view who, std::string_view line, std::string body = {}, std::string headers = {}) {
    const Ticket ticket = send(who, line, std::move(body), std::move(headers));
    REQUIRE(answers.contains(ticket));
    const wire::Response response = answers.extract(ticket).mapped();
    CHECK(!response.request_id.empty());
    return reply_of(response);
  }

  /// The same, for what may be answered later, in `answers`. `headers` are "name: value" lines.
  Ticket send(std::string_view who, std::string_view line, std::string body = {}, std::string headers = {}) {
    const std::size_t space = line.find(' ');
    if (!body.empty() && headers.find("content-type") == std::string::npos) {
      headers += "content-type: application/json\n";
    }
    if (!who.empty()) headers += "authorization: Bearer " + key(who) + "\n";
    Result<wire::Request> request = wire::read_request(
        line.substr(0, space), "/api/v1" + std::string(line.substr(space + 1)), headers, std::move(body));
    const Ticket ticket = ++last_ticket_;
    lattice->handle_request(ticket, std::move(request));
    return ticket;
  }

  [[nodiscard]] std::string key(std::string_view who) const {
    const auto found = keys.find(who);
    return found == keys.end() ? std::string(who) : found->second;
  }

  // ---- Furnishing it ------------------------------------------------------------------------------------

  Reply add_agent(const std::string& name, std::string_view capabilities = R"(["*"])") {
    Reply reply = call("host", "POST /agents",
                       R"({"name":")" + name + R"(","capabilities":)" + std::string(capabilities) + "}");
    REQUIRE(reply.status == 201);
    keys[name] = reply.get("api_key");
    return reply;
  }
  Reply add_operator(const std::string& name, std::string_view roles = "[]") {
    Reply reply =
        call("host", "POST /operators", R"({"name":")" + name + R"(","roles":)" + std::string(roles) + "}");
    REQUIRE(reply.status == 201);
    keys[name] = reply.get("api_key");
    return reply;
  }
  void set_policies(std::string_view policies) {
    const Reply reply = call("host", "PUT /policies", std::string(policies));
    INFO(reply.text);
    REQUIRE(reply.status == 200);
  }

  // ---- Time and its end ---------------------------------------------------------------------------------

  void advance(Millis ms) {
    now_.steady_ms += ms;
    now_.wall_ms += ms;
    // As a host's timer would: whatever became due on the way is told of.
    for (std::optional<Millis> due = lattice->next_deadline(); due && *due <= now_.steady_ms;
         due = lattice->next_deadline()) {
      lattice->handle_timeout();
      if (lattice->next_deadline() == due) break;  // Nothing moves it, a store that refuses, say.
    }
  }
  void jump_wall(Millis ms) { now_.wall_ms += ms; }

  /// A new process on the same rows. Keys that were good in the old process only are made anew.
  void restart() {
    lattice.reset();
    answers.clear();
    open();
  }

  /// The types of the rows from `from` on.
  [[nodiscard]] std::vector<std::string> row_types(std::size_t from = 0) const {
    std::vector<std::string> out;
    for (std::size_t at = from; at < rows.size(); ++at) {
      out.emplace_back(audit::decode(rows[at].text).value().type);
    }
    return out;
  }

  // ---- The host -----------------------------------------------------------------------------------------

  void append(const Append& append) override {
    if (hold_appends) {
      held = append;
    } else if (!refuse_appends.empty()) {
      lattice->handle_append_failed(append.batch, refuse_appends);
    } else {
      keep(append);
    }
  }
  void keep(const Append& append) {
    REQUIRE(append.first_row == rows.size());
    for (std::uint64_t at = append.first_row; at < append.end_row; ++at) {
      rows.push_back(lattice->engine().ledger().row(at));
    }
    lattice->handle_appended(append.batch);
  }
  void redact(const Redact& redact) override {
    if (!refuse_redactions.empty()) return lattice->handle_redact_failed(redact.batch, refuse_redactions);
    for (const Engine::Redaction& row : redact.rows) rows.at(row.row_id).openings = row.openings;
    lattice->handle_redacted(redact.batch);
  }
  void read(transport::Reader reader, RowRange range) override {
    reads.push_back(range);
    if (!refuse_reads.empty()) return lattice->handle_read_failed(reader, refuse_reads);
    if (hold_reads) {
      held_reads.emplace_back(reader, range);
    } else {
      give(reader, range);
    }
  }
  void save_snapshot(const SaveSnapshot& taken) override { snapshot = taken; }
  void give(transport::Reader reader, RowRange range) {
    std::vector<audit::RowView> views;
    for (std::uint64_t at = range.first; at < std::min<std::uint64_t>(range.end, rows.size()); ++at)
      views.push_back({rows[at].text, rows[at].openings});
    lattice->handle_read(reader, views);
  }
  void respond(Ticket ticket, wire::Response response) override {
    CHECK(!answers.contains(ticket));
    answers[ticket] = std::move(response);
  }
  void send(ConnectionId connection, const std::string& text) override { frames[connection].push_back(text); }
  void hang_up(ConnectionId connection, std::uint16_t code, const std::string&) override {
    CHECK(!hung_up.contains(connection));
    hung_up[connection] = code;
  }
  Now now() override { return now_; }

  std::map<std::string, std::string, std::less<>> keys;  // by alias
  std::vector<audit::Row> rows;                          // what is durable
  std::map<Ticket, wire::Response> answers;
  std::map<ConnectionId, std::vector<std::string>> frames;  // sent and not looked at
  std::map<ConnectionId, std::uint16_t> hung_up;
  bool hold_appends = false;
  std::optional<Append> held;
  std::string refuse_appends;     // why, when the store is to refuse
  std::string refuse_redactions;  // the same for redactions
  std::string refuse_reads;       // and for what is read back
  bool hold_reads = false;
  std::vector<std::pair<transport::Reader, RowRange>> held_reads;
  std::vector<RowRange> reads;  // all that were asked for
  std::optional<SaveSnapshot> snapshot;
  bool use_snapshot = false;  // where there is one
  std::unique_ptr<transport::Lattice> lattice;

  /// The rows that a snapshot is given with.
  [[nodiscard]] std::vector<audit::RowView> last_page() const {
    std::vector<audit::RowView> out;
    for (std::uint64_t at = snapshot->rows / Ledger::page_rows * Ledger::page_rows; at <= snapshot->rows;
         ++at)
      out.push_back({rows.at(at).text, rows.at(at).openings});
    return out;
  }

 private:
  void open() {
    lattice =
        std::make_unique<transport::Lattice>(home_, *this, *this, Entropy::from_number(++seed_), limits_);
    std::uint64_t begun = 0;  // with so many rows
    if (use_snapshot && snapshot) {
      REQUIRE(lattice->restore(snapshot->bytes, last_page()));
      begun = snapshot->rows + 1;
    }
    for (std::uint64_t at = begun; at < rows.size(); ++at) {
      const Status loaded = lattice->load(rows[at].text, rows[at].openings);
      INFO((loaded ? std::string() : loaded.error().message));
      REQUIRE(loaded.ok());
    }
    lattice->start();
    keys["host"] = lattice->attach(PrincipalKind::operator_, "host");
  }

  transport::LedgerHome home_;
  LedgerLimits limits_;
  Now now_{.steady_ms = 1000, .wall_ms = parse_rfc3339("2026-01-31T12:00:00.000Z").value()};
  Ticket last_ticket_ = 0;
  std::uint64_t seed_ = 0;
};

}  // namespace al::engine
