#include "websocket_transport.h"

#include <utility>

#include "wire/realtime.h"

namespace al::wasm {

static_assert(sizeof(EmscriptenWebSocketCloseEvent) <= 520, "websocket.js allocates 520 bytes for an event");

Status WebSocketTransport::open(client::SocketId socket, transport::SocketSink& sink) {
  drop(wire::close_code::normal);
  EmscriptenWebSocketCreateAttributes attributes;
  emscripten_websocket_init_create_attributes(&attributes);
  attributes.url = url_.c_str();
  const EMSCRIPTEN_WEBSOCKET_T handle = emscripten_websocket_new(&attributes);
  if (handle <= 0) {
    return Error{Code::invalid_argument, "this runtime has no WebSocket; give one to the client"};
  }
  handle_ = handle;
  socket_ = socket;
  sink_ = &sink;
  emscripten_websocket_set_onopen_callback(handle, this, on_open);
  emscripten_websocket_set_onmessage_callback(handle, this, on_message);
  emscripten_websocket_set_onclose_callback(handle, this, on_close);
  return Unit{};
}

void WebSocketTransport::send(client::SocketId socket, std::string_view text) {
  if (handle_ == 0 || socket != socket_) return;
  emscripten_websocket_send_utf8_text(handle_, std::string(text).c_str());
}

void WebSocketTransport::close(client::SocketId socket, std::uint16_t code) {
  if (socket == socket_) drop(code);
}

/// The glue lets its callbacks go with the handle, so nothing more is heard of it.
void WebSocketTransport::drop(std::uint16_t code) {
  const EMSCRIPTEN_WEBSOCKET_T handle = std::exchange(handle_, 0);
  if (handle == 0) return;
  emscripten_websocket_close(handle, code, nullptr);
  emscripten_websocket_delete(handle);
}

bool WebSocketTransport::on_open(int, const EmscriptenWebSocketOpenEvent*, void* self) {
  auto& socket = *static_cast<WebSocketTransport*>(self);
  const Verbs::Verb verb(socket.verbs_);
  socket.sink_->on_open(socket.socket_);
  return true;
}

bool WebSocketTransport::on_message(int, const EmscriptenWebSocketMessageEvent* event, void* self) {
  auto& socket = *static_cast<WebSocketTransport*>(self);
  const Verbs::Verb verb(socket.verbs_);
  // A text ends with a null byte, which counts; bytes are no frame of this protocol, and an empty text is
  // none either.
  const std::size_t bytes = event->isText && event->numBytes > 0 ? event->numBytes - 1 : 0;
  socket.sink_->on_text(socket.socket_, {reinterpret_cast<const char*>(event->data), bytes});
  return true;
}

bool WebSocketTransport::on_close(int, const EmscriptenWebSocketCloseEvent* event, void* self) {
  auto& socket = *static_cast<WebSocketTransport*>(self);
  const Verbs::Verb verb(socket.verbs_);
  const std::string reason(event->reason);
  const std::uint16_t code = event->code;
  emscripten_websocket_delete(std::exchange(socket.handle_, 0));
  socket.sink_->on_close(socket.socket_, code, reason);
  return true;
}

}  // namespace al::wasm
