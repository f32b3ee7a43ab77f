#include "wire/results.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "wire/codes.h"

namespace al::wire {
namespace {

constexpr std::array<std::string_view, 3> action_texts{"executed", "requested", "denied"};
constexpr std::array<std::string_view, 5> approval_texts{"pending", "approved", "denied", "expired",
                                                         "cancelled"};

template <typename Enum, std::size_t size>
std::optional<Enum> parse_enum(const std::array<std::string_view, size>& texts, std::string_view text) {
  const auto found = std::find(texts.begin(), texts.end(), text);
  if (found == texts.end()) return {};
  return static_cast<Enum>(found - texts.begin());
}

Error protocol_error(std::string message) { return Error{Code::protocol_error, std::move(message)}; }

/// Reads fields of an answer that may go by several names. Faults are kept, so that a caller reads all and
/// looks once.
class AnswerReader {
 public:
  explicit AnswerReader(json::Value object) : object_(object) {}

  /// The string under any of `names`; empty when absent or null. Two names that disagree are a fault.
  std::string string(std::initializer_list<std::string_view> names) {
    std::string out;
    for (const std::string_view name : names) {
      const json::Value value = object_[name];
      if (!value.present() || value.is_null()) continue;
      if (!value.is_string()) {
        fault(std::string(name) + " is " + std::string(describe(value.kind())) + ", not a string");
      } else if (!out.empty() && out != value.string()) {
        fault("it names two different values for " + std::string(*names.begin()));
      } else {
        out = value.string();
      }
    }
    return out;
  }
  std::optional<Millis> time(std::initializer_list<std::string_view> names) {
    const std::string text = string(names);
    if (text.empty()) return {};
    const std::optional<Millis> time = parse_rfc3339(text);
    if (!time) fault(std::string(*names.begin()) + " is no RFC 3339 time");
    return time;
  }
  void fault(std::string what) {
    if (fault_.empty()) fault_ = std::move(what);
  }
  [[nodiscard]] bool ok() const { return fault_.empty(); }
  [[nodiscard]] Error error(std::string_view subject) const {
    return protocol_error("the service's " + std::string(subject) + " cannot be trusted: " + fault_);
  }

