// The functions of README.md, "Host → kernel", by Embind: a list, and the shapes of strings.
#include <emscripten/bind.h>

#include <string>
#include <string_view>
#include <vector>

#include "kernel.h"
#include "wire/http.h"

namespace {

using al::wasm::Kernel;

/// One module instance is one kernel.
Kernel& kernel() {
  static Kernel instance;
  return instance;
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string open_client(const std::string& config) { return kernel().open_client(config); }

void submit(std::uint32_t client, std::uint32_t call, std::string operation, const std::string& arguments,
            std::string query, std::string body, std::string event_id, std::string delegation_id, double timeout_ms) {
  kernel().submit(client, call,
                  {.operation = std::move(operation),
                   .arguments = split_lines(arguments),
                   .query = std::move(query),
                   .body = std::move(body),
                   .event_id = std::move(event_id),
                   .delegation_id = std::move(delegation_id),
                   .timeout_ms = static_cast<al::Millis>(timeout_ms)});
}

void cancel(std::uint32_t client, std::uint32_t call) { kernel().cancel(client, call); }
void close_client(std::uint32_t client) { kernel().close_client(client); }
std::string open_lattice(const std::string& config) { return kernel().open_lattice(config); }
std::string load_rows(const std::string& rows) { return kernel().load_rows(rows); }
std::string start_lattice() { return kernel().start_lattice(); }
std::string attach(const std::string& kind, const std::string& name) { return kernel().attach(kind, name); }

void handle(double ticket, const std::string& method, std::string target, const std::string& headers, std::string body) {
  kernel().handle(ticket, al::wire::read_request(method, std::move(target), headers, std::move(body)));
}

void disconnected(double ticket) { kernel().disconnected(ticket); }
void appended(std::uint32_t batch) { kernel().appended(batch); }
void append_failed(std::uint32_t batch, const std::string& message) { kernel().append_failed(batch, message); }
void wake() { kernel().wake(); }

}  // namespace

EMSCRIPTEN_BINDINGS(agentlattice) {
  emscripten::function("openClient", &open_client);
  emscripten::function("submit", &submit);
  emscripten::function("cancel", &cancel);
  emscripten::function("closeClient", &close_client);
  emscripten::function("openLattice", &open_lattice);
  emscripten::function("loadRows", &load_rows);
  emscripten::function("startLattice", &start_lattice);
  emscripten::function("attach", &attach);
  emscripten::function("handle", &handle);
  emscripten::function("disconnected", &disconnected);
  emscripten::function("appended", &appended);
  emscripten::function("appendFailed", &append_failed);
  emscripten::function("wake", &wake);
}
