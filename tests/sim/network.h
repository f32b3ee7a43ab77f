// The network between the clients and the service: it delays, and, while there are faults, refuses, loses,
// doubles, reorders, resets, garbles, and puts a proxy in between that answers for a service it cannot reach.
#pragma once

#include <cstdint>
#include <map>

#include "client/config.h"
#include "service.h"
#include "stage.h"

namespace al::sim {

class Process;

class Network {
 public:
  using Line = std::uint64_t;  // what connects one process

  Network(Stage& stage, Service& service);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  [[nodiscard]] Line connect(Process& process);
  void disconnect(Line line) { processes_.erase(line); }

  void send(Line line, client::AttemptId attempt, const wire::Request& request);
  void abort(Line line, client::AttemptId attempt);

  /// From now on and for so long, nothing gets through on that line.
  void cut(Line line, Millis for_ms);
  /// How bad it is: 0 a calm day, 2 a storm.
  void set_weather(int weather) { weather_ = weather; }

 private:
  struct Flight {
    Line line;
    client::AttemptId attempt;
  };

  void deliver(engine::Ticket ticket, const Flight& flight, const wire::Request& request);
  void answer(engine::Ticket ticket, wire::Response response);
  void send_back(const Flight& flight, wire::Response response, Millis delay_ms);
  void fail(const Flight& flight, Millis delay_ms);
  /// Every connection to the service broke.
  void handle_death();

  [[nodiscard]] bool strikes(unsigned calm, unsigned rough, unsigned storm);
  [[nodiscard]] Millis latency();
  [[nodiscard]] bool is_cut(Line line) const;

  Stage& stage_;
  Service& service_;
  int weather_ = 0;
  Line last_line_ = 0;
  engine::Ticket last_ticket_ = 0;
  std::map<Line, Process*> processes_;
  std::map<Line, Millis> cut_until_ms_;
  std::map<engine::Ticket, Flight> flights_;  // that the service has taken, and not answered
};

}  // namespace al::sim
