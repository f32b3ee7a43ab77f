// A process that uses a client: an agent's or an operator's. It drives the client as every host does, and
// watches that each call settles exactly once and within its limits.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "alarm.h"
#include "base/json.h"
#include "network.h"
#include "stage.h"
#include "transport/driver.h"

namespace al::sim {

/// How a call ended, as its application sees it.
struct Settlement {
  bool ok = false;
  std::string json;
  json::Document document = {};
  [[nodiscard]] json::Value operator[](std::string_view name) const { return document.root()[name]; }
  [[nodiscard]] std::string text(std::string_view name) const { return std::string((*this)[name].string()); }
};

class Process final : private transport::SettlementSink, private transport::Transport {
 public:
  using Then = std::function<void(const Settlement&)>;

  Process(Stage& stage, Network& network, std::string name, client::Config config);
  ~Process() override;

  void submit(client::Command command, Then then);
  /// One of the open calls, if there are any.
  void cancel_any();
  /// The application is done; the process goes on until what it left behind is cleaned up.
  void close();
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] std::size_t open_calls() const { return open_.size(); }
  /// Calls `then` as soon as the client has cleaned up whatever it has to.
  void when_clean(std::function<void()> then) { when_clean_.push_back(std::move(then)); }
  [[nodiscard]] const client::Stats& stats() const { return driver_.client().stats(); }
  [[nodiscard]] Network::Line line() const { return line_; }
  void set_wall(Millis by_ms) { clock_.set_wall(by_ms); }

  void handle_response(client::AttemptId attempt, wire::Response response);
  void handle_failure(client::AttemptId attempt, std::string_view why);

  /// Nothing is open, nothing is due.
  void check_rest() const;

 private:
  struct Open {
    Millis until_ms;  // on the time line, at the latest
    std::string operation;
    Then then;
  };

  void on_settle(client::Settle settlement) override;
  void send(client::AttemptId attempt, wire::Request request, Millis timeout_ms,
            transport::ResponseSink& sink) override;
  void abort(client::AttemptId attempt) override;

  [[nodiscard]] Millis limit_ms(const client::Command& command) const;
  /// After whatever the driver did.
  void arm();

  Stage& stage_;
  Network& network_;
  std::string name_;
  client::Config config_;
  MachineClock clock_;
  Network::Line line_;
  transport::Driver driver_;
  client::CallId last_call_ = 0;
  client::AttemptId last_attempt_ = 0;
  std::map<client::CallId, Open> open_;
  std::vector<std::function<void()>> when_clean_;
  Alarm alarm_;
  bool closed_ = false;
};

}  // namespace al::sim
