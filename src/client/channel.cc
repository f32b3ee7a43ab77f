#include "client/channel.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "client/retry.h"
#include "client/settlement.h"

namespace al::client {
namespace {

/// Errors that the same subscription would meet again, however often it tries.
bool is_final(Code code) {
  switch (code) {
    case Code::unauthenticated:
    case Code::forbidden:
    case Code::invalid_request:
    case Code::malformed_json:
    case Code::not_found:
    case Code::conflict:
      return true;
    default:
      return false;
  }
}

std::string seconds(Millis ms) { return std::to_string((ms + 999) / 1000) + " s"; }

}  // namespace

std::string_view text(ChannelNews news) {
  switch (news) {
    case ChannelNews::ready:
      return "ready";
    case ChannelNews::reconnecting:
      return "reconnecting";
    case ChannelNews::ended:
      break;
  }
  return "ended";
}

Channel::Channel(wire::Subscribe subscribe, Entropy entropy, ChannelLimits limits)
    : subscribe_(std::move(subscribe)), entropy_(std::move(entropy)), limits_(limits) {}

void Channel::start(Now now) {
  assert(state_ == State::idle);
  connect(now);
}

void Channel::connect(Now now) {
  state_ = State::connecting;
  wake_ms_ = now.steady_ms + limits_.open_ms_max;
  stable_at_ms_.reset();
  ++stats_.sockets;
  outputs_.push_back(OpenSocket{++socket_});
}

void Channel::close_socket(std::uint16_t code) {
  if (has_socket()) outputs_.push_back(CloseSocket{socket_, code});
}

void Channel::pause(Now) {
  if (state_ == State::ended || state_ == State::paused) return;
  close_socket(wire::close_code::normal);
  forget_deliveries();
  state_ = State::paused;
}

void Channel::resume(Now now) {
  if (state_ == State::paused) connect(now);
}

void Channel::end(std::optional<Error> why) {
  if (state_ == State::ended) return;
  close_socket(wire::close_code::normal);
  // An error comes after what was delivered before it; an application that leaves wants nothing more.
  if (!why) forget_deliveries();
  state_ = State::ended;
  report(ChannelNews::ended, why);
}

/// What was decided to be delivered, and was not yet, is asked for again by the next socket.
void Channel::forget_deliveries() {
  const auto is_delivery = [](const ChannelOutput& each) { return std::holds_alternative<Deliver>(each); };
  const auto first = std::find_if(outputs_.begin(), outputs_.end(), is_delivery);
  if (first == outputs_.end()) return;
  // Between the event before and this one, there was nothing that the filter let through.
  subscribe_.after = std::get<Deliver>(*first).seq - 1;
  stats_.delivered -= std::erase_if(outputs_, is_delivery);
}

bool Channel::is_stray(SocketId socket) {
  const bool stray = !has_socket() || socket != socket_;
  if (stray) ++stats_.stray_inputs;
  return stray;
}

void Channel::handle_open(SocketId socket, Now now) {
  if (is_stray(socket) || state_ != State::connecting) return;
  state_ = State::subscribing;
  wake_ms_ = now.steady_ms + limits_.ready_ms_max;
  outputs_.push_back(SendText{socket_, wire::write_subscribe(subscribe_)});
}

void Channel::handle_text(SocketId socket, std::string_view text, Now now) {
  if (is_stray(socket)) return;
  Result<wire::ServerFrame> frame = wire::read_server_frame(text);
  if (!frame) return violate(frame.error(), now);
  if (state_ == State::live) wake_ms_ = now.steady_ms + limits_.silence_ms_max;
  on_frame(std::move(*frame), now);
}

void Channel::on_frame(wire::ServerFrame frame, Now now) {
  using enum wire::ServerFrame::Kind;
  switch (frame.kind) {
    case unknown:
      return;  // A later version's.
    case error:
      return on_error(std::move(frame.error), now);
    case ready:
      if (state_ == State::subscribing) return on_ready(frame, now);
      return violate({Code::protocol_error, "the service was ready where nobody had asked"}, now);
    case heartbeat:
      outputs_.push_back(SendText{socket_, std::string(wire::client_heartbeat)});
      if (state_ != State::live) return;
      if (frame.seq >= *subscribe_.after) return on_heartbeat(frame);
      return violate({Code::protocol_error, "a heartbeat is about rows before those that were sent"}, now);
    case event:
      if (state_ == State::live) return on_event(std::move(frame));
      return violate({Code::protocol_error, "the service sent an event before it was ready"}, now);
  }
}

void Channel::on_ready(const wire::ServerFrame& frame, Now now) {
  if (!subscribe_.org_id.empty() && frame.org_id != subscribe_.org_id) {
    return violate({Code::protocol_error, "the service answered for another organisation"}, now);
  }
  if (subscribe_.after && frame.seq < *subscribe_.after) {
    return end(Error{Code::conflict, "the ledger ends at row " + std::to_string(frame.seq) + ", and row " +
                                         std::to_string(*subscribe_.after) +
                                         " was read before: it was truncated, or is another one"});
  }
  if (subscribe_.after && frame.seq > *subscribe_.after) {
    return violate({Code::protocol_error, "the service skips rows that were asked for"}, now);
  }
  subscribe_.after = frame.seq;
  // From here on it is this organisation's rows that `after` counts.
  subscribe_.org_id = frame.org_id;
  state_ = State::live;
  wake_ms_ = now.steady_ms + limits_.silence_ms_max;
  stable_at_ms_ = now.steady_ms + limits_.stable_ms;
  report(ChannelNews::ready, {});
}

void Channel::on_event(wire::ServerFrame frame) {
  if (frame.seq <= *subscribe_.after) {
    ++stats_.repeated;
    return;
  }
  subscribe_.after = frame.seq;
  ++stats_.delivered;
  settle_down();
  outputs_.push_back(Deliver{frame.seq, std::move(frame.event)});
}

void Channel::on_heartbeat(const wire::ServerFrame& frame) {
  subscribe_.after = frame.seq;
  settle_down();
}

void Channel::on_error(Error error, Now now) {
  if (is_final(error.code)) return end(std::move(error));
  close_socket(wire::close_code::normal);
  lose(error, now);
}

void Channel::handle_closed(SocketId socket, std::uint16_t code, std::string_view reason, Now now) {
  if (is_stray(socket)) return;
  std::string message =
      state_ == State::connecting ? "the service cannot be reached" : "the connection was lost";
  message += " (" + std::to_string(code) + ")";
  if (!reason.empty()) message.append(": ").append(reason);
  lose({Code::connection_failed, std::move(message)}, now);
}

void Channel::lose(const Error& why, Now now) {
  state_ = State::backing_off;
  stable_at_ms_.reset();
  ++failures_;
  wake_ms_ = now.steady_ms + back_off_ms(failures_, limits_.retry_first_ms, limits_.retry_last_ms, entropy_);
  report(ChannelNews::reconnecting, why);
}

void Channel::violate(Error what, Now now) {
  if (++protocol_errors_ >= limits_.protocol_errors_max) return end(std::move(what));
  close_socket(wire::close_code::protocol_error);
  lose(what, now);
}

void Channel::settle_down() {
  stable_at_ms_.reset();
  failures_ = 0;
  protocol_errors_ = 0;
}

void Channel::handle_timeout(Now now) {
  const std::optional<Millis> due_ms = next_deadline();
  if (!due_ms || now.steady_ms < *due_ms) {
    ++stats_.spurious_timeouts;
    return;
  }
  if (state_ == State::backing_off) return connect(now);
  if (now.steady_ms < wake_ms_) return settle_down();
  close_socket(state_ == State::live ? wire::close_code::heartbeat_missed : wire::close_code::normal);
  if (state_ == State::live) {
    return lose({Code::connection_failed, "nothing was heard for " + seconds(limits_.silence_ms_max)}, now);
  }
  const bool opened = state_ == State::subscribing;
  lose({Code::request_timeout, opened ? "the service was not ready within " + seconds(limits_.ready_ms_max)
                                      : "no connection within " + seconds(limits_.open_ms_max)},
       now);
}

std::optional<Millis> Channel::next_deadline() const {
  if (!has_socket() && state_ != State::backing_off) return {};
  return stable_at_ms_ ? std::min(wake_ms_, *stable_at_ms_) : wake_ms_;
}

std::optional<ChannelOutput> Channel::poll_output() {
  if (outputs_.empty()) return {};
  std::optional<ChannelOutput> output(std::move(outputs_.front()));
  outputs_.pop_front();
  return output;
}

void Channel::report(ChannelNews news, const std::optional<Error>& error) {
  std::string json;
  if (error) {
    json = to_json({.error = *error});
    scrub(json, subscribe_.token);
  }
  outputs_.push_back(Report{news, std::move(json)});
}

}  // namespace al::client
