// The functions of README.md, "Host → kernel", that every module has, by Embind: a list, and the shapes of
// strings.
#include <emscripten/bind.h>

#include <string>
#include <string_view>
#include <vector>

#include "kernel.h"

namespace {

using al::wasm::kernel;

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
            std::string query, std::string body, std::string event_id, std::string delegation_id,
            double timeout_ms) {
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
void subscribe(std::uint32_t client, std::uint32_t subscription, const std::string& filter) {
  kernel().subscribe(client, subscription, filter);
}
void unsubscribe(std::uint32_t client, std::uint32_t subscription) {
  kernel().unsubscribe(client, subscription);
}
void pause_subscription(std::uint32_t client, std::uint32_t subscription) {
  kernel().pause(client, subscription);
}
void resume_subscription(std::uint32_t client, std::uint32_t subscription) {
  kernel().resume(client, subscription);
}
void wake() { kernel().wake(); }

}  // namespace

EMSCRIPTEN_BINDINGS(clients) {
  emscripten::function("openClient", &open_client);
  emscripten::function("submit", &submit);
  emscripten::function("cancel", &cancel);
  emscripten::function("closeClient", &close_client);
  emscripten::function("subscribe", &subscribe);
  emscripten::function("unsubscribe", &unsubscribe);
  emscripten::function("pause", &pause_subscription);
  emscripten::function("resume", &resume_subscription);
  emscripten::function("wake", &wake);
}
