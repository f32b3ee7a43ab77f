#include "client/settlement.h"

#include "base/json_writer.h"
#include "wire/codes.h"

namespace al::client {

namespace {

// Shorter ones are no keys, and would be found in ordinary words.
constexpr std::size_t secret_bytes_min = 8;

std::string sentence_of(const wire::Approval& approval) {
  std::string out;
  switch (approval.state) {
    case wire::ApprovalState::denied:
      out = "a reviewer denied the action";
      break;
    case wire::ApprovalState::cancelled:
      out = "the approval was cancelled";
      break;
    case wire::ApprovalState::expired:
      out = "nobody decided on the approval while it was open";
      break;
    default:
      out = "the action is not approved";
      break;
  }
  if (!approval.decided_by.empty()) out += " (" + approval.decided_by + ")";
  if (!approval.reason.empty()) out += ": " + approval.reason;
  return out;
}

}  // namespace

Failure denial(const wire::ActionResult& result) {
  const std::string_view reason =
      result.denial_reason.empty() ? text(Code::policy_denied) : std::string_view(result.denial_reason);
  Failure failure{.error = {Code::policy_denied, result.message}};
  if (failure.error.message.empty()) failure.error.message = "the action was denied: " + std::string(reason);
  failure.is_denial = true;
  failure.reason = reason;
  failure.policy = result.policy_name;
  failure.conditions = result.conditions;
  failure.approval_id = result.approval_id;
  failure.audit_event_id = result.audit_event_id;
  return failure;
}

Failure denial(const wire::Approval& approval) {
  const bool expired = approval.state == wire::ApprovalState::expired;
  Failure failure{.error = {expired ? Code::approval_timeout : Code::policy_denied, sentence_of(approval)}};
  json::Writer(failure.error.details).begin_object().raw_field("approval", approval.body).end_object();
  failure.approval_id = approval.approval_id;
  failure.audit_event_id = approval.audit_event_id;
  if (expired) return failure;
  failure.is_denial = true;
  failure.reason =
      approval.state == wire::ApprovalState::cancelled ? "APPROVAL_CANCELLED" : "DENIED_BY_REVIEWER";
  failure.policy = approval.policy_name;
  return failure;
}

std::string to_json(const Failure& failure) {
  const Error& error = failure.error;
  const wire::CodeTraits traits = wire::traits(error.code);
  std::string out;
  json::Writer writer(out);
  writer.begin_object().field("code", text(error.code)).field("class", text(traits.error_class));
  writer.field("message", error.message).field("retryable", traits.retryable);
  writer.field_if("request_id", failure.request_id);
  if (failure.retry_after_ms) writer.field("retry_after_ms", *failure.retry_after_ms);
  if (!error.details.empty()) writer.raw_field("details", error.details);
  if (failure.is_denial) {
    writer.field("reason", failure.reason);
    writer.key("policy");
    if (failure.policy.empty()) {
      writer.null();
    } else {
      writer.value(failure.policy);
    }
    writer.raw_field("conditions", failure.conditions.empty() ? "[]" : failure.conditions);
  }
  writer.field_if("approval_id", failure.approval_id).field_if("audit_event_id", failure.audit_event_id);
  writer.end_object();
  return out;
}

void scrub(std::string& text, std::string_view secret) {
  if (secret.size() < secret_bytes_min) return;
  constexpr std::string_view redacted = "[redacted]";
  for (std::size_t at = text.find(secret); at != std::string::npos;
       at = text.find(secret, at + redacted.size())) {
    text.replace(at, secret.size(), redacted);
  }
}

}  // namespace al::client
