// The sockets between those who listen and the service: frames take their time, and stay in order; while
// there are faults, sockets are refused, lost on both sides or on one, fall silent, or are stalled by a peer
// that takes nothing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "service.h"
#include "stage.h"
#include "transport/socket.h"

namespace al::sim {

class Sockets {
 public:
  using Connection = engine::ConnectionId;

  Sockets(Stage& stage, Service& service);
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;

  /// Begins to connect; `sink` is told later, and lives until close().
  [[nodiscard]] Connection open(client::SocketId socket, transport::SocketSink& sink);
  void send(Connection connection, std::string_view text);
  /// The client lets go of it. A service may be told, or may have to find out.
  void close(Connection connection, bool service_is_told);

  /// For so long, what comes for this client is not taken.
  void stall(Connection connection, Millis for_ms);
  void set_weather(int weather) { weather_ = weather; }
  void check_rest() const;

 private:
  struct Link {
    client::SocketId socket = 0;
    transport::SocketSink* sink = nullptr;  // null: the client is gone
    bool accepted = false;                  // the service knows it
    bool silent = false;                    // nothing gets through any more, and nobody is told
    int frames_in_flight = 0;               // to the client
    Millis to_service_ms = 0;               // when the last frame on its way arrives
    Millis to_client_ms = 0;
  };

  void accept(Connection connection);
  void take(Connection connection, const std::string& text);
  void deliver(Connection connection, const std::string& text);
  void hang_up(Connection connection, std::uint16_t code);
  /// The service's process is gone.
  void handle_death();
  /// Both sides lose it; with `service_is_told` false, only the client does.
  void lose(Connection connection, bool service_is_told);
  void tell_client(Connection connection, std::uint16_t code);
  void tell_service(Connection connection);
  /// Behind all that is on its way already.
  [[nodiscard]] Millis arrival(Millis& last_ms);
  [[nodiscard]] bool strikes(unsigned calm, unsigned rough, unsigned storm);
  [[nodiscard]] Link* find(Connection connection);

  Stage& stage_;
  Service& service_;
  int weather_ = 0;
  Connection last_connection_ = 0;
  std::map<Connection, Link> links_;
};

}  // namespace al::sim
