#include "client/exchange.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

#include "wire/results.h"

namespace al::client {

Exchange::Limits Exchange::limits(const Config& config, std::optional<Millis> deadline_ms) {
  return {.attempts_max = config.attempts_max,
          .attempt_timeout_ms = config.request_timeout_ms,
          .retry_first_ms = config.retry_first_ms,
          .retry_last_ms = config.retry_last_ms,
          .deadline_ms = deadline_ms,
          .asked_wait_ms_max = deadline_ms ? std::numeric_limits<Millis>::max() : retry_after_ms_max};
}

void Exchange::start(wire::Request request, const Limits& limits, Now now, Shared& shared) {
  assert(!under_way());
  request_ = std::move(request);
  limits_ = limits;
  attempts_made_ = 0;
  outcome_unknown_ = false;
  shared.budget.add_call(now.steady_ms);
  send(now, shared);
}

void Exchange::send(Now now, Shared& shared) {
  Millis timeout_ms = std::max<Millis>(limits_.attempt_timeout_ms, 1);
  if (limits_.deadline_ms)
    timeout_ms = std::clamp<Millis>(*limits_.deadline_ms - now.steady_ms, 0, timeout_ms);
  state_ = State::in_flight;
  attempt_ = ++shared.last_attempt;
  ++attempts_made_;
  sent_ms_ = now.steady_ms;
  wake_ms_ = now.steady_ms + timeout_ms;
  ++shared.stats.attempts;
  if (attempts_made_ > 1) ++shared.stats.retries;
  request_.attempt = attempts_made_;
  if (attempts_made_ == 1) request_.exchange = attempt_;
  // The last attempt that is allowed needs no copy of the request kept.
  const bool last = attempts_made_ >= limits_.attempts_max;
  shared.outputs.push_back(Send{attempt_, last ? std::move(request_) : request_, timeout_ms});
}

std::optional<AttemptId> Exchange::attempt() const {
  if (state_ != State::in_flight) return {};
  return attempt_;
}

std::optional<Millis> Exchange::next_deadline() const {
  if (!under_way()) return {};
  return limits_.deadline_ms ? std::min(wake_ms_, *limits_.deadline_ms) : wake_ms_;
}

bool Exchange::reached_deadline(Now now) const {
  return limits_.deadline_ms && now.steady_ms >= *limits_.deadline_ms;
}

Answer Exchange::finish(Answer answer) {
  state_ = State::finished;
  request_ = {};
  answer.outcome_unknown = outcome_unknown_;
  return answer;
}

std::optional<Answer> Exchange::handle_response(AttemptId attempt, wire::Response response, Now now,
                                                Shared& shared) {
  if (state_ != State::in_flight || attempt != attempt_) {
    ++shared.stats.late_responses;
    return {};
  }
  if (!wire::retryable_status(response.status)) {
    // Whoever is turned away for the key (401) learns nothing of what an earlier attempt did.
    constexpr int unauthorized = 401;
    outcome_unknown_ = outcome_unknown_ && response.status == unauthorized;
    return finish({.error = {}, .response = std::move(response)});
  }
  // 425 and 429 are refusals; the others may come from a proxy in front of a service that acted.
  outcome_unknown_ = outcome_unknown_ || (response.status != 425 && response.status != 429);
  const std::optional<Millis> retry_after_ms = parse_retry_after(response.retry_after, now.wall_ms);
  return retry({.error = {}, .response = std::move(response), .retry_after_ms = retry_after_ms}, now, shared);
}

std::optional<Answer> Exchange::handle_failure(AttemptId attempt, std::string_view why, Now now,
                                               Shared& shared) {
  if (state_ != State::in_flight || attempt != attempt_) {
    ++shared.stats.late_responses;
    return {};
  }
  outcome_unknown_ = true;
  std::string message = "the service cannot be reached";
  if (!why.empty()) message.append(": ").append(why);
  return retry({.error = Error{Code::connection_failed, std::move(message)}}, now, shared);
}

std::optional<Answer> Exchange::handle_timeout(Now now, Shared& shared) {
  const std::optional<Millis> due_ms = next_deadline();
  if (!due_ms || now.steady_ms < *due_ms) return {};
  if (state_ == State::backing_off && !reached_deadline(now)) {
    send(now, shared);
    return {};
  }
  if (state_ == State::in_flight) {
    outcome_unknown_ = true;
    shared.outputs.push_back(Abort{attempt_});
  }
  if (reached_deadline(now)) {
    return finish({.error = Error{Code::deadline_exceeded,
                                  "the call's time is over, and the service has not answered"}});
  }
  Error late{Code::request_timeout,
             "the service did not answer within " + std::to_string(limits_.attempt_timeout_ms) + " ms"};
  return retry({.error = std::move(late)}, now, shared);
}

std::optional<Answer> Exchange::retry(Answer answer, Now now, Shared& shared) {
  if (attempts_made_ >= limits_.attempts_max) return finish(std::move(answer));
  const Millis asked_ms = answer.retry_after_ms.value_or(0);
  const Millis wait_ms = std::max(
      asked_ms, back_off_ms(attempts_made_, limits_.retry_first_ms, limits_.retry_last_ms, shared.entropy));
  const bool too_late = asked_ms > limits_.asked_wait_ms_max ||
                        (limits_.deadline_ms && now.steady_ms + wait_ms >= *limits_.deadline_ms);
  if (too_late) return finish(std::move(answer));
  if (limits_.draws_on_budget && !shared.budget.take(now.steady_ms)) {
    ++shared.stats.retries_refused;
    return finish(std::move(answer));
  }
  state_ = State::backing_off;
  wake_ms_ = now.steady_ms + wait_ms;
  return {};
}

void Exchange::abort(Shared& shared) {
  if (state_ == State::in_flight) {
    outcome_unknown_ = true;
    shared.outputs.push_back(Abort{attempt_});
  }
  if (under_way()) state_ = State::finished;
  request_ = {};
}

}  // namespace al::client
