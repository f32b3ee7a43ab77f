#include "client/gate.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json_writer.h"
#include "wire/limits.h"

namespace al::client {

namespace {

/// The members of `object` except those that `left_out` names.
void write_members(json::Writer& writer, json::Value object,
                   std::initializer_list<std::string_view> left_out) {
  for (const auto& [name, value] : object.members()) {
    if (std::find(left_out.begin(), left_out.end(), name) == left_out.end()) writer.field(name, value);
  }
}

bool waits_can_help(const Answer& answer) {
  if (answer.error) return answer.error->code != Code::deadline_exceeded;
  return wire::retryable_status(answer.response.status);
}

}  // namespace

void Gate::begin(Now now, Shared& shared) {
  const Millis limit_ms = now.steady_ms + shared.config.gate_timeout_ms;
  deadline_ms_ = std::min(deadline_ms_.value_or(limit_ms), limit_ms);
  heard_ms_ = now.steady_ms;
  if (resumed_) {
    approval_id_ = command_.arguments.front();
    state_ = State::waiting;
    return poll(now, shared);
  }
  wire::Request request = this->request(wire::Endpoint::post_action, {});
  request.body = std::move(command_.body);
  request.event_id = command_.event_id;
  ask(std::move(request), now, shared);
}

std::optional<Millis> Gate::next_deadline() const {
  std::optional<Millis> next = Call::next_deadline();
  if (settled()) return next;
  const auto consider = [&next](std::optional<Millis> at) {
    if (at) next = std::min(next.value_or(*at), *at);
  };
  consider(deadline_ms_);
  consider(poll_at_ms_);
  if (state_ == State::waiting && approval_end_ms_) consider(*approval_end_ms_ + gate_grace_ms);
  return next;
}

void Gate::on_timeout(Now now, Shared& shared) {
  if (settled()) return;
  const bool out_of_time = deadline_ms_ && now.steady_ms >= *deadline_ms_;
  const bool expired =
      state_ == State::waiting && approval_end_ms_ && now.steady_ms >= *approval_end_ms_ + gate_grace_ms;
  if (out_of_time || expired) {
    exchange_.abort(shared);
    return fail(Error{Code::deadline_exceeded, "the gate's time is over"}, {}, shared);
  }
  if (poll_at_ms_ && now.steady_ms >= *poll_at_ms_) poll(now, shared);
}

void Gate::on_answer(Answer answer, Now now, Shared& shared) {
  switch (state_) {
    case State::submitting:
      return on_submitted(std::move(answer), now, shared);
    case State::waiting:
      return on_approval(answer, now, shared);
    case State::claiming:
      return on_claimed(answer, shared);
  }
}

void Gate::on_submitted(Answer answer, Now now, Shared& shared) {
  if (answer.error) return fail(failure_of(answer), answer, shared);
  if (answer.response.executed) return settle(std::move(answer.response.body), shared);
  Result<wire::ActionResult> result = wire::decode_action_result(answer.response);
  if (!result) return fail(result.error(), answer, shared);
  switch (result->status) {
    case wire::ActionStatus::executed:
      return settle(std::move(result->body), shared);
    case wire::ActionStatus::denied:
      return fail(denial(*result), answer, shared);
    case wire::ActionStatus::requested:
      break;
  }
  submitted_ = std::move(*result);
  approval_id_ = submitted_->approval_id;
  learn_end(submitted_->timeout_wall_ms, now);
  state_ = State::waiting;
  heard_ms_ = now.steady_ms;
  poll(now, shared);
}

void Gate::learn_end(std::optional<Millis> timeout_wall_ms, Now now) {
  if (clocks_disagree_ || approval_end_ms_ || !timeout_wall_ms) return;
  // Learned once, from the first answer, as a length of time: a wall clock that jumps later moves nothing.
  // Where this host's clock says that an approval just called open is over already, the clocks disagree, and
  // the service's word will have to do.
  const Millis left_ms = *timeout_wall_ms - now.wall_ms;
  if (left_ms > 0) approval_end_ms_ = now.steady_ms + left_ms;
}

void Gate::on_pending(std::optional<Millis> timeout_wall_ms, Now now, Shared& shared) {
  if (approval_end_ms_ && now.steady_ms > *approval_end_ms_) {
    approval_end_ms_.reset();
    clocks_disagree_ = true;
  }
  learn_end(timeout_wall_ms, now);
  const Millis took_ms = now.steady_ms - exchange_.sent_ms();
  const bool held = held_ms_ > 0 && took_ms * 10 >= held_ms_ * 9;  // Timers are coarse; a tenth is forgiven.
  if (held) return poll(now, shared);
  poll_later(exchange_.sent_ms() + shared.config.poll_interval_ms, now);
}

void Gate::poll(Now now, Shared& shared) {
  poll_at_ms_.reset();
  // The hold must end before the attempt's own time limit, and need not outlast the approval.
  Millis hold_ms = std::min<Millis>(shared.config.long_poll_s, wire::approval_wait_s_max) * 1000;
  hold_ms = std::min(hold_ms, shared.config.request_timeout_ms - long_poll_margin_ms);
  if (approval_end_ms_) hold_ms = std::min(hold_ms, *approval_end_ms_ - now.steady_ms + 1000);
  if (deadline_ms_) hold_ms = std::min(hold_ms, *deadline_ms_ - now.steady_ms);
  const Millis hold_s = std::max<Millis>(hold_ms / 1000, 0);
  held_ms_ = hold_s * 1000;
  const std::string query = hold_s > 0 ? "wait=" + std::to_string(hold_s) : "";
  // When to poll is decided here, by what else is known: no poll sleeps because one answer asked it to.
  Exchange::Limits limits = Exchange::limits(shared.config, deadline_ms_);
  limits.asked_wait_ms_max = shared.config.poll_interval_ms;
  ask(request(wire::Endpoint::get_approval, std::array{approval_id_}, query), limits, now, shared);
}

void Gate::poll_later(Millis at_ms, Now now) {
  // The one poll that matters most is the first after the approval's end, while the service's word is still
  // waited for.
  if (approval_end_ms_ && now.steady_ms <= *approval_end_ms_) {
    at_ms = std::min(at_ms, *approval_end_ms_ + gate_grace_ms / 5);
  }
  poll_at_ms_ = std::max(at_ms, now.steady_ms + 1);
}

void Gate::on_approval(const Answer& answer, Now now, Shared& shared) {
  if (waits_can_help(answer)) {
    if (now.steady_ms - heard_ms_ >= gate_outage_ms_max) return fail(failure_of(answer), answer, shared);
    const Millis asked_ms = std::min(answer.retry_after_ms.value_or(0), retry_after_ms_max);
    const Millis wait_ms = std::max(shared.config.poll_interval_ms, asked_ms);
    return poll_later(now.steady_ms + wait_ms, now);
  }
  if (answer.error) return fail(failure_of(answer), answer, shared);
  Result<wire::Approval> approval = wire::decode_approval(answer.response);
  if (!approval) return fail(approval.error(), answer, shared);
  if (approval->approval_id != approval_id_) {
    return fail(
        Error{Code::protocol_error, "the service was asked for one approval and answered with another"},
        answer, shared);
  }
  heard_ms_ = now.steady_ms;
  switch (approval->state) {
    case wire::ApprovalState::pending:
      return on_pending(approval->timeout_wall_ms, now, shared);
    case wire::ApprovalState::approved:
      approval_ = std::move(*approval);
      if (approval_->claimable) return claim(now, shared);
      if (!submitted_) submitted_.emplace().audit_event_id = approval_->audit_event_id;
      return settle_executed(*submitted_, shared);
    case wire::ApprovalState::denied:
    case wire::ApprovalState::expired:
    case wire::ApprovalState::cancelled:
      return fail(denial(*approval), answer, shared);
  }
}

void Gate::claim(Now now, Shared& shared) {
  state_ = State::claiming;
  claim_id_ = mint_id("claim-", shared.entropy);
  wire::Request request = this->request(wire::Endpoint::claim_approval, std::array{approval_id_});
  json::Writer(request.body).begin_object().field("claim_id", claim_id_).end_object();
  request.event_id = claim_id_;
  ask(std::move(request), now, shared);
}

void Gate::on_claimed(const Answer& answer, Shared& shared) {
  if (answer.error) return fail(failure_of(answer), answer, shared);
  const Result<wire::ActionResult> result = wire::decode_action_result(answer.response);
  if (!result) return fail(result.error(), answer, shared);
  if (!result->approval_id.empty() && result->approval_id != approval_id_) {
    return fail(
        Error{Code::protocol_error, "the service claimed another approval than the one it was asked to"},
        answer, shared);
  }
  switch (result->status) {
    case wire::ActionStatus::executed:
      return settle_executed(*result, shared);
    case wire::ActionStatus::denied:
      return fail(denial(*result), answer, shared);
    case wire::ActionStatus::requested:
      return fail(Error{Code::protocol_error,
                        "the service answered the claim of an approved request with a pending one"},
                  answer, shared);
  }
}

void Gate::settle_executed(const wire::ActionResult& result, Shared& shared) {
  // A body that decode_action_result() took apart, or that it wrote, parses.
  const Result<json::Document> document = json::parse(
      result.body.empty() ? std::string_view("{}") : std::string_view(result.body), wire::response_limits);
  std::string body;
  json::Writer writer(body);
  writer.begin_object().field("status", text(wire::ActionStatus::executed));
  writer.field("audit_event_id", result.audit_event_id).field("approval_id", approval_id_);
  // What the submission said about waiting is no longer so.
  const std::string_view stale = state_ == State::waiting ? "message" : "";
  if (document) {
    write_members(
        writer, document->root(),
        {"status", "audit_event_id", "approval_id", "approval", "approval_status", "timeout_at", stale});
  }
  writer.raw_field("approval", approval_->body).end_object();
  settle(std::move(body), shared);
}

void Gate::fail(Failure failure, const Answer& answer, Shared& shared) {
  if (failure.request_id.empty()) failure.request_id = answer.response.request_id;
  if (!failure.retry_after_ms) failure.retry_after_ms = answer.retry_after_ms;
  settle(std::move(failure), shared);
}

void Gate::complete(Failure& failure) const {
  if (failure.error.code == Code::deadline_exceeded && state_ == State::waiting) {
    failure.error.code = Code::approval_timeout;
    failure.error.message = "nobody decided on the approval while the gate was waiting";
  }
  if (failure.approval_id.empty()) failure.approval_id = approval_id_;
  if (!submitted_) return;
  if (failure.audit_event_id.empty()) failure.audit_event_id = submitted_->audit_event_id;
  if (failure.is_denial && failure.policy.empty()) failure.policy = submitted_->policy_name;
  if (failure.is_denial && failure.conditions.empty()) failure.conditions = submitted_->conditions;
}

}  // namespace al::client
