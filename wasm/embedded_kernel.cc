#include "embedded_kernel.h"

#include <algorithm>
#include <utility>

#include "audit/note.h"
#include "base/bytes.h"
#include "base/json_reader.h"
#include "base/json_writer.h"
#include "rows.h"
#include "wire/realtime.h"

namespace al::wasm {
namespace {

Error no_lattice() { return {Code::invalid_argument, "this kernel has no lattice"}; }

}  // namespace

std::unique_ptr<transport::Transport> EmbeddedKernel::local_transport() {
  if (!lattice_) return nullptr;
  return std::make_unique<transport::EngineTransport>(*lattice_);
}

std::unique_ptr<transport::Socket> EmbeddedKernel::local_socket() {
  if (!lattice_) return nullptr;
  return std::make_unique<transport::EngineSocket>(*lattice_);
}

std::optional<Millis> EmbeddedKernel::other_deadline() {
  return lattice_ ? lattice_->next_deadline() : std::nullopt;
}

void EmbeddedKernel::handle_other_timeout() {
  if (lattice_) lattice_->handle_timeout();
}

std::string EmbeddedKernel::open_lattice(const std::string& config) {
  if (lattice_) return error_result({Code::invalid_argument, "this kernel has a lattice already"});
  const Result<json::Document> document = json::parse(config);
  if (!document) return error_result(document.error());
  std::vector<json::Fault> faults;
  json::ObjectReader in(document->root(), "", faults);
  const std::string_view ledger = in.required_string("ledger");
  if (ledger != "memory" && ledger != "host") in.fault("ledger", "must be \"memory\" or \"host\"");
  const std::optional<std::string_view> signer = in.string("verifier_key");
  in.finish();
  if (!faults.empty()) {
    return error_result(
        json::faults_error(Code::invalid_argument, "the lattice's options are not valid", faults));
  }
  std::optional<audit::VerifierKey> key;
  if (signer) {
    Result<audit::VerifierKey> parsed = audit::parse_verifier_key(*signer);
    if (!parsed) return error_result(parsed.error());
    key = std::move(*parsed);
  }
  lattice_ = std::make_unique<transport::Lattice>(
      ledger == "memory" ? transport::LedgerHome::memory : transport::LedgerHome::host, *this, clock_,
      platform_entropy());
  if (key) lattice_->use_signer(std::move(*key));
  return "{}";
}

std::string EmbeddedKernel::load_rows(const std::string& rows) {
  if (!lattice_) return error_result(no_lattice());
  const Result<std::vector<audit::RowView>> read = read_rows(rows);
  const Status loaded = read ? lattice_->load(*read) : read.error();
  if (!loaded) return error_result(loaded.error());
  return "{}";
}

std::string EmbeddedKernel::load_snapshot(const std::string& snapshot, const std::string& rows) {
  if (!lattice_) return error_result(no_lattice());
  const Result<std::vector<audit::RowView>> read = read_rows(rows);
  const bool restored = read && lattice_->restore(snapshot, *read);
  std::string out;
  json::Writer writer(out);
  writer.begin_object().field("size", restored ? lattice_->engine().ledger().size() : 0).end_object();
  return out;
}

std::string EmbeddedKernel::start_lattice() {
  if (!lattice_) return error_result(no_lattice());
  const Verb verb(*this);
  lattice_->start();
  std::string out;
  json::Writer writer(out);
  writer.begin_object().field("org_id", lattice_->engine().state().org_id);
  writer.field("size", lattice_->engine().ledger().size()).end_object();
  return out;
}

std::string EmbeddedKernel::attach(const std::string& kind, const std::string& name) {
  if (!lattice_) return error_result(no_lattice());
  if (kind != "agent" && kind != "operator") {
    return error_result({Code::invalid_argument, "only an \"agent\" or an \"operator\" can be attached"});
  }
  std::string out;
  json::Writer writer(out);
  const auto principal = kind == "agent" ? engine::PrincipalKind::agent : engine::PrincipalKind::operator_;
  writer.begin_object().field("api_key", lattice_->attach(principal, name)).end_object();
  return out;
}

std::uint32_t EmbeddedKernel::can_i(std::uint32_t client, std::uint32_t bytes) {
  const std::optional<LocalClient> local = local_client(client);
  if (!lattice_ || !local || bytes > buffer_.size()) return 0;
  const auto said = lattice_->can_i_now(local->key, std::string_view(buffer_.data(), bytes));
  return said ? put(*said) : 0;
}

std::uint32_t EmbeddedKernel::put(std::string_view text) {
  if (text.size() > buffer_.size()) return 0;
  std::copy(text.begin(), text.end(), buffer_.begin());
  return static_cast<std::uint32_t>(text.size());
}

std::int32_t EmbeddedKernel::act(std::uint32_t client, std::uint32_t call, std::uint32_t bytes,
                                 double timeout_ms) {
  const Verb verb(*this);
  std::string_view left(buffer_.data(), std::min<std::size_t>(bytes, buffer_.size()));
  const auto next_line = [&left] {
    const std::size_t end = std::min(left.find('\n'), left.size());
    std::string line(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
    return line;
  };
  client::Command command;
  command.operation = next_line();
  command.event_id = next_line();
  command.delegation_id = next_line();
  command.body = left;
  command.timeout_ms = static_cast<Millis>(timeout_ms);

  std::optional<client::Settle> settled;
  const std::optional<LocalClient> local = local_client(client);
  if (local && lattice_ && lattice_->can_act_now()) {
    const auto ask = [&](const wire::Request& request) { return lattice_->act_now(local->key, request); };
    settled = local->driver->act_now(call, command, ask);
  }
  if (!settled) {
    submit(client, call, std::move(command));
    return 0;
  }
  const auto length = static_cast<std::int32_t>(put(settled->json));
  if (length == 0) host_.settle(settled->call, settled->ok, settled->json);
  return settled->ok ? length : -length;
}

void EmbeddedKernel::handle(double ticket, Result<wire::Request> request) {
  const Verb verb(*this);
  if (lattice_) {
    lattice_->handle_request(static_cast<engine::Ticket>(ticket), std::move(request));
  } else {
    host_.respond(ticket, wire::error_response(no_lattice()));
  }
}

void EmbeddedKernel::disconnected(double ticket) {
  const Verb verb(*this);
  if (lattice_) lattice_->handle_disconnect(static_cast<engine::Ticket>(ticket));
}

void EmbeddedKernel::appended(std::uint32_t batch) {
  const Verb verb(*this);
  if (lattice_) lattice_->handle_appended(batch);
}

void EmbeddedKernel::append_failed(std::uint32_t batch, const std::string& why) {
  const Verb verb(*this);
  if (lattice_) lattice_->handle_append_failed(batch, why);
}

void EmbeddedKernel::rows_read(std::uint32_t reader, const std::string& rows) {
  const Verb verb(*this);
  if (!lattice_) return;
  const Result<std::vector<audit::RowView>> read = read_rows(rows);
  const auto whose = static_cast<transport::Reader>(reader);
  if (!read) return lattice_->handle_read_failed(whose, read.error().message);
  lattice_->handle_read(whose, *read);
}

void EmbeddedKernel::read_failed(std::uint32_t reader, const std::string& why) {
  const Verb verb(*this);
  if (lattice_) lattice_->handle_read_failed(static_cast<transport::Reader>(reader), why);
}

void EmbeddedKernel::take_snapshot() {
  const Verb verb(*this);
  if (lattice_) lattice_->take_snapshot();
}

void EmbeddedKernel::save_snapshot(const engine::SaveSnapshot& snapshot) {
  host_.save_snapshot(snapshot.rows, snapshot.bytes);
}

void EmbeddedKernel::read(transport::Reader reader, engine::RowRange rows) {
  host_.read(static_cast<std::uint32_t>(reader), rows.first, rows.end);
}

void EmbeddedKernel::redacted(std::uint32_t batch) {
  const Verb verb(*this);
  if (lattice_) lattice_->handle_redacted(batch);
}

void EmbeddedKernel::redact_failed(std::uint32_t batch, const std::string& why) {
  const Verb verb(*this);
  if (lattice_) lattice_->handle_redact_failed(batch, why);
}

void EmbeddedKernel::redact(const engine::Redact& redact) {
  std::string rows;
  json::Writer writer(rows);
  writer.begin_array();
  for (const engine::Engine::Redaction& row : redact.rows)
    writer.begin_array().value(row.row_id).value(std::string_view(row.openings)).end_array();
  writer.end_array();
  host_.redact(redact.batch, rows);
}

void EmbeddedKernel::signed_checkpoint(double rows, const std::string& signature) {
  const Verb verb(*this);
  const Bytes bytes = from_base64(signature).value_or(Bytes());
  if (lattice_) lattice_->handle_signed(static_cast<std::uint64_t>(rows), bytes);
}

void EmbeddedKernel::sign_failed(double rows, const std::string& why) {
  const Verb verb(*this);
  if (lattice_) lattice_->handle_sign_failed(static_cast<std::uint64_t>(rows), why);
}

void EmbeddedKernel::sign(const engine::Sign& sign) { host_.sign(static_cast<double>(sign.rows), sign.text); }

void EmbeddedKernel::append(const engine::Append& append) {
  std::string rows;
  for (std::uint64_t at = append.first_row; at < append.end_row; ++at)
    append_row(rows, lattice_->engine().ledger().row(at));
  host_.append(append.batch, rows, append.first_row);
}

void EmbeddedKernel::respond(engine::Ticket ticket, wire::Response response) {
  host_.respond(static_cast<double>(ticket), response);
}

// ---- Realtime

void EmbeddedKernel::connect(double connection) {
  const Verb verb(*this);
  if (lattice_) return lattice_->handle_connect(static_cast<engine::ConnectionId>(connection));
  host_.send(connection, wire::write_error(no_lattice()));
  host_.hang_up(connection, wire::close_code::try_again_later, "");
}

void EmbeddedKernel::received(double connection, const std::string& text) {
  const Verb verb(*this);
  if (lattice_) lattice_->handle_frame(static_cast<engine::ConnectionId>(connection), text);
}

void EmbeddedKernel::flushed(double connection) {
  const Verb verb(*this);
  if (lattice_) lattice_->handle_flushed(static_cast<engine::ConnectionId>(connection));
}

void EmbeddedKernel::hung_up(double connection) {
  const Verb verb(*this);
  if (lattice_) lattice_->handle_hung_up(static_cast<engine::ConnectionId>(connection));
}

void EmbeddedKernel::send(engine::ConnectionId connection, const std::string& text) {
  host_.send(static_cast<double>(connection), text);
}

void EmbeddedKernel::hang_up(engine::ConnectionId connection, std::uint16_t code, const std::string& reason) {
  host_.hang_up(static_cast<double>(connection), code, reason);
}

}  // namespace al::wasm
