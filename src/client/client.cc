#include "client/client.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "client/delegation_call.h"
#include "client/gate.h"
#include "client/verification.h"
#include "wire/limits.h"

namespace al::client {

namespace {

/// What may stand in a header or on the request line: anything else could end it, and begin another.
bool visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

std::size_t count_holes(std::string_view path) {
  std::size_t holes = 0;
  for (std::size_t at = path.find("{}"); at != std::string_view::npos; at = path.find("{}", at + 2)) ++holes;
  return holes;
}

struct Operation {
  enum class Kind { plain, gate, resume_gate, delegation, verification } kind = Kind::plain;
  wire::Endpoint endpoint = wire::Endpoint::whoami;  // that it begins with
};

std::optional<Operation> find_operation(std::string_view name) {
  using enum Operation::Kind;
  if (name == "gate") return Operation{gate, wire::Endpoint::post_action};
  if (name == "resumeGate") return Operation{resume_gate, wire::Endpoint::get_approval};
  if (name == "verify") return Operation{verification, wire::Endpoint::get_checkpoint};
  for (const wire::EndpointTraits& traits : wire::endpoints()) {
    if (traits.name != name) continue;
    return Operation{traits.endpoint == wire::Endpoint::create_delegation ? delegation : plain,
                     traits.endpoint};
  }
  return {};
}

/// What is wrong with a command; empty when nothing is. Values are not repeated: they may be secrets in the
/// wrong place.
std::string fault_of(const Command& command, const Shared& shared, wire::Endpoint endpoint) {
  const std::size_t holes = count_holes(wire::traits(endpoint).path);
  if (command.arguments.size() != holes) {
    return command.operation + " takes " + std::to_string(holes) + " path arguments, not " +
           std::to_string(command.arguments.size());
  }
  for (const std::string& argument : command.arguments) {
    // A dot segment would be resolved on the way (RFC 3986, 5.2.4), and name another path.
    if (argument.empty() || argument == "." || argument == "..")
      return "a path argument is empty or consists of dots";
  }
  if (command.event_id.size() > wire::event_id_bytes_max) {
    return "the event id is longer than " + std::to_string(wire::event_id_bytes_max) + " bytes";
  }
  if (!visible_ascii(command.event_id)) return "the event id has characters that a header cannot hold";
  if (command.delegation_id.size() > wire::event_id_bytes_max) return "the delegation id is too long";
  if (!visible_ascii(command.delegation_id))
    return "the delegation id has characters that a header cannot hold";
  if (!visible_ascii(command.query) || command.query.find('#') != std::string::npos)
    return "the query is not encoded";
  if (!shared.key_is_sound) return "the API key has characters that a header cannot hold";
  if (command.timeout_ms < 0) return "the time limit is negative";
  return {};
}

/// What a command asks for; completes it. Fails with `invalid_argument`.
Result<Operation> prepare(Command& command, Shared& shared) {
  const std::optional<Operation> operation = find_operation(command.operation);
  if (!operation) return Error{Code::invalid_argument, "there is no operation " + command.operation};
  std::string fault = fault_of(command, shared, operation->endpoint);
  if (!fault.empty()) return Error{Code::invalid_argument, std::move(fault)};
  // A retried post must be recognisable as one; a dry run leaves no trace, so nothing can happen twice.
  const bool posts = wire::traits(operation->endpoint).method == wire::Method::post &&
                     operation->endpoint != wire::Endpoint::can_i;
  if (posts && command.event_id.empty()) command.event_id = mint_id("call-", shared.entropy);
  return *operation;
}

std::unique_ptr<Call> make_call(CallId id, Command command, const Operation& operation) {
  switch (operation.kind) {
    case Operation::Kind::gate:
      return std::make_unique<Gate>(id, std::move(command), false);
    case Operation::Kind::resume_gate:
      return std::make_unique<Gate>(id, std::move(command), true);
    case Operation::Kind::delegation:
      return std::make_unique<DelegationCall>(id, std::move(command));
    case Operation::Kind::verification:
      return std::make_unique<Verification>(id, std::move(command));
    case Operation::Kind::plain:
      break;
  }
  return std::make_unique<PlainCall>(id, std::move(command), operation.endpoint);
}

}  // namespace

Client::Client(Config config, Entropy entropy) : shared_(std::move(config), std::move(entropy)) {
  shared_.key_is_sound = visible_ascii(shared_.config.api_key);
}

void Client::refuse(CallId call, Error error) {
  std::string json = to_json({.error = std::move(error)});
  scrub(json, shared_.config.api_key);
  shared_.outputs.push_back(Settle{call, false, std::move(json)});
}

void Client::submit(CallId call, Command command, Now now) {
  if (by_id_.contains(call)) {
    ++shared_.stats.stray_commands;
    return;
  }
  ++shared_.stats.calls;
  if (closed_) return refuse(call, {Code::closed, "this client was closed"});
  const Result<Operation> operation = prepare(command, shared_);
  if (!operation) return refuse(call, operation.error());
  if (calls_.size() >= shared_.config.calls_max) {
    return refuse(call, {Code::limit_reached, "this client has " + std::to_string(calls_.size()) +
                                                  " calls open; await some of them first"});
  }

  const Serial serial = ++last_serial_;
  Entry& entry = calls_.emplace(serial, Entry{make_call(call, std::move(command), *operation)}).first->second;
  by_id_.emplace(call, serial);
  entry.call->start(now, shared_);
  update(serial, entry);
}

std::optional<wire::Request> Client::begin_now(Command& command) {
  if (closed_) return {};
  const Result<Operation> operation = prepare(command, shared_);
  if (!operation || operation->endpoint != wire::Endpoint::post_action) return {};
  return wire::Request{.method = wire::Method::post,
                       .target = wire::target(wire::Endpoint::post_action),
                       .event_id = command.event_id,
                       .delegation_id = command.delegation_id,
                       .content_type = std::string(wire::media_type::json),
                       .body = std::move(command.body)};
}

std::optional<Settle> Client::end_now(CallId call, const Command& command, wire::Response response) {
  Settle settlement{.call = call, .ok = true, .json = {}};
  if (response.executed) {
    settlement.json = std::move(response.body);
  } else {
    Result<wire::ActionResult> result = wire::decode_action_result(response);
    if (!result) return {};
    if (command.operation != "gate") {
      settlement.json = std::move(result->body);
    } else if (result->status == wire::ActionStatus::denied) {
      Failure failure = denial(*result);
      failure.request_id = response.request_id;
      settlement = {.call = call, .ok = false, .json = to_json(failure)};
    } else {
      return {};
    }
  }
  ++shared_.stats.calls;
  scrub(settlement.json, shared_.config.api_key);
  return settlement;
}

void Client::cancel(CallId call, Now now) {
  const auto found = by_id_.find(call);
  if (found == by_id_.end()) {
    ++shared_.stats.stray_commands;
    return;
  }
  const Serial serial = found->second;
  Entry& entry = calls_.at(serial);
  entry.call->give_up({Code::aborted, "the call was aborted"}, now, shared_);
  update(serial, entry);
}

void Client::close(Now now) {
  closed_ = true;
  std::vector<Serial> open;
  open.reserve(by_id_.size());
  for (const auto& [serial, entry] : calls_) {
    if (!entry.call->settled()) open.push_back(serial);
  }
  for (const Serial serial : open) {
    Entry& entry = calls_.at(serial);
    entry.call->give_up({Code::closed, "the client was closed while this call was open"}, now, shared_);
    update(serial, entry);
  }
}

Client::Entry* Client::entry_of(AttemptId attempt, Serial& serial) {
  const auto found = by_attempt_.find(attempt);
  if (found == by_attempt_.end()) {
    ++shared_.stats.late_responses;
    return nullptr;
  }
  serial = found->second;
  return &calls_.at(serial);
}

void Client::handle_response(AttemptId attempt, wire::Response response, Now now) {
  Serial serial = 0;
  Entry* entry = entry_of(attempt, serial);
  if (entry == nullptr) return;
  entry->call->handle_response(attempt, std::move(response), now, shared_);
  update(serial, *entry);
}

void Client::handle_failure(AttemptId attempt, std::string_view why, Now now) {
  Serial serial = 0;
  Entry* entry = entry_of(attempt, serial);
  if (entry == nullptr) return;
  entry->call->handle_failure(attempt, why, now, shared_);
  update(serial, *entry);
}

void Client::handle_timeout(Now now) {
  // Taken first: a call whose next deadline has come as well waits for the next timeout, so this ends.
  const std::vector<Serial> due = deadlines_.due(now.steady_ms);
  if (due.empty()) ++shared_.stats.spurious_timeouts;
  for (const Serial serial : due) {
    Entry& entry = calls_.at(serial);
    entry.call->handle_timeout(now, shared_);
    update(serial, entry);
  }
}

void Client::update(Serial serial, Entry& entry) {
  const Call& call = *entry.call;
  if (const std::optional<AttemptId> attempt = call.attempt(); attempt != entry.attempt) {
    if (entry.attempt) by_attempt_.erase(*entry.attempt);
    if (attempt) by_attempt_.emplace(*attempt, serial);
    entry.attempt = attempt;
  }
  deadlines_.note(serial, entry.deadline_ms, call.next_deadline());
  if (call.settled()) {
    const auto found = by_id_.find(call.id());
    // The id may be another call's by now.
    if (found != by_id_.end() && found->second == serial) by_id_.erase(found);
  }
  if (call.finished()) calls_.erase(serial);
}

std::optional<Output> Client::poll_output() {
  if (shared_.outputs.empty()) return {};
  std::optional<Output> output(std::move(shared_.outputs.front()));
  shared_.outputs.pop_front();
  return output;
}

}  // namespace al::client
