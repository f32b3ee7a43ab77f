#include "wire/realtime.h"

#include <algorithm>
#include <array>

#include "base/json_reader.h"
#include "base/json_writer.h"
#include "wire/limits.h"
#include "wire/results.h"

namespace al::wire {
namespace {

// Documented by the hosted service, then those that this project defined.
constexpr std::array<std::string_view, 12> types{
    "action.denied",      "action.executed",  "delegation.expired",    "delegation.revoked",
    "policy.changed",     "anomaly.detected", "enforcement.triggered",  //
    "approval.requested", "approval.decided", "approval.expired",      "approval.cancelled",
    "outcome.reported"};

Error broken(std::string_view what) {
  return Error{Code::protocol_error, "a realtime frame is not what it must be: " + std::string(what)};
}

void nullable(json::Writer& writer, std::string_view name, std::string_view text) {
  writer.key(name);
  if (text.empty()) {
    writer.null();
  } else {
    writer.value(text);
  }
}

/// A text, or null, or nothing: "" for the last two.
std::string optional_text(json::ObjectReader& in, std::string_view name, std::size_t bytes_max) {
  const json::Value value = in.any(name);
  if (!value.present() || value.is_null()) return {};
  if (!value.is_string() || value.string().empty() || value.string().size() > bytes_max) {
    in.fault(name, "must be null or a text of 1 to " + std::to_string(bytes_max) + " bytes");
  }
  return std::string(value.string());
}

std::optional<std::vector<std::string>> event_list(json::ObjectReader& in) {
  const json::Value list = in.any("events");
  if (!list.present() || list.is_null()) return {};
  if (!list.is_array() || list.size() == 0 || list.size() > filter_events_max) {
    in.fault("events",
             "must be null (all) or a list of 1 to " + std::to_string(filter_events_max) + " event types");
    return {};
  }
  const std::vector<std::string_view> known(types.begin(), types.end());
  std::vector<std::string> out;
  for (const json::Value item : list.items()) {
    out.emplace_back(item.string());
    if (std::find(types.begin(), types.end(), out.back()) != types.end()) continue;
    std::string message = "there is no event type \"" + out.back() + "\"";
    if (const std::string_view meant = json::closest(out.back(), known); !meant.empty()) {
      message += "; did you mean \"" + std::string(meant) + "\"?";
    }
    in.fault("events", std::move(message));
  }
  return out;
}

void read_wishes(json::ObjectReader& in, Subscribe& out) {
  out.org_id = optional_text(in, "org_id", name_bytes_max);
  out.events = event_list(in);
  out.agent_id = optional_text(in, "agent_id", name_bytes_max);
  const json::Value after = in.any("after");
  if (!after.present() || after.is_null()) return;
  out.after = after.as_uint64();
  if (!out.after || *out.after > seq_max) in.fault("after", "must be null or the number of a row");
}

bool read_seq(json::Value root, std::uint64_t& out) {
  const std::optional<std::uint64_t> seq = root["seq"].as_uint64();
  if (!seq || *seq > seq_max) return false;
  out = *seq;
  return true;
}

std::string rewrite_event(json::Value root, std::uint64_t seq) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().field("seq", seq).field("event_type", root["event_type"].string());
  writer.field("agent_id", root["agent_id"].string()).field("timestamp", root["timestamp"].string());
  writer.field("data", root["data"]).end_object();
  return out;
}

}  // namespace

std::span<const std::string_view> event_types() { return types; }

Result<std::string> events_url(std::string_view base_url) {
  std::string scheme;
  for (const std::string_view plain : {"https://", "http://"}) {
    if (!base_url.starts_with(plain)) continue;
    base_url.remove_prefix(plain.size());
    scheme = plain == "https://" ? "wss://" : "ws://";
  }
  if (scheme.empty())
    return Error{Code::invalid_argument, "events need a base_url that begins with http:// or https://"};
  while (base_url.ends_with('/')) base_url.remove_suffix(1);
  return scheme + std::string(base_url) + std::string(events_target);
}

