#include "engine/openapi.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "base/json_writer.h"
#include "wire/codes.h"

namespace al::engine {
namespace {

using wire::Endpoint;

constexpr std::array table{
    EndpointWords{Endpoint::post_action, "Submits an action; says what became of it.", "",
                  "action_type! metadata:object data_accessed:array"},
    EndpointWords{Endpoint::list_approvals, "A page of approvals.", "status cursor limit:integer", ""},
    EndpointWords{Endpoint::get_approval, "An approval; with wait, held until it is decided.", "wait:integer",
                  ""},
    EndpointWords{Endpoint::decide_approval, "Approves or denies.", "", "decision! reason"},
    EndpointWords{Endpoint::claim_approval, "Uses an approval up, once.", "", "claim_id!"},
    EndpointWords{Endpoint::whoami, "Who asks.", "", ""},
    EndpointWords{Endpoint::list_policies, "Policies, own or of the organisation.", "scope", ""},
    EndpointWords{Endpoint::replace_policies, "Makes these all the policies there are.", "", "*"},
    EndpointWords{Endpoint::put_policy, "Stores a policy.", "", "*"},
    EndpointWords{Endpoint::delete_policy, "Removes a policy.", "", ""},
    EndpointWords{Endpoint::can_i, "A dry run; nothing is recorded.", "",
                  "action_type! metadata:object data_accessed:array"},
    EndpointWords{Endpoint::list_audit, "A page of events, newest first.", "cursor limit:integer action_type",
                  ""},
    EndpointWords{Endpoint::verify_audit, "The service's own word on its ledger.", "", ""},
    EndpointWords{Endpoint::get_checkpoint, "Size and root of the tree, signed where there is a signer.", "",
                  ""},
    EndpointWords{Endpoint::get_receipt, "An action's latest row, with the proof of its inclusion.", "", ""},
    EndpointWords{Endpoint::list_entries, "Rows as they are.", "from:integer limit:integer form", ""},
    EndpointWords{Endpoint::inclusion_proof, "That a row is in a tree.", "row:integer size:integer", ""},
    EndpointWords{Endpoint::consistency_proof, "That a tree extends an earlier one.",
                  "from:integer to:integer", ""},
    EndpointWords{Endpoint::create_delegation, "Makes a sub-agent.", "",
                  "name! capabilities!:array ttl!:integer"},
    EndpointWords{Endpoint::list_delegations, "Delegations given or held.", "role active_only:boolean", ""},
    EndpointWords{Endpoint::revoke_delegation, "Ends a delegation and all below it.", "", ""},
    EndpointWords{Endpoint::report, "Reports what came of an action.", "",
                  "audit_event_id! status! message metadata:object"},
    EndpointWords{Endpoint::posture, "How well the organisation is governed.", "agent", ""},
    EndpointWords{Endpoint::register_agent, "Registers an agent; its key is in the answer, this once.", "",
                  "name! capabilities:array issue_key:boolean"},
    EndpointWords{Endpoint::halt_agent, "Denies every action of an agent.", "", ""},
    EndpointWords{Endpoint::resume_agent, "Lets an agent go on.", "", ""},
    EndpointWords{Endpoint::revoke_key, "Revokes a key, with effect on the next request.", "", ""},
    EndpointWords{Endpoint::register_operator, "Registers an operator; its key is in the answer, this once.",
                  "", "name! roles:array issue_key:boolean"},
    EndpointWords{Endpoint::redact_row, "Removes what a row commits to, for good.", "",
                  "row_id!:integer fields!:array reason"},
    EndpointWords{Endpoint::get_settings, "The limits of approvals, circuit breakers and anomalies.", "", ""},
    EndpointWords{Endpoint::put_settings, "Makes these the limits; what is left out takes its default.", "",
                  "anomalies:object approvals:object breaker:object"},
    EndpointWords{Endpoint::openapi, "This document.", "", ""},
    EndpointWords{Endpoint::healthz, "Answers while the service runs.", "", ""},
    EndpointWords{Endpoint::readyz, "Whether requests are answered: not while the ledger refuses rows.", "",
                  ""},
};

struct Field {
  std::string_view name;
  std::string_view type;
  bool required;
};

std::vector<Field> fields_of(std::string_view text) {
  std::vector<Field> out;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const std::size_t colon = word.find(':');
    std::string_view name = word.substr(0, colon);
    const bool required = name.ends_with('!');
    name.remove_suffix(required ? 1 : 0);
    out.push_back({name, colon == std::string_view::npos ? "string" : word.substr(colon + 1), required});
  }
  return out;
}

std::string_view caller(wire::Audience audience) {
  switch (audience) {
    case wire::Audience::agent:
      return "agent";
    case wire::Audience::operator_:
      return "operator";
    case wire::Audience::owner:
      return "operator with the role owner";
    case wire::Audience::any_principal:
      return "agent or operator";
    case wire::Audience::anyone:
      break;
  }
  return "anyone";
}

/// "/approvals/{}/claim" with a name in each hole.
std::string named_path(std::string_view path) {
  std::string out(wire::api_root);
  int hole = 0;
  for (std::size_t at = path.find("{}"); at != std::string_view::npos; at = path.find("{}")) {
    out.append(path.substr(0, at)).append(++hole == 1 ? "{id}" : "{key_id}");
    path.remove_prefix(at + 2);
  }
  return out.append(path);
}

void write_parameter(json::Writer& writer, std::string_view name, std::string_view in, std::string_view type,
                     bool required) {
  writer.begin_object().field("name", name).field("in", in).field("required", required);
  writer.key("schema").begin_object().field("type", type).end_object().end_object();
}

void write_body(json::Writer& writer, std::string_view body) {
  writer.key("requestBody").begin_object().field("required", true).key("content").begin_object();
  writer.key(wire::media_type::json).begin_object().key("schema").begin_object();
  if (body != "*") {
    const std::vector<Field> fields = fields_of(body);
    writer.field("type", "object").field("additionalProperties", false);
    writer.key("required").begin_array();
    for (const Field& field : fields) {
      if (field.required) writer.value(field.name);
    }
    writer.end_array().key("properties").begin_object();
    for (const Field& field : fields)
      writer.key(field.name).begin_object().field("type", field.type).end_object();
    writer.end_object();
  }
  writer.end_object().end_object().end_object().end_object();
}

void write_operation(json::Writer& writer, const wire::EndpointTraits& endpoint) {
  const EndpointWords& said = words(endpoint.endpoint);
  std::string method(wire::text(endpoint.method));
  std::transform(method.begin(), method.end(), method.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  writer.key(method).begin_object().field("operationId", endpoint.name).field("summary", said.summary);
  writer.field("description", "For: " + std::string(caller(endpoint.audience)) + ".");
  if (endpoint.audience == wire::Audience::anyone) writer.key("security").begin_array().end_array();
  writer.key("parameters").begin_array();
  const std::string path = named_path(endpoint.path);
  for (const std::string_view name : {"id", "key_id"}) {
    if (path.find("{" + std::string(name) + "}") != std::string::npos)
      write_parameter(writer, name, "path", "string", true);
  }
  for (const Field& field : fields_of(said.query))
    write_parameter(writer, field.name, "query", field.type, field.required);
  writer.end_array();
  if (!said.body.empty()) write_body(writer, said.body);
  writer.key("responses").begin_object().key("2XX").begin_object().field("description", "Done.").end_object();
  writer.key("default").begin_object().field("$ref", "#/components/responses/Error").end_object();
  writer.end_object().end_object();
}

}  // namespace

const EndpointWords& words(Endpoint endpoint) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const EndpointWords& each) { return each.endpoint == endpoint; });
  assert(found != table.end());
  return *found;
}

