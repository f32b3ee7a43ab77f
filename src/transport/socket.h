// A way to a lattice's events: a WebSocket, a link to a lattice in the same process, or a simulated one.
// Client code cannot tell which.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "client/channel.h"

namespace al::transport {

/// Takes what a socket brings. After on_close, and after Socket::close(), nothing more comes from it.
class SocketSink {
 public:
  virtual ~SocketSink() = default;
  virtual void on_open(client::SocketId socket) = 0;
  virtual void on_text(client::SocketId socket, std::string_view text) = 0;
  /// It ended, or could not be opened. `reason` is for people and holds no key.
  virtual void on_close(client::SocketId socket, std::uint16_t code, std::string_view reason) = 0;
};

/// Carries one connection at a time: open() is called when there is none.
class Socket {
 public:
  virtual ~Socket() = default;
  /// Begins to connect, and tells `sink` later, or at once, from within this call. `sink` outlives the
  /// connection. Fails where no connection can ever be opened.
  [[nodiscard]] virtual Status open(client::SocketId socket, SocketSink& sink) = 0;
  /// A no-op for a connection that is not open.
  virtual void send(client::SocketId socket, std::string_view text) = 0;
  /// A no-op for a connection that is over.
  virtual void close(client::SocketId socket, std::uint16_t code) = 0;
};

}  // namespace al::transport