std::string write_subscribe(const Subscribe& subscribe) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().field("type", "subscribe").field("token", subscribe.token);
  nullable(writer, "org_id", subscribe.org_id);
  if (subscribe.events) {
    writer.strings("events", *subscribe.events);
  } else {
    writer.key("events").null();
  }
  nullable(writer, "agent_id", subscribe.agent_id);
  writer.key("after");
  if (subscribe.after) {
    writer.value(*subscribe.after);
  } else {
    writer.null();
  }
  writer.end_object();
  return out;
}

Result<Subscribe> read_subscribe(json::Value frame) {
  std::vector<json::Fault> faults;
  json::ObjectReader in(frame, "", faults);
  Subscribe out;
  in.any("type");
  out.token = in.required_string("token");
  read_wishes(in, out);
  in.finish();
  if (faults.empty()) return out;
  return json::faults_error(Code::invalid_request, "the subscription is not valid", faults);
}

Result<Subscribe> read_filter(std::string_view json) {
  const Result<json::Document> document = json::parse(json, {.bytes_max = client_frame_bytes_max});
  if (!document) return Error{Code::invalid_argument, document.error().message};
  std::vector<json::Fault> faults;
  json::ObjectReader in(document->root(), "", faults);
  Subscribe out;
  read_wishes(in, out);
  in.finish();
  if (faults.empty()) return out;
  return json::faults_error(Code::invalid_argument, "the subscription is not valid", faults);
}

Result<ServerFrame> read_server_frame(std::string_view text) {
  const Result<json::Document> document = json::parse(text, response_limits);
  if (!document) return broken(document.error().message);
  const json::Value root = document->root();
  const std::string_view type = root["type"].string();
  if (type.empty()) return broken("it has no type");
  using enum ServerFrame::Kind;
  ServerFrame frame;
  if (type == "error") {
    frame.kind = error;
    // The same envelope as in an answer; a code that nobody knows is the service's own trouble.
    frame.error = decode_error({.status = 500, .body = std::string(text)});
    return frame;
  }
  if (type == "ready") {
    frame.kind = ready;
    frame.org_id = root["org_id"].string();
  } else if (type == "event") {
    frame.kind = event;
    if (root["event_type"].string().empty()) return broken("an event has no type");
    if (!parse_rfc3339(root["timestamp"].string())) return broken("an event has no timestamp");
    if (!root["data"].is_object()) return broken("an event has no data");
  } else if (type == "heartbeat") {
    frame.kind = heartbeat;
  } else {
    return frame;
  }
  if (!read_seq(root, frame.seq)) return broken("\"" + std::string(type) + "\" without a seq");
  if (frame.kind == event) frame.event = rewrite_event(root, frame.seq);
  return frame;
}

std::string write_ready(std::string_view org_id, std::uint64_t seq) {
  std::string out;
  json::Writer(out)
      .begin_object()
      .field("type", "ready")
      .field("org_id", org_id)
      .field("seq", seq)
      .end_object();
  return out;
}

std::string write_event(std::uint64_t seq, std::string_view event_type, std::string_view agent_id,
                        Millis wall_ms, json::Value data) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().field("type", "event").field("seq", seq).field("event_type", event_type);
  writer.field("agent_id", agent_id)
      .field("timestamp", format_rfc3339(wall_ms))
      .field("data", data)
      .end_object();
  return out;
}

std::string write_heartbeat(std::uint64_t seq) {
  std::string out;
  json::Writer(out).begin_object().field("type", "heartbeat").field("seq", seq).end_object();
  return out;
}

std::string write_error(const Error& error) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().field("type", "error").key("error").begin_object();
  writer.field("code", text(error.code)).field("message", error.message);
  if (!error.details.empty()) writer.raw_field("details", error.details);
  writer.end_object().end_object();
  return out;
}

}  // namespace al::wire
