#include "network.h"

#include <utility>

#include "process.h"

namespace al::sim {

Network::Network(Stage& stage, Service& service) : stage_(stage), service_(service) {
  service.on_answer = [this](engine::Ticket ticket, wire::Response response) {
    answer(ticket, std::move(response));
  };
  service.on_death = [this] { handle_death(); };
}

Network::Line Network::connect(Process& process) {
  processes_.emplace(++last_line_, &process);
  return last_line_;
}

void Network::cut(Line line, Millis for_ms) {
  stage_.count(Count::partitions);
  cut_until_ms_[line] = stage_.timeline.now_ms() + for_ms;
}

bool Network::is_cut(Line line) const {
  const auto found = cut_until_ms_.find(line);
  return stage_.faults && found != cut_until_ms_.end() && stage_.timeline.now_ms() < found->second;
}

bool Network::strikes(unsigned calm, unsigned rough, unsigned storm) {
  if (!stage_.faults) return false;
  return stage_.chance.permille(weather_ == 0 ? calm : weather_ == 1 ? rough : storm);
}

Millis Network::latency() { return stage_.chance.between(1, 30); }

// ---- Requests ---------------------------------------------------------------------------------------------

void Network::send(Line line, client::AttemptId attempt, const wire::Request& request) {
  const Flight flight{line, attempt};
  stage_.count(Count::requests);
  stage_.say("network   ", line, "/", attempt, " ", wire::text(request.method), " ", request.target, " ",
             request.event_id, " ", request.delegation_id, " ", request.body);
  if (is_cut(line) || strikes(2, 30, 100)) {
    stage_.count(Count::requests_refused);
    return fail(flight, latency());
  }
  if (strikes(2, 20, 60)) {
    stage_.count(Count::requests_dropped);
    return;
  }
  if (strikes(2, 15, 40)) {
    stage_.count(Count::proxy_errors);
    return send_back(flight,
                     {.status = stage_.chance.percent(50) ? 502 : 429,
                      .retry_after = stage_.chance.percent(50) ? "2" : "",
                      .body = "<html>the proxy is sorry</html>"},
                     latency());
  }
  Millis delay_ms = latency();
  if (strikes(3, 30, 60)) {
    stage_.count(Count::requests_slowed);
    delay_ms = stage_.chance.between(500, 60'000);
  }
  int copies = 1;
  if (strikes(5, 30, 60)) {
    stage_.count(Count::requests_doubled);
    copies = 2;
  }
  for (; copies > 0; --copies) {
    stage_.timeline.in(
        delay_ms, [this, flight, request, ticket = ++last_ticket_] { deliver(ticket, flight, request); });
    delay_ms += stage_.chance.percent(80) ? latency() : stage_.chance.between(100, 90'000);
  }
}

void Network::deliver(engine::Ticket ticket, const Flight& flight, const wire::Request& request) {
  if (!service_.up()) {
    stage_.count(Count::requests_while_down);
    if (stage_.chance.percent(70)) fail(flight, latency());
    return;
  }
  stage_.say("service   takes ", flight.line, "/", flight.attempt, " as ticket ", ticket);
  flights_.emplace(ticket, flight);
  service_.take(ticket, request);
}

void Network::abort(Line line, client::AttemptId attempt) {
  stage_.count(Count::requests_aborted);
  stage_.timeline.in(latency(), [this, line, attempt] {
    for (auto at = flights_.begin(); at != flights_.end();) {
      const bool same = at->second.line == line && at->second.attempt == attempt;
      const engine::Ticket ticket = at->first;
      at = same ? flights_.erase(at) : std::next(at);
      if (same) service_.disconnect(ticket);
    }
  });
}

// ---- Responses --------------------------------------------------------------------------------------------

void Network::answer(engine::Ticket ticket, wire::Response response) {
  const auto found = flights_.find(ticket);
  require(found != flights_.end(), "only requests that were sent are answered");
  const Flight flight = found->second;
  flights_.erase(found);
  response.executed = false;  // It goes over a network.
  stage_.say("service   answers ticket ", ticket, " ", response.status, " ", response.body);
  if (is_cut(flight.line) || strikes(2, 20, 60)) {
    stage_.count(Count::responses_dropped);
    return;
  }
  if (strikes(2, 20, 60)) {
    stage_.count(Count::responses_reset);
    return fail(flight, latency());
  }
  Millis delay_ms = latency();
  if (strikes(2, 20, 60)) {
    stage_.count(Count::responses_slowed);
    delay_ms = stage_.chance.between(500, 60'000);
  }
  if (strikes(1, 8, 20)) {
    stage_.count(Count::responses_garbled);
    response.body.resize(response.body.size() / 2);
  }
  if (strikes(2, 20, 60)) {
    stage_.count(Count::responses_doubled);
    send_back(flight, response, delay_ms + latency());
  }
  send_back(flight, std::move(response), delay_ms);
}

void Network::send_back(const Flight& flight, wire::Response response, Millis delay_ms) {
  stage_.timeline.in(delay_ms, [this, flight, response = std::move(response)] {
    const auto found = processes_.find(flight.line);
    if (found != processes_.end()) found->second->handle_response(flight.attempt, response);
  });
}

void Network::fail(const Flight& flight, Millis delay_ms) {
  stage_.timeline.in(delay_ms, [this, flight] {
    const auto found = processes_.find(flight.line);
    if (found != processes_.end()) found->second->handle_failure(flight.attempt, "the connection was reset");
  });
}

void Network::handle_death() {
  for (const auto& [ticket, flight] : flights_) {
    if (stage_.chance.percent(70)) fail(flight, latency());  // Else nobody notices before the time is over.
  }
  flights_.clear();
}

}  // namespace al::sim
