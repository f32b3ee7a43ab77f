// Somebody who listens to the events of the service, through as many sockets and processes as it takes. What
// was heard outlives the process; each event must come once, in order, and without a gap.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "alarm.h"
#include "oracle.h"
#include "sockets.h"
#include "stage.h"
#include "transport/channel_driver.h"

namespace al::sim {

class Listener final : private transport::ChannelSink,
                       private transport::Socket,
                       private transport::SocketSink {
 public:
  /// `agent_id`: whose key it is, "" for an operator's.
  Listener(Stage& stage, Sockets& sockets, const Service& service, const Oracle& oracle, std::string name,
           std::string api_key, std::string agent_id);
  ~Listener() override;

  /// Goes on until faults are off, and then until it has heard of everything.
  void live();
  void check_rest() const;

 private:
  void start_process();
  void crash();
  void act();
  /// From here on it only waits for what has happened by now.
  void wind_up();
  void finish(std::uint64_t rows);

  void on_event(client::Deliver event) override;
  void on_report(client::Report report) override;
  [[nodiscard]] Status open(client::SocketId socket, transport::SocketSink& sink) override;
  void send(client::SocketId socket, std::string_view text) override;
  void close(client::SocketId socket, std::uint16_t code) override;
  void on_open(client::SocketId socket) override;
  void on_text(client::SocketId socket, std::string_view text) override;
  void on_close(client::SocketId socket, std::uint16_t code, std::string_view reason) override;

  /// Whether a row is news for this listener.
  [[nodiscard]] bool wants(const News& news) const;
  /// The first row from `from` on that is, or the end of the ledger.
  [[nodiscard]] std::uint64_t next_wanted(std::uint64_t from) const;
  void arm();

  Stage& stage_;
  Sockets& sockets_;
  const Service& service_;
  const Oracle& oracle_;
  std::string name_;
  std::string api_key_;
  std::string agent_id_;
  wire::Subscribe filter_;
  std::optional<std::uint64_t> position_;  // the row up to which everything was heard or left out
  bool over_ = false;                      // the channel ended, and will not come back

  MachineClock clock_;
  std::unique_ptr<transport::ChannelDriver> driver_;  // null while there is no process
  Alarm alarm_;
  Sockets::Connection connection_ = 0;  // 0: there is none
};

}  // namespace al::sim
