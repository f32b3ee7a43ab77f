#include "engine/context.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <utility>

#include "audit/canonical.h"
#include "base/bytes.h"
#include "engine/openapi.h"

namespace al::engine {

std::optional<std::string_view> Engine::Context::query(std::string_view name) const {
  for (const auto& [key, value] : route.query) {
    if (key == name) return value;
  }
  return {};
}

Result<std::int64_t> Engine::Context::query_integer(std::string_view name, std::int64_t fallback,
                                                    std::int64_t min, std::int64_t max) const {
  const std::optional<std::string_view> text = query(name);
  if (!text) return fallback;
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (problem == std::errc() && end == text->data() + text->size() && value >= min && value <= max)
    return value;
  return Error{Code::invalid_request, "the query parameter \"" + std::string(name) +
                                          "\" must be a whole number from " + std::to_string(min) + " to " +
                                          std::to_string(max)};
}

Status Engine::Context::only_known_query() const {
  if (route.query.empty()) return Unit{};
  const std::vector<std::string_view> known = field_names(words(route.endpoint).query);
  for (const auto& [key, value] : route.query) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    std::string message = "the query parameter \"" + key + "\" is not known here";
    const std::string_view suggestion = json::closest(key, known);
    if (!suggestion.empty()) message.append("; did you mean \"").append(suggestion).append("\"?");
    return Error{Code::invalid_request, std::move(message)};
  }
  return Unit{};
}

const audit::Row* Engine::Context::row(std::uint64_t row_id) {
  const audit::Row* row = ledger.find(row_id);
  if (row == nullptr) row = again.recall.find(row_id);
  if (row != nullptr) {
    row_bytes += row->text.size() + row->openings.size();
    ++rows_seen;
    return row;
  }
  again.recall.want(row_id);
  lacks_rows = true;
  return nullptr;
}

bool Engine::Context::has_leaf(std::uint64_t row_id) {
  if (row_id >= ledger.tree().first_leaf() || again.recall.pages().contains(row_id / Ledger::page_rows))
    return true;
  again.recall.want(row_id);
  lacks_rows = true;
  return false;
}

audit::DecodedRow own(const audit::Row& row) {
  Result<audit::DecodedRow> decoded = audit::decode(row.text);
  assert(decoded);
  return std::move(*decoded);
}

OwnRow take_apart(const audit::Row& row) {
  Result<json::Document> openings = json::parse(
      row.openings.empty() ? std::string_view("{}") : std::string_view(row.openings), audit::row_limits);
  assert(openings);
  return {own(row), std::move(*openings)};
}

std::string without(const audit::Row& row, const std::set<std::string>& fields) {
  const OwnRow own = take_apart(row);
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  for (const auto& [field, opening] : own.openings.root().members()) {
    if (!fields.contains(std::string(field))) writer.raw_field(field, json::canonical(opening));
  }
  writer.end_object();
  return out == "{}" ? std::string() : out;
}

std::string canonical_or_empty(json::Value value) {
  return value.present() ? json::canonical(value) : std::string();
}

std::string agent_of(const audit::Row& row) { return audit::unescaped(audit::agent_of(row.text)); }

std::string_view bounded_text(json::ObjectReader& in, std::string_view name, std::size_t bytes_max,
                              bool required) {
  const std::string_view text =
      required ? in.required_string(name) : in.string(name).value_or(std::string_view());
  if (text.size() <= bytes_max) return text;
  in.fault(name, "must have at most " + std::to_string(bytes_max) + " bytes");
  return {};
}

std::vector<std::string> read_capabilities(json::ObjectReader& in, std::string_view name) {
  std::vector<std::string> texts = in.strings(name).value_or(std::vector<std::string>());
  if (texts.size() > wire::capabilities_max) {
    in.fault(name, "must have at most " + std::to_string(wire::capabilities_max) + " entries");
  }
  for (const std::string& text : texts) {
    if (policy::Pattern::parse(text)) continue;
    std::string shown;
    json::append_string(shown, text);
    in.fault(name, shown + " is no action type and no pattern such as \"pr.*\"");
  }
  return texts;
}

std::vector<policy::Pattern> parse_patterns(const std::vector<std::string>& texts) {
  std::vector<policy::Pattern> out;
  for (const std::string& text : texts) {
    std::optional<policy::Pattern> pattern = policy::Pattern::parse(text);
    if (pattern) out.push_back(std::move(*pattern));
  }
  return out;
}

void write_delegation(json::Writer& writer, const delegation::Delegation& delegation) {
  writer.begin_object().field("id", delegation.delegation_id).field("name", delegation.name);
  writer.field("agent_id", delegation.agent_id).field_if("parent_id", delegation.parent_id);
  writer.key("capabilities").begin_array();
  for (const policy::Pattern& capability : delegation.capabilities)
    writer.value(std::string_view(capability.text()));
  writer.end_array();
  writer.field("depth", delegation.depth).field("active", delegation.state == delegation::State::live);
  writer.field("status", delegation::text(delegation.state));
  writer.field("created_at", format_rfc3339(delegation.created_ms));
  writer.field("expires_at", format_rfc3339(delegation.expires_ms)).end_object();
}

void write_policy(json::Writer& writer, const policy::Policy& policy) {
  const bool approval_required =
      policy.effect == policy::Effect::require_approval ||
      (policy.effect == policy::Effect::conditional && policy.on_fail == policy::Effect::require_approval);
  writer.begin_object().field("name", policy.name).field("action_type", policy.action_type.text());
  writer.field("effect", policy::text(policy.effect)).field("approval_required", approval_required);
  writer.field("enabled", policy.enabled).field_if("description", policy.description);
  writer.field("digest", to_hex(policy.digest)).raw_field("policy", policy.source).end_object();
}

}  // namespace al::engine
