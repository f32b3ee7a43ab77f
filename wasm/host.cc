#include "host.h"

#include "audit/row.h"
#include "base/json_writer.h"
#include "engine/realtime.h"

namespace al::wasm {

void Host::settle(std::uint32_t call, bool ok, const std::string& json) { callbacks_.call<void>("settle", call, ok, json); }

void Host::respond(double ticket, const wire::Response& response) {
  std::string headers = "content-type: application/json\n";
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) headers.append(name).append(": ").append(value).append("\n");
  };
  add(wire::header::request_id, response.request_id);
  add(wire::header::retry_after, response.retry_after);
  callbacks_.call<void>("respond", ticket, response.status, headers, response.body);
}

void Host::append(const engine::Append& append, const engine::Ledger& ledger) {
  std::string rows;
  json::Writer writer(rows);
  writer.begin_array();
  for (std::uint64_t at = append.first_row; at < append.end_row; ++at) {
    const audit::Row& row = ledger.row(at);
    writer.begin_array().value(std::string_view(row.text)).value(std::string_view(row.openings)).end_array();
  }
  writer.end_array();
  callbacks_.call<void>("append", append.batch, rows, static_cast<double>(append.first_row));
}

void Host::publish(const engine::Publish& publish, const engine::Ledger& ledger) {
  const std::string events = engine::write_events(ledger, publish.first_row, publish.end_row);
  if (events != "[]") callbacks_.call<void>("publish", events);
}

void Host::wake_in(Millis delay_ms, bool keep_alive) {
  callbacks_.call<void>("wakeIn", static_cast<double>(delay_ms), keep_alive);
}

}  // namespace al::wasm
