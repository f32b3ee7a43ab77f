// A socket over the network, through emscripten/websocket.h. The `WebSocket` behind it is the one that the
// module instance was given; pre.js says how.
#pragma once

#include <emscripten/websocket.h>

#include <string>

#include "transport/socket.h"
#include "verbs.h"

namespace al::wasm {

class WebSocketTransport final : public transport::Socket {
 public:
  WebSocketTransport(std::string url, Verbs& verbs) : url_(std::move(url)), verbs_(verbs) {}
  ~WebSocketTransport() override { drop(wire::close_code::normal); }

  [[nodiscard]] Status open(client::SocketId socket, transport::SocketSink& sink) override;
  void send(client::SocketId socket, std::string_view text) override;
  void close(client::SocketId socket, std::uint16_t code) override;

 private:
  static bool on_open(int, const EmscriptenWebSocketOpenEvent* event, void* self);
  static bool on_message(int, const EmscriptenWebSocketMessageEvent* event, void* self);
  static bool on_close(int, const EmscriptenWebSocketCloseEvent* event, void* self);
  void drop(std::uint16_t code);

  std::string url_;
  Verbs& verbs_;
  transport::SocketSink* sink_ = nullptr;
  client::SocketId socket_ = 0;
  EMSCRIPTEN_WEBSOCKET_T handle_ = 0;  // the glue's; 0: there is none
};

}  // namespace al::wasm
