// The embedded module: a client's functions (bindings.cc), and those of a lattice.
#include <emscripten/bind.h>
#include <emscripten/val.h>

#include <string>
#include <utility>

#include "audit/authenticity.h"
#include "audit/note.h"
#include "audit/receipt.h"
#include "base/bytes.h"
#include "base/json_writer.h"
#include "embedded_kernel.h"
#include "wire/http.h"

namespace al::wasm {
namespace {

EmbeddedKernel& embedded() {
  static EmbeddedKernel instance;
  return instance;
}

std::string open_lattice(const std::string& config) { return embedded().open_lattice(config); }
std::string load_rows(const std::string& rows) { return embedded().load_rows(rows); }
std::string start_lattice() { return embedded().start_lattice(); }
std::string attach(const std::string& kind, const std::string& name) { return embedded().attach(kind, name); }

emscripten::val buffer() {
  const std::span<char> bytes = embedded().buffer();
  return emscripten::val(
      emscripten::typed_memory_view(bytes.size(), reinterpret_cast<std::uint8_t*>(bytes.data())));
}
std::uint32_t can_i(std::uint32_t client, std::uint32_t bytes) { return embedded().can_i(client, bytes); }
std::int32_t act(std::uint32_t client, std::uint32_t call, std::uint32_t bytes, double timeout_ms) {
  return embedded().act(client, call, bytes, timeout_ms);
}

void handle(double ticket, const std::string& method, std::string target, const std::string& headers,
            std::string body) {
  embedded().handle(ticket, wire::read_request(method, std::move(target), headers, std::move(body)));
}

void connect(double connection) { embedded().connect(connection); }
void received(double connection, const std::string& text) { embedded().received(connection, text); }
void flushed(double connection) { embedded().flushed(connection); }
void hung_up(double connection) { embedded().hung_up(connection); }
void disconnected(double ticket) { embedded().disconnected(ticket); }
void appended(std::uint32_t batch) { embedded().appended(batch); }
void append_failed(std::uint32_t batch, const std::string& message) {
  embedded().append_failed(batch, message);
}

void rows_read(std::uint32_t reader, const std::string& rows) { embedded().rows_read(reader, rows); }
void read_failed(std::uint32_t reader, const std::string& message) {
  embedded().read_failed(reader, message);
}
std::string load_snapshot(const std::string& snapshot, const std::string& rows) {
  return embedded().load_snapshot(snapshot, rows);
}
void take_snapshot() { embedded().take_snapshot(); }
void redacted(std::uint32_t batch) { embedded().redacted(batch); }
void redact_failed(std::uint32_t batch, const std::string& message) {
  embedded().redact_failed(batch, message);
}
void signed_checkpoint(double rows, const std::string& signature) {
  embedded().signed_checkpoint(rows, signature);
}
void sign_failed(double rows, const std::string& message) { embedded().sign_failed(rows, message); }

/// The text, or an error in its place.
std::string text_or_error(const Result<std::string>& result) {
  return result ? *result : error_result(result.error());
}

std::string judge_checkpoint(const std::string& request) {
  return text_or_error(audit::judge_checkpoint(request));
}
std::string judge_receipt(const std::string& request) { return text_or_error(audit::judge_receipt(request)); }
std::string verifier_key(const std::string& name, const std::string& public_key) {
  const Result<audit::VerifierKey> key =
      audit::make_verifier_key(name, from_base64(public_key).value_or(Bytes()));
  if (!key) return error_result(key.error());
  std::string out;
  json::Writer writer(out);
  writer.begin_object().field("verifier_key", text(*key)).end_object();
  return out;
}

}  // namespace

Kernel& kernel() { return embedded(); }

EMSCRIPTEN_BINDINGS(lattice) {
  // The one type beside those of embind_types.cc: rows and the buffer are bytes.
  using Bytes = emscripten::memory_view<std::uint8_t>;
  constexpr unsigned uint8_array = 1;  // in the glue's list of typed arrays
  emscripten::internal::_embind_register_memory_view(emscripten::internal::TypeID<Bytes>::get(), uint8_array,
                                                     "bytes");
  emscripten::function("openLattice", &open_lattice);
  emscripten::function("loadRows", &load_rows);
  emscripten::function("startLattice", &start_lattice);
  emscripten::function("attach", &attach);
  emscripten::function("buffer", &buffer);
  emscripten::function("canI", &can_i);
  emscripten::function("act", &act);
  emscripten::function("handle", &handle);
  emscripten::function("disconnected", &disconnected);
  emscripten::function("appended", &appended);
  emscripten::function("appendFailed", &append_failed);
  emscripten::function("rowsRead", &rows_read);
  emscripten::function("readFailed", &read_failed);
  emscripten::function("loadSnapshot", &load_snapshot);
  emscripten::function("takeSnapshot", &take_snapshot);
  emscripten::function("redacted", &redacted);
  emscripten::function("redactFailed", &redact_failed);
  emscripten::function("signed", &signed_checkpoint);
  emscripten::function("signFailed", &sign_failed);
  emscripten::function("verifierKey", &verifier_key);
  emscripten::function("judgeCheckpoint", &judge_checkpoint);
  emscripten::function("judgeReceipt", &judge_receipt);
  emscripten::function("connect", &connect);
  emscripten::function("received", &received);
  emscripten::function("flushed", &flushed);
  emscripten::function("hungUp", &hung_up);
}

}  // namespace al::wasm
