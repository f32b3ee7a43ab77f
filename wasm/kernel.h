// One module instance: its clients, its lattice if it has one, and their common wish to be woken. Translates and drives; decides nothing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "clock.h"
#include "fetch_transport.h"
#include "host.h"
#include "transport/driver.h"
#include "transport/lattice.h"

namespace al::wasm {

class Kernel final : public transport::SettlementSink, public transport::LatticeHost {
 public:
  // The functions of README.md, "Host → kernel", by the same names.
  std::string open_client(const std::string& config);
  void submit(std::uint32_t client, std::uint32_t call, client::Command command);
  void cancel(std::uint32_t client, std::uint32_t call);
  void close_client(std::uint32_t client);

  std::string open_lattice(const std::string& config);
  std::string load_rows(const std::string& rows);
  std::string start_lattice();
  std::string attach(const std::string& kind, const std::string& name);
  void handle(double ticket, Result<wire::Request> request);
  void disconnected(double ticket);
  void appended(std::uint32_t batch);
  void append_failed(std::uint32_t batch, const std::string& why);
  void wake();

  void on_settle(client::Settle settlement) override;
  void append(const engine::Append& append) override;
  void respond(engine::Ticket ticket, wire::Response response) override;
  void publish(const engine::Publish& publish) override;

 private:
  struct Client {
    std::unique_ptr<transport::Transport> transport;
    std::unique_ptr<transport::Driver> driver;
    bool closed = false;
    [[nodiscard]] bool busy() const;
  };

  /// Stands at the head of every verb. The host may call back in from a callback; what must not happen under another verb's feet
  /// happens when the outermost one ends.
  class Verb {
   public:
    explicit Verb(Kernel& kernel) : kernel_(kernel) { ++kernel_.verbs_under_way_; }
    ~Verb() {
      if (--kernel_.verbs_under_way_ == 0) kernel_.end_verb();
    }
    Verb(const Verb&) = delete;
    Verb& operator=(const Verb&) = delete;

   private:
    Kernel& kernel_;
  };

  /// Lets closed clients go, and tells the host when to wake this kernel, if that changed.
  void end_verb();

  PlatformClock clock_;
  Host host_;
  std::unique_ptr<transport::Lattice> lattice_;
  std::map<std::uint32_t, Client> clients_;
  std::uint32_t last_client_ = 0;
  int verbs_under_way_ = 0;
  Millis wake_at_ms_ = -1;  // steady clock; -1: no wish
  bool keep_alive_ = false;
};

}  // namespace al::wasm
