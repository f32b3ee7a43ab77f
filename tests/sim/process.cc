#include "process.h"

#include <algorithm>
#include <utility>

namespace al::sim {

namespace {

client::Client make_client(const client::Config& config, Stage& stage) {
  return {config, stage.chance.fork()};
}

}  // namespace

Process::Process(Stage& stage, Network& network, std::string name, client::Config config)
    : stage_(stage),
      network_(network),
      name_(std::move(name)),
      config_(std::move(config)),
      clock_(stage.timeline, stage.chance.between(0, 1'000'000'000), stage.chance.between(-2'000, 2'000)),
      line_(network.connect(*this)),
      driver_(make_client(config_, stage), *this, clock_, *this),
      alarm_(stage, clock_, [this] {
        driver_.handle_timeout();
        arm();
      }) {}

Process::~Process() {
  network_.disconnect(line_);
  stage_.statistics.add(Count::retries, stats().retries);
  stage_.statistics.add(Count::late_responses, stats().late_responses);
  stage_.statistics.add(Count::spurious_timeouts, stats().spurious_timeouts);
  stage_.statistics.add(Count::cleanups, stats().cleanups);
  stage_.statistics.add(Count::cleanups_abandoned, stats().cleanups_abandoned);
}

/// By when a call must have settled, after it was submitted: what the settings and the command say, and a
/// little.
Millis Process::limit_ms(const client::Command& command) const {
  constexpr Millis retry_after_ms_max = 60'000;
  const Millis retries = config_.attempts_max - 1;
  Millis limit = retries * std::max(config_.retry_last_ms, retry_after_ms_max) +
                 config_.attempts_max * config_.request_timeout_ms;
  if (command.operation == "gate" || command.operation == "resumeGate") limit = config_.gate_timeout_ms;
  if (command.timeout_ms > 0) limit = std::min(limit, command.timeout_ms);
  return limit + 2LL * config_.attempts_max * timer_lateness_ms_max;
}

void Process::submit(client::Command command, Then then) {
  const client::CallId call = ++last_call_;
  stage_.count(Count::calls);
  stage_.say(name_, "  call ", call, " ", command.operation, " ",
             command.arguments.empty() ? "" : command.arguments.front(), " ", command.body, " ",
             command.event_id);
  open_.emplace(call, Open{stage_.timeline.now_ms() + limit_ms(command), command.operation, std::move(then)});
  driver_.submit(call, std::move(command));
  arm();
}

void Process::cancel_any() {
  if (open_.empty()) return;
  const auto victim =
      std::next(open_.begin(), static_cast<std::ptrdiff_t>(stage_.chance.index(open_.size())));
  stage_.count(Count::calls_cancelled);
  const client::CallId call = victim->first;
  stage_.say(name_, "  cancels call ", call);
  driver_.cancel(call);
  require(!open_.contains(call), "a cancelled call settles at once");
  arm();
}

void Process::close() {
  if (closed_) return;
  closed_ = true;
  stage_.say(name_, "  closes");
  stage_.count(Count::clients_closed);
  driver_.close();
  require(open_.empty(), "closing settles every call at once");
  arm();
}

void Process::on_settle(client::Settle settlement) {
  const auto found = open_.find(settlement.call);
  require(found != open_.end(), "each call settles exactly once");
  const Open call = std::move(found->second);
  open_.erase(found);
  stage_.say(name_, "  call ", settlement.call, " ", call.operation, settlement.ok ? " ok " : " failed ",
             settlement.json);
  stage_.mix(settlement.json);
  stage_.count(settlement.ok ? Count::calls_ok : Count::calls_failed);
  require(stage_.timeline.now_ms() <= call.until_ms, "each call settles within its limits", call.operation);
  require(settlement.json.find(config_.api_key) == std::string::npos,
          "no key in what an application is told");
  Settlement told{settlement.ok, std::move(settlement.json)};
  Result<json::Document> document =
      json::parse(told.json.empty() ? "{}" : told.json, {.bytes_max = 64 << 20, .depth_max = 128});
  require(document.ok(), "what an application is told is JSON", told.json);
  told.document = std::move(*document);
  if (told.text("code") == "LIMIT_REACHED") stage_.count(Count::limit_reached);
  call.then(told);
}

void Process::send(client::AttemptId attempt, wire::Request request, Millis, transport::ResponseSink&) {
  require(attempt > last_attempt_, "no attempt bears the number of an earlier one");
  last_attempt_ = attempt;
  require(request.api_key == config_.api_key, "every request carries the key");
  require(!open_.empty() || driver_.client().background_calls() > 0,
          "nothing is sent for calls that are over");
  const bool acts = request.method == wire::Method::post && !request.target.ends_with("/can-i");
  require(!acts || !request.event_id.empty(), "every post can be recognised as a repeated one");
  network_.send(line_, attempt, request);
}

void Process::abort(client::AttemptId attempt) { network_.abort(line_, attempt); }

void Process::handle_response(client::AttemptId attempt, wire::Response response) {
  driver_.on_response(attempt, std::move(response));
  arm();
}

void Process::handle_failure(client::AttemptId attempt, std::string_view why) {
  driver_.on_failure(attempt, why);
  arm();
}

void Process::arm() {
  if (!when_clean_.empty() && driver_.client().background_calls() == 0) {
    for (const std::function<void()>& then : std::exchange(when_clean_, {})) then();
  }
  alarm_.set(driver_.next_deadline());
}

void Process::check_rest() const {
  require(open_.empty(), "every call settles",
          open_.empty() ? "" : name_ + " " + open_.begin()->second.operation);
  require(driver_.client().open_calls() == 0, "no call stays behind", name_);
  require(driver_.client().background_calls() == 0, "no clean-up stays behind", name_);
  require(!driver_.next_deadline().has_value(), "no deadline of a finished call stays behind", name_);
}

}  // namespace al::sim
