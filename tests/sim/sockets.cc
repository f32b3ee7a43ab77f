#include "sockets.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace al::sim {

Sockets::Sockets(Stage& stage, Service& service) : stage_(stage), service_(service) {
  service.on_frame = [this](Connection connection, const std::string& text) {
    Link* link = find(connection);
    if (!link) return;  // Its end is on its way to the service.
    ++link->frames_in_flight;
    stage_.timeline.at(arrival(link->to_client_ms), [this, connection, text] { deliver(connection, text); });
  };
  service.on_hang_up = [this](Connection connection, std::uint16_t code) {
    Link* link = find(connection);
    if (!link) return;
    link->accepted = false;
    if (!link->sink) {
      links_.erase(connection);
      return;
    }
    stage_.timeline.at(arrival(link->to_client_ms), [this, connection, code] { hang_up(connection, code); });
  };
  service.on_sockets_death = [this] { handle_death(); };
}

Sockets::Link* Sockets::find(Connection connection) {
  const auto found = links_.find(connection);
  return found == links_.end() ? nullptr : &found->second;
}

bool Sockets::strikes(unsigned calm, unsigned rough, unsigned storm) {
  if (!stage_.faults) return false;
  return stage_.chance.permille(weather_ == 0 ? calm : weather_ == 1 ? rough : storm);
}

Millis Sockets::arrival(Millis& last_ms) {
  Millis delay_ms = stage_.chance.between(1, 30);
  if (strikes(5, 20, 40)) delay_ms = stage_.chance.between(200, 5'000);
  last_ms = std::max(last_ms, stage_.timeline.now_ms() + delay_ms);
  return last_ms;
}

// ---- From the client --------------------------------------------------------------------------------------

Sockets::Connection Sockets::open(client::SocketId socket, transport::SocketSink& sink) {
  const Connection connection = ++last_connection_;
  Link& link = links_[connection];
  link.socket = socket;
  link.sink = &sink;
  stage_.count(Count::sockets);
  stage_.say("socket    ", connection, " is opened");
  if (strikes(5, 40, 100)) {
    link.silent = true;  // Whoever connects has to give up by itself.
    stage_.count(Count::sockets_silent);
  }
  stage_.timeline.at(arrival(link.to_service_ms), [this, connection] { accept(connection); });
  return connection;
}

void Sockets::accept(Connection connection) {
  Link* link = find(connection);
  if (!link || link->silent || !link->sink) return;
  if (!service_.up() || strikes(5, 50, 120)) {
    stage_.count(Count::sockets_refused);
    return lose(connection, false);
  }
  link->accepted = true;
  stage_.timeline.at(arrival(link->to_client_ms), [this, connection] {
    Link* opened = find(connection);
    if (opened && opened->sink && !opened->silent) opened->sink->on_open(opened->socket);
  });
  service_.connect(connection);
}

void Sockets::send(Connection connection, std::string_view text) {
  Link* link = find(connection);
  require(link != nullptr && link->sink != nullptr, "a client sends on sockets that it has");
  stage_.timeline.at(arrival(link->to_service_ms),
                     [this, connection, text = std::string(text)] { take(connection, text); });
}

void Sockets::take(Connection connection, const std::string& text) {
  const Link* link = find(connection);
  if (!link || link->silent || !link->accepted) return;
  if (strikes(2, 10, 30)) return lose(connection, stage_.chance.percent(50));
  service_.take_frame(connection, text);
}

void Sockets::close(Connection connection, bool service_is_told) {
  Link* link = find(connection);
  if (!link) return;
  link->sink = nullptr;
  if (!service_is_told) {
    link->silent = true;
    stage_.count(Count::sockets_silent);
  }
  if (!link->accepted) {
    links_.erase(connection);
  } else if (!link->silent) {
    stage_.timeline.at(arrival(link->to_service_ms), [this, connection] { tell_service(connection); });
  }
}

void Sockets::stall(Connection connection, Millis for_ms) {
  Link* link = find(connection);
  if (!link || !stage_.faults) return;
  stage_.count(Count::sockets_stalled);
  link->to_client_ms = std::max(link->to_client_ms, stage_.timeline.now_ms() + for_ms);
}

// ---- From the service -------------------------------------------------------------------------------------

void Sockets::deliver(Connection connection, const std::string& text) {
  Link* link = find(connection);
  if (!link || link->silent || !link->sink) return;
  if (strikes(2, 15, 40)) return lose(connection, stage_.chance.percent(50));
  if (strikes(1, 5, 15)) {
    stage_.count(Count::sockets_silent);
    link->silent = true;
    return;
  }
  --link->frames_in_flight;
  // The service hears that it left before the client acts on it: a hang-up of one's own comes after.
  if (link->accepted) service_.frame_left(connection, text.size(), link->frames_in_flight == 0);
  link = find(connection);
  if (link && link->sink) link->sink->on_text(link->socket, text);
}

void Sockets::hang_up(Connection connection, std::uint16_t code) {
  if (const Link* link = find(connection); link && !link->silent) tell_client(connection, code);
  // Of a silent one, the client finds out by itself; the service has forgotten it.
}

void Sockets::handle_death() {
  std::vector<Connection> connections;
  for (auto& [connection, link] : links_) {
    if (std::exchange(link.accepted, false)) connections.push_back(connection);
  }
  for (const Connection connection : connections) {
    Link& link = links_.at(connection);
    if (!link.sink) {
      links_.erase(connection);
    } else if (stage_.chance.percent(70)) {
      lose(connection, false);
    } else {
      link.silent = true;
      stage_.count(Count::sockets_silent);
    }
  }
}

// ---- Ends -------------------------------------------------------------------------------------------------

void Sockets::lose(Connection connection, bool service_is_told) {
  Link& link = links_.at(connection);
  stage_.count(Count::sockets_lost);
  stage_.say("socket    ", connection, " is lost");
  const bool service_knows = link.accepted;
  link.silent = true;
  stage_.timeline.in(stage_.chance.between(1, 30), [this, connection] { tell_client(connection, 1006); });
  if (!service_knows || !service_is_told) return;  // A service that is not told finds out by its heartbeats.
  stage_.timeline.in(stage_.chance.between(1, 30), [this, connection] { tell_service(connection); });
}

void Sockets::tell_client(Connection connection, std::uint16_t code) {
  Link* link = find(connection);
  if (!link) return;
  transport::SocketSink* sink = std::exchange(link->sink, nullptr);
  const client::SocketId socket = link->socket;
  if (!link->accepted) links_.erase(connection);
  if (sink) sink->on_close(socket, code, "");
}

void Sockets::tell_service(Connection connection) {
  Link* link = find(connection);
  if (!link || !std::exchange(link->accepted, false)) return;
  if (!link->sink) links_.erase(connection);
  service_.hung_up(connection);
}

void Sockets::check_rest() const {
  for (const auto& [connection, link] : links_) {
    require(!link.sink, "no socket stays open", std::to_string(connection));
  }
}

}  // namespace al::sim
