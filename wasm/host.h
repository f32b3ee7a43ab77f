// The host's callbacks, as the kernel calls them. See README.md, "Kernel → host".
#pragma once

#include <emscripten/val.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "engine/engine.h"
#include "engine/sequencer.h"
#include "wire/http.h"

namespace al::wasm {

class Host {
 public:
  /// Takes the callbacks from the factory's argument.
  Host() : callbacks_(emscripten::val::module_property("host")) {}

  void settle(std::uint32_t call, bool ok, const std::string& json);
  void respond(double ticket, const wire::Response& response);
  void append(const engine::Append& append, const engine::Ledger& ledger);
  void publish(const engine::Publish& publish, const engine::Ledger& ledger);
  void wake_in(Millis delay_ms, bool keep_alive);

 private:
  emscripten::val callbacks_;
};

}  // namespace al::wasm
