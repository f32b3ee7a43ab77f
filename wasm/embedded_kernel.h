// The kernel of the embedded module: clients, and the lattice that they and others ask.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "kernel.h"
#include "transport/lattice.h"

namespace al::wasm {

class EmbeddedKernel final : public Kernel, public transport::LatticeHost {
 public:
  ~EmbeddedKernel() override { drop_clients(); }

  // The functions of README.md, "Host → kernel", by the same names.
  std::string open_lattice(const std::string& config);
  std::string load_rows(const std::string& rows);
  std::string load_snapshot(const std::string& snapshot, const std::string& rows);
  std::string start_lattice();
  std::string attach(const std::string& kind, const std::string& name);
  [[nodiscard]] std::span<char> buffer() { return buffer_; }
  std::uint32_t can_i(std::uint32_t client, std::uint32_t bytes);
  std::int32_t act(std::uint32_t client, std::uint32_t call, std::uint32_t bytes, double timeout_ms);
  void handle(double ticket, Result<wire::Request> request);
  void disconnected(double ticket);
  void appended(std::uint32_t batch);
  void append_failed(std::uint32_t batch, const std::string& why);
  void rows_read(std::uint32_t reader, const std::string& rows);
  void read_failed(std::uint32_t reader, const std::string& why);
  void take_snapshot();
  void redacted(std::uint32_t batch);
  void redact_failed(std::uint32_t batch, const std::string& why);
  void signed_checkpoint(double rows, const std::string& signature);
  void sign_failed(double rows, const std::string& why);
  void connect(double connection);
  void received(double connection, const std::string& text);
  void flushed(double connection);
  void hung_up(double connection);

  void append(const engine::Append& append) override;
  void read(transport::Reader reader, engine::RowRange rows) override;
  void save_snapshot(const engine::SaveSnapshot& snapshot) override;
  void respond(engine::Ticket ticket, wire::Response response) override;
  void redact(const engine::Redact& redact) override;
  void sign(const engine::Sign& sign) override;
  void send(engine::ConnectionId connection, const std::string& text) override;
  void hang_up(engine::ConnectionId connection, std::uint16_t code, const std::string& reason) override;

 protected:
  std::unique_ptr<transport::Transport> local_transport() override;
  std::unique_ptr<transport::Socket> local_socket() override;
  std::optional<Millis> other_deadline() override;
  void handle_other_timeout() override;

 private:
  /// Puts a text into the buffer. Returns its length in bytes; 0 where it does not fit.
  std::uint32_t put(std::string_view text);

  std::array<char, 16 * 1024> buffer_;  // what crosses without being made a string of the host's twice
  std::unique_ptr<transport::Lattice> lattice_;
};

}  // namespace al::wasm