std::vector<std::string_view> field_names(std::string_view fields) {
  std::vector<std::string_view> out;
  for (const Field& field : fields_of(fields)) out.push_back(field.name);
  return out;
}

std::string openapi_document() {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().field("openapi", "3.1.0").key("info").begin_object();
  writer.field("title", "AgentLattice").field("version", "1").end_object();
  writer.key("security").begin_array().begin_object().key("key").begin_array().end_array().end_object();
  writer.end_array().key("paths").begin_object();
  const std::span<const wire::EndpointTraits> endpoints = wire::endpoints();
  for (auto at = endpoints.begin(); at != endpoints.end(); ++at) {
    const auto same_path = [&](const wire::EndpointTraits& each) { return each.path == at->path; };
    if (std::any_of(endpoints.begin(), at, same_path)) continue;  // Written with the first of them.
    writer.key(named_path(at->path)).begin_object();
    for (const wire::EndpointTraits& each : endpoints) {
      if (same_path(each)) write_operation(writer, each);
    }
    writer.end_object();
  }
  writer.end_object().key("components").begin_object();
  writer.key("securitySchemes").begin_object().key("key").begin_object();
  writer.field("type", "http").field("scheme", "bearer").end_object().end_object();
  writer.key("responses").begin_object().key("Error").begin_object().field("description", "What went wrong.");
  writer.key("content")
      .begin_object()
      .key(wire::media_type::json)
      .begin_object()
      .raw_field(
          "schema",
          R"({"type":"object","required":["error"],"properties":{"error":{"type":"object","required":["code","message"],"properties":{"code":{"type":"string"},"message":{"type":"string"},"details":{"type":"object"}}}}})");
  writer.end_object().end_object().end_object().end_object().end_object().end_object();
  return out;
}

}  // namespace al::engine
