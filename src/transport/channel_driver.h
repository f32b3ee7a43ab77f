// Does what a channel said, on a socket.
//
// Re-entrance: a socket may report from within open(), an application may pause, resume or end from within
// its callbacks. The verb takes effect at once, its outputs are carried out by the drain that is already
// under way, in order. Nobody may destroy the driver from within a callback.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"
#include "client/channel.h"
#include "transport/clock.h"
#include "transport/socket.h"

namespace al::transport {

class ChannelSink {
 public:
  virtual ~ChannelSink() = default;
  virtual void on_event(client::Deliver event) = 0;
  virtual void on_report(client::Report report) = 0;
  /// The driver has done what there was to do: its next deadline may be another, or the channel has ended.
  virtual void on_done() {}
};

class ChannelDriver final : public SocketSink {
 public:
  /// Everything that is injected must outlive the driver.
  ChannelDriver(client::Channel channel, Socket& socket, Clock& clock, ChannelSink& sink);
  ChannelDriver(const ChannelDriver&) = delete;
  ChannelDriver& operator=(const ChannelDriver&) = delete;

  void start();
  void pause();
  void resume();
  void end(std::optional<Error> why = {});
  void handle_timeout();

  void on_open(client::SocketId socket) override;
  void on_text(client::SocketId socket, std::string_view text) override;
  void on_close(client::SocketId socket, std::uint16_t code, std::string_view reason) override;

  [[nodiscard]] std::optional<Millis> next_deadline() const { return channel_.next_deadline(); }
  [[nodiscard]] const client::Channel& channel() const { return channel_; }

 private:
  void drain();
  void carry_out(client::OpenSocket open);
  void carry_out(const client::SendText& send);
  void carry_out(client::CloseSocket close);
  void carry_out(client::Deliver event);
  void carry_out(client::Report report);

  client::Channel channel_;
  Socket& socket_;
  Clock& clock_;
  ChannelSink& sink_;
  bool draining_ = false;
};

}  // namespace al::transport
