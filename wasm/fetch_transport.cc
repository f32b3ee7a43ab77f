#include "fetch_transport.h"

#include <cstdlib>
#include <cstring>
#include <vector>

namespace al::wasm {
namespace {

/// Tells pre.js which attempt this is; it takes the header away.
constexpr std::string_view watched_header = "x-al-attempt";

/// Response headers as "Name: value\r\n" lines; the value of one, or "".
std::string header_value(const std::string& lines, std::string_view name) {
  std::size_t at = 0;
  while (at < lines.size()) {
    const std::size_t end = std::min(lines.find("\r\n", at), lines.size());
    const std::string_view line = std::string_view(lines).substr(at, end - at);
    const std::size_t colon = line.find(": ");
    // The Fetch standard gives header names in lower case.
    if (colon != std::string_view::npos && line.substr(0, colon) == name)
      return std::string(line.substr(colon + 2));
    at = end + 2;
  }
  return {};
}

std::string response_headers(emscripten_fetch_t* fetch) {
  std::string lines(emscripten_fetch_get_response_headers_length(fetch) + 1, '\0');
  lines.resize(emscripten_fetch_get_response_headers(fetch, lines.data(), lines.size()));
  return lines;
}

}  // namespace

FetchTransport::~FetchTransport() {
  while (!exchanges_.empty()) abort(exchanges_.begin()->first);
}

void FetchTransport::send(client::AttemptId attempt, wire::Request request, Millis,
                          transport::ResponseSink& sink) {
  auto& exchange = *(exchanges_[attempt] = std::make_unique<Exchange>(
                         Exchange{this, attempt, &sink, std::move(request), {}, nullptr}));
  const wire::Request& r = exchange.request;
  const std::string url = base_url_ + r.target;
  const std::string bearer = "Bearer " + r.api_key;
  const std::string attempt_text = std::to_string(r.exchange) + '.' + std::to_string(r.attempt);

  std::vector<const char*> headers{"accept", "application/json, application/x-ndjson", "authorization",
                                   bearer.c_str()};
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) headers.insert(headers.end(), {name.data(), value.c_str()});
  };
  add(wire::header::content_type, r.content_type);
  add(wire::header::event_id, r.event_id);
  add(wire::header::delegation_id, r.delegation_id);
  add(watched_header, attempt_text);
  headers.push_back(nullptr);

  emscripten_fetch_attr_t attributes;
  emscripten_fetch_attr_init(&attributes);
  std::strncpy(attributes.requestMethod, wire::text(r.method).data(), sizeof attributes.requestMethod - 1);
  attributes.userData = &exchange;
  // Streaming is what makes the glue use the DOM fetch; without it, it would want XMLHttpRequest.
  attributes.attributes =
      EMSCRIPTEN_FETCH_LOAD_TO_MEMORY | EMSCRIPTEN_FETCH_STREAM_DATA | EMSCRIPTEN_FETCH_REPLACE;
  attributes.requestHeaders = headers.data();
  attributes.requestData = r.body.data();
  attributes.requestDataSize = r.body.size();
  attributes.onprogress = on_progress;
  attributes.onsuccess = on_end;
  attributes.onerror = on_end;
  exchange.fetch = emscripten_fetch(&attributes, url.c_str());
  if (exchange.fetch == nullptr) {
    exchanges_.erase(attempt);
    sink.on_failure(attempt, "the request could not be made");
  }
}

void FetchTransport::abort(client::AttemptId attempt) {
  const auto found = exchanges_.find(attempt);
  if (found == exchanges_.end()) return;
  const std::unique_ptr<Exchange> exchange = std::move(found->second);
  exchanges_.erase(found);
  // Closing a request that is under way reports an error, to nobody by now.
  exchange->fetch->userData = nullptr;
  emscripten_fetch_close(exchange->fetch);
}

void FetchTransport::on_progress(emscripten_fetch_t* fetch) {
  auto* exchange = static_cast<Exchange*>(fetch->userData);
  if (exchange != nullptr && fetch->data != nullptr) {
    exchange->received.append(fetch->data, static_cast<std::size_t>(fetch->numBytes));
  }
  // The glue forgets the last chunk of an answer without giving it back.
  std::free(const_cast<char*>(fetch->data));
  fetch->data = nullptr;
}

void FetchTransport::on_end(emscripten_fetch_t* fetch) {
  auto* exchange = static_cast<Exchange*>(fetch->userData);
  if (exchange == nullptr) return;
  fetch->userData = nullptr;
  exchange->transport->finish(*exchange);
}

void FetchTransport::finish(Exchange& exchange) {
  const Verbs::Verb verb(verbs_);
  const auto found = exchanges_.find(exchange.attempt);
  const std::unique_ptr<Exchange> owned = std::move(found->second);
  exchanges_.erase(found);
  emscripten_fetch_t* fetch = owned->fetch;
  const int status = fetch->status;
  const std::string why(fetch->statusText, strnlen(fetch->statusText, sizeof fetch->statusText));
  wire::Response response{.status = status, .body = std::move(owned->received)};
  if (status != 0) {
    const std::string headers = response_headers(fetch);
    response.request_id = header_value(headers, wire::header::request_id);
    response.retry_after = header_value(headers, wire::header::retry_after);
  }
  emscripten_fetch_close(fetch);
  if (status == 0) {
    owned->sink->on_failure(owned->attempt, why.empty() ? "the connection failed" : why);
  } else {
    owned->sink->on_response(owned->attempt, std::move(response));
  }
}

}  // namespace al::wasm
