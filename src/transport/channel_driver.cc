#include "transport/channel_driver.h"

#include <utility>
#include <variant>

namespace al::transport {

ChannelDriver::ChannelDriver(client::Channel channel, Socket& socket, Clock& clock, ChannelSink& sink)
    : channel_(std::move(channel)), socket_(socket), clock_(clock), sink_(sink) {}

void ChannelDriver::start() {
  channel_.start(clock_.now());
  drain();
}

void ChannelDriver::pause() {
  channel_.pause(clock_.now());
  drain();
}

void ChannelDriver::resume() {
  channel_.resume(clock_.now());
  drain();
}

void ChannelDriver::end(std::optional<Error> why) {
  channel_.end(std::move(why));
  drain();
}

void ChannelDriver::handle_timeout() {
  channel_.handle_timeout(clock_.now());
  drain();
}

void ChannelDriver::on_open(client::SocketId socket) {
  channel_.handle_open(socket, clock_.now());
  drain();
}

void ChannelDriver::on_text(client::SocketId socket, std::string_view text) {
  channel_.handle_text(socket, text, clock_.now());
  drain();
}

void ChannelDriver::on_close(client::SocketId socket, std::uint16_t code, std::string_view reason) {
  channel_.handle_closed(socket, code, reason, clock_.now());
  drain();
}

void ChannelDriver::drain() {
  if (std::exchange(draining_, true)) return;
  while (std::optional<client::ChannelOutput> output = channel_.poll_output()) {
    std::visit([this](auto&& what) { carry_out(std::move(what)); }, std::move(*output));
  }
  draining_ = false;
  sink_.on_done();
}

void ChannelDriver::carry_out(client::OpenSocket open) {
  const Status opening = socket_.open(open.socket, *this);
  if (!opening) channel_.end(opening.error());
}

void ChannelDriver::carry_out(const client::SendText& send) { socket_.send(send.socket, send.text); }

void ChannelDriver::carry_out(client::CloseSocket close) { socket_.close(close.socket, close.code); }

void ChannelDriver::carry_out(client::Deliver event) { sink_.on_event(std::move(event)); }

void ChannelDriver::carry_out(client::Report report) { sink_.on_report(std::move(report)); }

}  // namespace al::transport
