// One module instance: its clients, and its wish to be woken. Translates and drives; decides nothing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/deadlines.h"
#include "base/sha256.h"
#include "clock.h"
#include "host.h"
#include "transport/channel_driver.h"
#include "transport/driver.h"
#include "transport/socket.h"
#include "transport/transport.h"
#include "verbs.h"

namespace al::wasm {

/// The kernel of the client module, and what the embedded module's kernel is built on (embedded_kernel.h).
class Kernel : public Verbs {
 public:
  Kernel() = default;
  virtual ~Kernel() = default;

  // The functions of README.md, "Host → kernel", by the same names.
  std::string open_client(const std::string& config);
  void submit(std::uint32_t client, std::uint32_t call, client::Command command);
  void cancel(std::uint32_t client, std::uint32_t call);
  void close_client(std::uint32_t client);
  void subscribe(std::uint32_t client, std::uint32_t subscription, const std::string& filter);
  void unsubscribe(std::uint32_t client, std::uint32_t subscription);
  void pause(std::uint32_t client, std::uint32_t subscription);
  void resume(std::uint32_t client, std::uint32_t subscription);
  void wake();

 protected:
  /// The way to this kernel's own lattice, where it has one.
  virtual std::unique_ptr<transport::Transport> local_transport() { return nullptr; }
  virtual std::unique_ptr<transport::Socket> local_socket() { return nullptr; }
  /// A client of this kernel's own lattice; nothing for any other.
  struct LocalClient {
    transport::Driver* driver = nullptr;
    Digest key{};  // SHA-256 of its API key
  };
  [[nodiscard]] std::optional<LocalClient> local_client(std::uint32_t client);
  /// For a kernel whose lattice ends before this part of it does.
  void drop_clients();
  /// What besides the clients waits for a time (steady clock), and what to do when that has come.
  [[nodiscard]] virtual std::optional<Millis> other_deadline() { return {}; }
  virtual void handle_other_timeout() {}

  PlatformClock clock_;
  Host host_;

 private:
  struct Client final : transport::SettlementSink {
    Client(Kernel& owner, std::uint32_t number) : kernel(owner), id(number) {}
    void on_settle(client::Settle settlement) override;
    void on_done() override { kernel.update(*this); }

    Kernel& kernel;
    std::uint32_t id;
    std::unique_ptr<transport::Transport> transport;
    std::unique_ptr<transport::Driver> driver;
    std::optional<std::string> base_url;  // nothing: this kernel's own lattice
    std::string api_key;
    std::optional<Digest> local_key;  // SHA-256 of api_key, where the lattice is this kernel's own
    bool closed = false;
    // As indexed below.
    std::optional<Millis> deadline_ms;
    bool busy = false;
  };

  /// One realtime channel, and what it is driven by.
  struct Subscription final : transport::ChannelSink {
    Subscription(Kernel& owner, std::uint32_t number, std::uint32_t of_client)
        : kernel(owner), id(number), client(of_client) {}
    void on_event(client::Deliver event) override { kernel.host_.event(id, event.json); }
    void on_report(client::Report report) override {
      kernel.host_.channel(id, client::text(report.news), report.json);
    }
    void on_done() override { kernel.update(*this); }

    Kernel& kernel;
    std::uint32_t id;
    std::uint32_t client;
    bool over_network =
        false;  // Of a lattice in this process, nothing comes once the process has nothing else to do.
    std::unique_ptr<transport::Socket> socket;
    std::unique_ptr<transport::ChannelDriver> driver;
    std::optional<Millis> deadline_ms;  // as indexed below
  };

  [[nodiscard]] Client* client_of(std::uint32_t client);
  /// After each verb of a client or a channel: brings the indexes up to date, so that a verb costs hardly
  /// more with thousands of them.
  void update(Client& client);
  void update(Subscription& subscription);
  [[nodiscard]] Result<std::unique_ptr<transport::Socket>> socket_of(const Client& client);
  [[nodiscard]] transport::ChannelDriver* channel_of(std::uint32_t client, std::uint32_t subscription);
  void begin_verb() override { clock_.hold(); }
  /// Lets go what has ended, and tells the host when to wake this kernel, if that changed.
  void end_verb() override;
  /// When the next client or channel wants to be woken.
  [[nodiscard]] std::optional<Millis> next_deadline();

  std::map<std::uint32_t, Client> clients_;
  Deadlines client_deadlines_;
  Deadlines subscription_deadlines_;
  std::size_t staying_ = 0;  // what keeps the process: clients at something, subscriptions over a network
  bool some_ended_ = false;  // of either, to be let go when the verb ends
  std::map<std::uint32_t, std::unique_ptr<Subscription>> subscriptions_;
  std::uint32_t last_client_ = 0;
  Millis wake_at_ms_ = -1;  // steady clock; -1: no wish
  bool keep_alive_ = false;
};

/// The kernel of this module instance; each module defines it (client_module.cc, embedded_module.cc).
Kernel& kernel();

/// An error as it crosses, and what a function that failed returns.
[[nodiscard]] std::string error_text(const Error& error);
[[nodiscard]] std::string error_result(const Error& error);

}  // namespace al::wasm
