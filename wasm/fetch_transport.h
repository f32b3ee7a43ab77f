// Requests over the network, through emscripten/fetch.h. The `fetch` behind it is the one that the module
// instance was given; pre.js says how.
#pragma once

#include <emscripten/fetch.h>

#include <map>
#include <memory>
#include <string>

#include "transport/transport.h"
#include "verbs.h"

namespace al::wasm {

class FetchTransport final : public transport::Transport {
 public:
  /// `base_url` without a trailing slash; a request's target is appended.
  FetchTransport(std::string base_url, Verbs& verbs) : base_url_(std::move(base_url)), verbs_(verbs) {}
  ~FetchTransport() override;

  void send(client::AttemptId attempt, wire::Request request, Millis timeout_ms,
            transport::ResponseSink& sink) override;
  void abort(client::AttemptId attempt) override;

 private:
  /// One request under way. Its address is the glue's user data.
  struct Exchange {
    FetchTransport* transport;
    client::AttemptId attempt;
    transport::ResponseSink* sink;
    wire::Request request;  // The glue reads the body from here; it does not copy it.
    std::string received;
    emscripten_fetch_t* fetch = nullptr;
  };

  static void on_progress(emscripten_fetch_t* fetch);
  static void on_end(emscripten_fetch_t* fetch);
  void finish(Exchange& exchange);

  std::string base_url_;
  Verbs& verbs_;
  std::map<client::AttemptId, std::unique_ptr<Exchange>> exchanges_;
};

}  // namespace al::wasm
