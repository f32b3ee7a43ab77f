// Reports: what came of an action that was let run.
#include <utility>

#include "engine/context.h"

namespace al::engine {
namespace {

/// Whether the action was that of this sub-agent, or of one below it. The agent itself ("") speaks for all.
bool done_as(const audit::Row& decided, const std::string& delegation_id) {
  if (delegation_id.empty()) return true;
  const audit::DecodedRow row = own(decided);
  for (const json::Value link : row.facts["delegation_chain"].items()) {
    if (link.string() == delegation_id) return true;
  }
  return false;
}

}  // namespace

Answer Engine::report(Context& context) {
  std::vector<json::Fault> faults;
  json::ObjectReader in(context.body.root(), "", faults);
  const std::string audit_event_id(in.required_string("audit_event_id"));
  const std::string_view status = in.required_string("status");
  if (!status.empty() && status != "success" && status != "failure" && status != "partial") {
    in.fault("status", "must be \"success\", \"failure\" or \"partial\"");
  }
  const std::string_view message = bounded_text(in, "message", wire::reason_bytes_max, false);
  const json::Value metadata = in.object("metadata");
  in.finish();
  if (!faults.empty())
    return answer(json::faults_error(Code::invalid_request, "the report is not valid", faults));

  const std::string& agent_id = context.principal.agent->agent_id;
  const audit::Row* decided = decision(context, audit_event_id);
  const std::optional<Used> before = used(context, context.request.event_id);
  if (context.lacks_rows) return {};
  if (!decided || agent_of(*decided) != agent_id || !done_as(*decided, context.request.delegation_id)) {
    return answer(Error{Code::forbidden, "this agent has no such audit event"});
  }
  const auto reported = [](Millis wall_ms, std::uint64_t row_id, std::string_view event) {
    std::string body;
    json::Writer writer(body);
    writer.begin_object().field("audit_event_id", event).field("reported_at", format_rfc3339(wall_ms));
    writer.field("row_id", row_id).end_object();
    return answer(201, std::move(body));
  };
  const Digest digest = sha256(json::canonical(context.body.root()));
  if (before && before->request_digest != digest) {
    return answer(Error{Code::idempotency_mismatch, "this idempotency key was used for another request"});
  }
  if (before) return reported(before->wall_ms, before->row_id, audit_event_id);
  emit(context, OutcomeReported{.audit_event_id = audit_event_id,
                                .agent_id = agent_id,
                                .event_id = context.request.event_id,
                                .status = std::string(status),
                                .request_digest = digest,
                                .message = std::string(message),
                                .metadata = canonical_or_empty(metadata)});
  const std::uint64_t row_id = ledger_.size() - 1;
  settle_circuit(context, agent_id);
  return reported(context.now_ms, row_id, audit_event_id);
}

}  // namespace al::engine
