// One module instance: its clients, and its wish to be woken. Translates and drives; decides nothing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "clock.h"
#include "host.h"
#include "transport/driver.h"
#include "transport/transport.h"

namespace al::wasm {

/// The kernel of the client module, and what the embedded module's kernel is built on (embedded_kernel.h).
class Kernel : public transport::SettlementSink {
 public:
  Kernel() = default;
  virtual ~Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  // The functions of README.md, "Host → kernel", by the same names.
  std::string open_client(const std::string& config);
  void submit(std::uint32_t client, std::uint32_t call, client::Command command);
  void cancel(std::uint32_t client, std::uint32_t call);
  void close_client(std::uint32_t client);
  void wake();

  void on_settle(client::Settle settlement) override;

 protected:
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

  /// The way to this kernel's own lattice, where it has one.
  virtual std::unique_ptr<transport::Transport> local_transport() { return nullptr; }
  /// What besides the clients waits for a time (steady clock), and what to do when that has come.
  [[nodiscard]] virtual std::optional<Millis> other_deadline() { return {}; }
  virtual void handle_other_timeout() {}

  PlatformClock clock_;
  Host host_;

 private:
  struct Client {
    std::unique_ptr<transport::Transport> transport;
    std::unique_ptr<transport::Driver> driver;
    bool closed = false;
    [[nodiscard]] bool busy() const;
  };

  /// Lets closed clients go, and tells the host when to wake this kernel, if that changed.
  void end_verb();

  std::map<std::uint32_t, Client> clients_;
  std::uint32_t last_client_ = 0;
  int verbs_under_way_ = 0;
  Millis wake_at_ms_ = -1;  // steady clock; -1: no wish
  bool keep_alive_ = false;
};

/// The kernel of this module instance; each module defines it (client_module.cc, embedded_module.cc).
Kernel& kernel();

/// An error as it crosses, and what a function that failed returns.
[[nodiscard]] std::string error_text(const Error& error);
[[nodiscard]] std::string error_result(const Error& error);

}  // namespace al::wasm
