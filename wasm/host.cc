#include "host.h"

#include <string_view>

namespace al::wasm {

void Host::settle(std::uint32_t call, bool ok, const std::string& json) {
  callbacks_.call<void>("settle", call, ok, json);
}

void Host::respond(double ticket, const wire::Response& response) {
  std::string headers;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) headers.append(name).append(": ").append(value).append("\n");
  };
  add(wire::header::content_type, response.content_type);
  add(wire::header::request_id, response.request_id);
  add(wire::header::retry_after, response.retry_after);
  callbacks_.call<void>("respond", ticket, response.status, headers, response.body);
}

void Host::append(std::uint32_t batch, const std::string& rows, std::uint64_t first_row) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(rows.data());
  callbacks_.call<void>("append", batch, emscripten::val(emscripten::typed_memory_view(rows.size(), bytes)),
                        static_cast<double>(first_row));
}

void Host::read(std::uint32_t reader, std::uint64_t first_row, std::uint64_t end_row) {
  callbacks_.call<void>("read", reader, static_cast<double>(first_row), static_cast<double>(end_row));
}

void Host::save_snapshot(std::uint64_t rows, const std::string& bytes) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  callbacks_.call<void>("saveSnapshot", static_cast<double>(rows),
                        emscripten::val(emscripten::typed_memory_view(bytes.size(), data)));
}

void Host::redact(std::uint32_t batch, const std::string& rows) {
  callbacks_.call<void>("redact", batch, rows);
}

void Host::sign(double rows, const std::string& text) { callbacks_.call<void>("sign", rows, text); }

void Host::event(std::uint32_t subscription, const std::string& json) {
  callbacks_.call<void>("event", subscription, json);
}

void Host::channel(std::uint32_t subscription, std::string_view state, const std::string& json) {
  callbacks_.call<void>("channel", subscription, std::string(state), json);
}

void Host::send(double connection, const std::string& text) {
  callbacks_.call<void>("send", connection, text);
}

void Host::hang_up(double connection, std::uint16_t code, const std::string& reason) {
  callbacks_.call<void>("hangUp", connection, int{code}, reason);
}

void Host::wake_in(Millis delay_ms, bool keep_alive) {
  callbacks_.call<void>("wakeIn", static_cast<double>(delay_ms), keep_alive);
}

}  // namespace al::wasm