 private:
  json::Value object_;
  std::string fault_;
};

Code code_of_status(int status) {
  switch (status) {
    case 401:
      return Code::unauthenticated;
    case 403:
      return Code::forbidden;
    case 404:
      return Code::not_found;
    case 405:
      return Code::method_not_allowed;
    case 408:
      return Code::request_timeout;
    case 409:
      return Code::conflict;
    case 413:
      return Code::body_too_large;
    case 415:
      return Code::unsupported_media_type;
    case 425:
      return Code::internal;
    case 429:
      return Code::rate_limited;
    default:
      break;
  }
  if (status >= 400 && status <= 499) return Code::invalid_request;
  if (status >= 500 && status <= 599) return Code::internal;
  return Code::protocol_error;
}

Error error_of(const Response& response, json::Value root) {
  const json::Value envelope = root["error"];
  const std::string_view code_text = envelope["code"].string();
  Error error{code_of_status(response.status), std::string(envelope["message"].string())};
  if (error.message.empty()) {
    error.message = "the service answered with status " + std::to_string(response.status) +
                    (envelope.is_object() ? " and no message" : " and no error envelope");
  }
  // A service cannot say what only a client can see, so its codes are those that have an HTTP status.
  const std::optional<Code> code = parse_code(code_text);
  const bool known = code && traits(*code).http_status != 0 && error.code != Code::protocol_error;
  if (known) error.code = *code;
  const json::Value details = envelope["details"];
  if (known || code_text.empty()) {
    if (details.is_object()) error.details = json::canonical(details);
    return error;
  }
  json::Writer writer(error.details);
  writer.begin_object();
  for (const auto& [name, value] : details.members()) {
    if (name != "service_code") writer.field(name, value);
  }
  writer.field("service_code", code_text).end_object();
  return error;
}

void write_result(ActionResult& result, json::Value source,
                  std::initializer_list<std::string_view> replaced) {
  json::Writer writer(result.body);
  writer.begin_object().field("status", text(result.status)).field("audit_event_id", result.audit_event_id);
  writer.field_if("approval_id", result.approval_id).field_if("message", result.message);
  if (result.timeout_wall_ms) writer.field("timeout_at", format_rfc3339(*result.timeout_wall_ms));
  writer.field_if("denial_reason", result.denial_reason).field_if("policy_name", result.policy_name);
  writer.raw_field("conditions_evaluated", result.conditions.empty() ? "[]" : result.conditions);
  constexpr std::array<std::string_view, 8> written{"status",     "audit_event_id",      "approval_id",
                                                    "message",    "denial_reason",       "policy_name",
                                                    "timeout_at", "conditions_evaluated"};
  for (const auto& [name, value] : source.members()) {
    const bool done = std::find(written.begin(), written.end(), name) != written.end() ||
                      std::find(replaced.begin(), replaced.end(), name) != replaced.end();
    if (!done) writer.field(name, value);
  }
  writer.end_object();
}

/// A denial in the form of the error envelope, re-written as a result.
Result<ActionResult> denial_of(const Error& error, json::Value details) {
  AnswerReader reader(details);
  ActionResult result{.status = ActionStatus::denied,
                      .audit_event_id = reader.string({"audit_event_id", "auditEventId"}),
                      .approval_id = reader.string({"approval_id", "approvalId"}),
                      .timeout_wall_ms = {},
                      .denial_reason = reader.string({"denial_reason", "reason"}),
                      .policy_name = reader.string({"policy_name", "policy"}),
                      .message = error.message,
                      .conditions = {},
                      .body = {}};
  if (!reader.ok()) return reader.error("denial");
  if (result.denial_reason.empty()) result.denial_reason = text(Code::policy_denied);
  for (const std::string_view name : {"conditions_evaluated", "conditions"}) {
    if (details[name].is_array()) result.conditions = json::canonical(details[name]);
  }
  write_result(result, {}, {});
  return result;
}

/// What must not be read as `executed`, whatever the status says.
void check_executed(AnswerReader& reader, const Response& response, json::Value root,
                    std::string_view verdict) {
  if (response.status == 202) reader.fault("it says executed with the HTTP status of a pending approval");
  if (!verdict.empty() && verdict != "executed" && verdict != "allowed") {
    reader.fault("its status and its verdict disagree");
  }
  if (root["denial_reason"].present() && !root["denial_reason"].is_null()) {
    reader.fault("it says executed and gives a reason for a denial");
  }
  for (const json::Value state :
       {root["approval_status"], root["approval"]["status"], root["approval"]["state"]}) {
    if (state.is_string() && state.string() != text(ApprovalState::approved)) {
      reader.fault("it says executed and that its approval is " + std::string(state.string()));
    }
  }
}

}  // namespace

std::string_view text(ActionStatus status) { return action_texts[static_cast<std::size_t>(status)]; }
std::string_view text(ApprovalState state) { return approval_texts[static_cast<std::size_t>(state)]; }

bool retryable_status(int status) {
  return status == 408 || status == 425 || status == 429 || (status >= 500 && status <= 599);
}

Error decode_error(const Response& response) {
  const Result<json::Document> document = json::parse(response.body, response_limits);
  return error_of(response, document ? document->root() : json::Value());
}

Result<ActionResult> decode_action_result(const Response& response) {
  const Result<json::Document> document = json::parse(response.body, response_limits);
  const json::Value root = document ? document->root() : json::Value();
  const json::Value envelope = root["error"];
  if (envelope["code"].string() == text(Code::policy_denied)) {
    return denial_of(error_of(response, root), envelope["details"]);
  }
  if (!success_status(response.status)) return error_of(response, root);
  if (!document)
    return protocol_error("the service's action result does not parse: " + document.error().message);

  AnswerReader reader(root);
  if (!root.is_object()) reader.fault("it is " + std::string(describe(root.kind())) + ", not an object");
  if (envelope.present() && !envelope.is_null())
    reader.fault("it is an error with the HTTP status of success");
  const std::string status_text = reader.string({"status"});
  const std::string verdict = reader.string({"verdict"});
  ActionResult result{.status = ActionStatus::denied,
                      .audit_event_id = reader.string({"audit_event_id", "auditEventId"}),
                      .approval_id = reader.string({"approval_id", "approvalId"}),
                      .timeout_wall_ms = reader.time({"timeout_at", "timeoutAt"}),
                      .denial_reason = reader.string({"denial_reason"}),
                      .policy_name = reader.string({"policy_name"}),
                      .message = reader.string({"message"}),
                      .conditions = {},
                      .body = {}};
  const json::Value conditions = root["conditions_evaluated"];
  const bool wire_names = !status_text.empty() && !root["approvalId"].present() &&
                          !root["auditEventId"].present() && verdict.empty();
  // What is handed on as it came needs no second form of its longest part, except where a denial is made of
  // it.
  if (conditions.is_array()) {
    if (!wire_names || status_text != text(ActionStatus::executed))
      result.conditions = json::canonical(conditions);
  } else if (conditions.present() && !conditions.is_null()) {
    reader.fault("conditions_evaluated is " + std::string(describe(conditions.kind())) + ", not an array");
  }
  const bool pending_verdict = verdict == "pending_approval";
  const auto status = parse_enum<ActionStatus>(action_texts, status_text);
  if (!status && !(status_text.empty() && pending_verdict)) {
    reader.fault(status_text.empty() ? "it has no status" : "its status is unknown");
  }
  result.status = status.value_or(ActionStatus::requested);
  if (result.status == ActionStatus::executed) {
    check_executed(reader, response, root, verdict);
    if (result.audit_event_id.empty()) reader.fault("it says executed and names no audit event");
  } else if (pending_verdict && result.status != ActionStatus::requested) {
    reader.fault("its status and its verdict disagree");
  }
  if (result.status == ActionStatus::requested && result.approval_id.empty()) {
    reader.fault("it waits for an approval and names none");
  }
  if (!reader.ok()) return reader.error("action result");
  if (wire_names) {
    result.body = response.body;
  } else {
    write_result(result, root, {"verdict", "approvalId", "auditEventId", "timeoutAt"});
  }
  return result;
}

Result<Approval> decode_approval(const Response& response) {
  const Result<json::Document> document = json::parse(response.body, response_limits);
  const json::Value root = document ? document->root() : json::Value();
  if (!success_status(response.status)) return error_of(response, root);
  if (!document) return protocol_error("the service's approval does not parse: " + document.error().message);

  AnswerReader reader(root);
  if (!root.is_object()) reader.fault("it is " + std::string(describe(root.kind())) + ", not an object");
  if (root["error"].present() && !root["error"].is_null()) {
    reader.fault("it is an error with the HTTP status of success");
  }
  Approval approval{.approval_id = reader.string({"approval_id", "approvalId", "id"}),
                    .state = ApprovalState::pending,
                    .claimable = root["claimable"].present(),
                    .timeout_wall_ms = reader.time({"timeout_at", "timeoutAt"}),
                    .audit_event_id = reader.string({"audit_event_id", "auditEventId"}),
                    .policy_name = reader.string({"policy_name"}),
                    .decided_by = {},
                    .reason = {},
                    .body = response.body};
  // Who and why are for people: an unexpected form of them is no ground to distrust the rest.
  approval.decided_by = root["decided_by"].string();
  approval.reason = root["reason"].string();
  if (approval.claimable && !root["claimable"].is_boolean()) reader.fault("claimable is no boolean");
  const std::string state_text = reader.string({"status", "state"});
  const auto state = parse_enum<ApprovalState>(approval_texts, state_text);
  if (!state) reader.fault(state_text.empty() ? "it has no status" : "its status is unknown");
  approval.state = state.value_or(ApprovalState::denied);
  if (approval.approval_id.empty()) reader.fault("it does not say which approval it is");
  if (!reader.ok()) return reader.error("approval");
  return approval;
}

}  // namespace al::wire
