#include "client/delegation_call.h"

#include <array>
#include <utility>

#include "base/json.h"
#include "wire/results.h"

namespace al::client {

namespace {

/// The id of the delegation that a creation answered with.
Result<std::string> created_id(const wire::Response& response) {
  const Result<json::Document> document = json::parse(response.body, wire::response_limits);
  if (!document) {
    return Error{Code::protocol_error,
                 "the service's delegation does not parse: " + document.error().message};
  }
  std::string id;
  for (const std::string_view name : {"id", "delegation_id", "delegationId"}) {
    const std::string_view found = document->root()[name].string();
    if (!id.empty() && !found.empty() && found != id) {
      return Error{Code::protocol_error, "the service's delegation has two different ids"};
    }
    if (!found.empty()) id = found;
  }
  if (id.empty()) return Error{Code::protocol_error, "the service's delegation has no id"};
  return id;
}

}  // namespace

Exchange::Limits DelegationCall::cleanup_limits(const Shared& shared) const {
  return {.attempts_max = cleanup_attempts_max,
          .attempt_timeout_ms = shared.config.request_timeout_ms,
          .retry_first_ms = shared.config.retry_first_ms,
          .retry_last_ms = cleanup_retry_ms_max,
          .deadline_ms = {},
          .draws_on_budget = false};
}

void DelegationCall::create(const Exchange::Limits& limits, Now now, Shared& shared) {
  wire::Request request = this->request(wire::Endpoint::create_delegation, {});
  request.body = command_.body;
  request.event_id = command_.event_id;
  ask(std::move(request), limits, now, shared);
}

void DelegationCall::begin(Now now, Shared& shared) { create(exchange_limits(shared), now, shared); }

void DelegationCall::on_give_up(Now, Shared& shared) {
  if (exchange_.outcome_unknown()) {
    exchange_.lift_deadline();
  } else {
    exchange_.abort(shared);
  }
}

void DelegationCall::on_answer(Answer answer, Now now, Shared& shared) {
  if (state_ == State::revoking) {
    // 404: it is gone, which is what was wanted.
    constexpr int not_found = 404;
    const bool gone = !answer.error &&
                      (wire::success_status(answer.response.status) || answer.response.status == not_found);
    ++(gone ? shared.stats.cleanups : shared.stats.cleanups_abandoned);
  } else if (settled()) {
    on_created_for_nobody(answer, now, shared);
  } else {
    on_created_for_caller(std::move(answer), now, shared);
  }
}

void DelegationCall::on_created_for_caller(Answer answer, Now now, Shared& shared) {
  const bool success = !answer.error && wire::success_status(answer.response.status);
  if (!success) {
    settle(failure_of(answer), shared);
    if (!answer.outcome_unknown) return;
  } else {
    const Result<std::string> id = created_id(answer.response);
    if (id) return settle(std::move(answer.response.body), shared);
    settle(Failure{.error = id.error(), .request_id = answer.response.request_id}, shared);
  }
  state_ = State::creating_again;
  create(cleanup_limits(shared), now, shared);
}

void DelegationCall::on_created_for_nobody(const Answer& answer, Now now, Shared& shared) {
  // A key that is no longer good: nobody says whether an earlier attempt created the delegation.
  constexpr int unauthorized = 401;
  const bool turned_away = state_ == State::creating_again && answer.response.status == unauthorized;
  if (!answer.error && wire::success_status(answer.response.status)) {
    if (Result<std::string> id = created_id(answer.response)) {
      state_ = State::revoking;
      return ask(request(wire::Endpoint::revoke_delegation, std::array{std::move(*id)}),
                 cleanup_limits(shared), now, shared);
    }
  } else if (!answer.outcome_unknown && !turned_away) {
    return;
  }
  if (state_ == State::creating_again) {
    ++shared.stats.cleanups_abandoned;
    return;
  }
  state_ = State::creating_again;
  create(cleanup_limits(shared), now, shared);
}

}  // namespace al::client
