// The host's callbacks, as the kernel calls them. See README.md, "Kernel → host".
#pragma once

#include <emscripten/val.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "wire/http.h"

namespace al::wasm {

class Host {
 public:
  /// Takes the callbacks from the factory's argument.
  Host() : callbacks_(emscripten::val::module_property("host")) {}

  void settle(std::uint32_t call, bool ok, const std::string& json);
  void wake_in(Millis delay_ms, bool keep_alive);
  void respond(double ticket, const wire::Response& response);
  void append(std::uint32_t batch, const std::string& rows, std::uint64_t first_row);
  void read(std::uint32_t reader, std::uint64_t first_row, std::uint64_t end_row);
  void save_snapshot(std::uint64_t rows, const std::string& bytes);
  void redact(std::uint32_t batch, const std::string& rows);
  void sign(double rows, const std::string& text);
  void event(std::uint32_t subscription, const std::string& json);
  void channel(std::uint32_t subscription, std::string_view state, const std::string& json);
  void send(double connection, const std::string& text);
  void hang_up(double connection, std::uint16_t code, const std::string& reason);

 private:
  emscripten::val callbacks_;
};

}  // namespace al::wasm
