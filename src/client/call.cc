#include "client/call.h"

#include <cassert>
#include <utility>
#include <vector>

#include "base/json.h"
#include "wire/results.h"

namespace al::client {

void Call::start(Now now, Shared& shared) {
  if (command_.timeout_ms > 0) deadline_ms_ = now.steady_ms + command_.timeout_ms;
  begin(now, shared);
}

void Call::handle_response(AttemptId attempt, wire::Response response, Now now, Shared& shared) {
  take(exchange_.handle_response(attempt, std::move(response), now, shared), now, shared);
}

void Call::handle_failure(AttemptId attempt, std::string_view why, Now now, Shared& shared) {
  take(exchange_.handle_failure(attempt, why, now, shared), now, shared);
}

void Call::handle_timeout(Now now, Shared& shared) {
  take(exchange_.handle_timeout(now, shared), now, shared);
  if (!finished()) on_timeout(now, shared);
}

void Call::give_up(const Error& why, Now now, Shared& shared) {
  if (settled_) return;
  on_give_up(now, shared);
  settle(Failure{.error = why}, shared);
}

void Call::ask(wire::Request request, const Exchange::Limits& limits, Now now, Shared& shared) {
  request.api_key = shared.config.api_key;
  request.delegation_id = command_.delegation_id;
  if (!request.body.empty()) request.content_type = wire::media_type::json;
  exchange_.start(std::move(request), limits, now, shared);
}

wire::Request Call::request(wire::Endpoint endpoint, std::span<const std::string> arguments,
                            std::string_view query) const {
  const std::vector<std::string_view> views(arguments.begin(), arguments.end());
  wire::Request request{.method = wire::traits(endpoint).method, .target = wire::target(endpoint, views)};
  if (!query.empty()) request.target.append("?").append(query);
  return request;
}

void Call::push_settlement(bool ok, std::string json, Shared& shared) {
  assert(!settled_);
  settled_ = true;
  scrub(json, shared.config.api_key);
  shared.outputs.push_back(Settle{id_, ok, std::move(json)});
}

void Call::settle(std::string json, Shared& shared) { push_settlement(true, std::move(json), shared); }
void Call::settle(Failure failure, Shared& shared) {
  complete(failure);
  push_settlement(false, to_json(failure), shared);
}

Failure failure_of(const Answer& answer) {
  if (answer.error) return {.error = *answer.error, .retry_after_ms = answer.retry_after_ms};
  Failure failure{.error = wire::decode_error(answer.response),
                  .request_id = answer.response.request_id,
                  .retry_after_ms = answer.retry_after_ms};
  if (failure.error.code != Code::policy_denied) return failure;
  if (const Result<wire::ActionResult> result = wire::decode_action_result(answer.response)) {
    failure = denial(*result);
    failure.request_id = answer.response.request_id;
  }
  return failure;
}

void PlainCall::begin(Now now, Shared& shared) {
  wire::Request request = this->request(endpoint_, command_.arguments, command_.query);
  request.body = std::move(command_.body);
  request.event_id = std::move(command_.event_id);
  ask(std::move(request), now, shared);
}

void PlainCall::on_answer(Answer answer, Now, Shared& shared) {
  if (answer.error) return settle(failure_of(answer), shared);
  if (answer.response.executed) return settle(std::move(answer.response.body), shared);
  if (endpoint_ == wire::Endpoint::post_action || endpoint_ == wire::Endpoint::claim_approval) {
    Result<wire::ActionResult> result = wire::decode_action_result(answer.response);
    if (result) return settle(std::move(result->body), shared);
    return settle(Failure{.error = result.error(),
                          .request_id = answer.response.request_id,
                          .retry_after_ms = answer.retry_after_ms},
                  shared);
  }
  if (!wire::success_status(answer.response.status)) return settle(failure_of(answer), shared);
  constexpr int no_content = 204;
  if (answer.response.status == no_content && answer.response.body.empty())
    return settle(std::string(), shared);
  const Result<json::Document> document = json::parse(answer.response.body, wire::response_limits);
  if (document && (document->root().is_object() || document->root().is_array())) {
    return settle(std::move(answer.response.body), shared);
  }
  Error error{Code::protocol_error, "the service's answer is neither a JSON object nor an array"};
  if (!document) error.message = "the service's answer does not parse: " + document.error().message;
  settle(Failure{.error = std::move(error), .request_id = answer.response.request_id}, shared);
}

}  // namespace al::client
