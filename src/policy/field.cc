#include "policy/field.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/json_reader.h"
#include "base/time.h"

namespace al::policy {

namespace {

constexpr std::size_t field_bytes_max = 256;
constexpr int path_names_max = 16;

struct KernelField {
  std::string_view text;
  FieldId id;
  FieldType type;
};

constexpr std::array kernel_fields{
    KernelField{"data.max_sensitivity", FieldId::data_max_sensitivity, FieldType::sensitivity},
    KernelField{"data.total_count", FieldId::data_total_count, FieldType::count},
    KernelField{"data.types", FieldId::data_types, FieldType::list},
    KernelField{"agent.id", FieldId::agent_id, FieldType::text},
    KernelField{"agent.name", FieldId::agent_name, FieldType::text},
    KernelField{"delegation.id", FieldId::delegation_id, FieldType::text},
    KernelField{"delegation.name", FieldId::delegation_name, FieldType::text},
    KernelField{"delegation.depth", FieldId::delegation_depth, FieldType::count},
    KernelField{"time.hour", FieldId::time_hour, FieldType::hour},
    KernelField{"time.weekday", FieldId::time_weekday, FieldType::weekday},
    // Of rate.last_… these are examples: parse_rate() takes 1–60s, 1–60m and 1–24h.
    KernelField{"rate.last_60s", FieldId::rate_last, FieldType::count},
    KernelField{"rate.last_60m", FieldId::rate_last, FieldType::count},
    KernelField{"rate.last_24h", FieldId::rate_last, FieldType::count},
};
constexpr std::string_view rate_prefix = "rate.last_";

constexpr std::array<std::string_view, 5> reserved_spaces{"data", "agent", "delegation", "time", "rate"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// True when one letter added, left out or changed makes `a` of `b`; the case of letters is ignored.
bool nearly_equal(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1) return false;
  std::size_t i = 0;
  while (i < a.size() && lower(a[i]) == lower(b[i])) ++i;
  const std::string_view rest_a = a.substr(std::min(a.size(), a.size() == b.size() ? i + 1 : i));
  const std::string_view rest_b = b.substr(std::min(b.size(), i + 1));
  return std::equal(rest_a.begin(), rest_a.end(), rest_b.begin(), rest_b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string known_fields_of(std::string_view space) {
  std::string out;
  for (const KernelField& known : kernel_fields) {
    if (!space.empty() && known.text.substr(0, known.text.find('.')) != space) continue;
    out.append(out.empty() ? "" : ", ").append(known.text);
  }
  return out;
}

std::string unknown_kernel_field(std::string_view text, std::string_view space) {
  std::vector<std::string_view> names;
  for (const KernelField& known : kernel_fields) names.push_back(known.text);
  const std::string_view suggestion = json::closest(text, names);
  std::string message = "is not a known field";
  if (!suggestion.empty()) message.append("; did you mean \"").append(suggestion).append("\"?");
  message += "; known are " + known_fields_of(space);
  if (space == "rate") message += " (1–60 s, 1–60 m, 1–24 h)";
  message.append(" (write \"metadata.").append(text).append("\" for a member of metadata)");
  return message;
}

/// The kernel's field that somebody meant who wrote "agnt.id" or "times.hour", or empty.
std::string mistyped_space(std::string_view text, std::string_view space) {
  if (space.size() == text.size()) return {};
  const std::string_view rest = text.substr(space.size());
  if (nearly_equal(space, "metadata")) return "metadata" + std::string(rest);
  for (const KernelField& known : kernel_fields) {
    const std::string_view known_space = known.text.substr(0, known.text.find('.'));
    if (known.text.substr(known_space.size()) == rest && nearly_equal(space, known_space))
      return std::string(known.text);
  }
  return {};
}

/// Takes the first name from a path.
std::string_view take_name(std::string_view& path) {
  const std::string_view name = path.substr(0, path.find('.'));
  path.remove_prefix(std::min(name.size() + 1, path.size()));
  return name;
}

std::optional<Field> parse_path(std::string_view text, std::string_view path, std::string& fault) {
  if (path.empty() || path.front() == '.' || path.back() == '.' ||
      path.find("..") != std::string_view::npos) {
    fault = "has an empty name between its dots";
    return {};
  }
  if (std::count(path.begin(), path.end(), '.') >= path_names_max) {
    fault = "goes deeper than " + std::to_string(path_names_max) + " names";
    return {};
  }
  return Field{.path_at = static_cast<std::uint8_t>(text.size() - path.size()), .text = text};
}

}  // namespace

std::string Field::key() const {
  if (id == FieldId::rate_last) return std::string(rate_prefix) + window.text();
  if (id != FieldId::metadata) return std::string(text);
  return "metadata." + std::string(path());
}

bool Field::always_exists() const {
  return id == FieldId::agent_id || id == FieldId::delegation_depth || id == FieldId::time_hour ||
         id == FieldId::time_weekday || id == FieldId::rate_last;
}

namespace {

std::optional<Field> parse_rate(std::string_view text, std::string& fault) {
  if (text.starts_with(rate_prefix)) {
    if (const std::optional<RateWindow> window = RateWindow::parse(text.substr(rate_prefix.size()))) {
      return Field{.id = FieldId::rate_last, .type = FieldType::count, .window = *window, .text = text};
    }
  }
  fault = unknown_kernel_field(text, "rate");
  return {};
}

/// "time.hour" or "time.hour@Europe/Berlin".
std::optional<Field> parse_kernel_field(std::string_view text, std::string_view space, std::string& fault) {
  const std::size_t at = space == "time" ? text.find('@') : std::string_view::npos;
  const std::string_view name = text.substr(0, at);
  const auto known = std::find_if(kernel_fields.begin(), kernel_fields.end(),
                                  [&](const KernelField& each) { return each.text == name; });
  if (known == kernel_fields.end()) {
    fault = unknown_kernel_field(name, space);
    return {};
  }
  Field field{.id = known->id, .type = known->type, .text = text};
  if (at == std::string_view::npos) return field;
  const std::string_view zone = text.substr(at + 1);
  field.zone = rare(TimeZone::named(zone));
  if (field.zone) return field;
  fault = "names no time zone that is known here";
  if (const std::string_view meant = TimeZone::suggest(zone); !meant.empty()) {
    fault.append("; did you mean \"").append(name).append("@").append(meant).append("\"?");
  }
  fault += " (zones are those of the IANA database, such as \"Europe/Berlin\")";
  return {};
}

}  // namespace

std::optional<Field> parse_field(std::string_view text, std::string& fault) {
  if (text.size() > field_bytes_max) {
    fault = "is longer than " + std::to_string(field_bytes_max) + " bytes";
    return {};
  }
  if (std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; })) {
    fault = "has a control character";
    return {};
  }
  const std::string_view space = text.substr(0, text.find('.'));
  if (space == "metadata") {
    if (space.size() != text.size()) return parse_path(text, text.substr(space.size() + 1), fault);
    fault = "needs the name of a member, as in \"metadata.pr_size\"";
    return {};
  }
  if (std::find(reserved_spaces.begin(), reserved_spaces.end(), space) != reserved_spaces.end()) {
    return space == "rate" ? parse_rate(text, fault) : parse_kernel_field(text, space, fault);
  }
  if (const std::string meant = mistyped_space(text, space); !meant.empty()) {
    fault = "is in no known field space; did you mean \"" + meant + "\"? (write \"metadata." +
            std::string(text) + "\" for a member of metadata)";
    return {};
  }
  return parse_path(text, text, fault);
}

namespace {

Fact found(Scalar scalar) {
  Fact fact;
  fact.state = Fact::State::found;
  fact.scalar = scalar;
  return fact;
}

Fact found_text(std::string_view text) {
  Fact fact = found(Scalar::of(text));
  if (text.empty()) fact.state = Fact::State::absent;
  return fact;
}

Fact without(Fact::State state, std::string_view complaint, json::Value value = {}) {
  Fact fact;
  fact.state = state;
  fact.complaint = complaint;
  fact.value = value;
  return fact;
}

Fact member_of_metadata(const Field& field, json::Value metadata) {
  json::Value value = metadata;
  for (std::string_view path = field.path(); !path.empty();) value = value[take_name(path)];
  // Null is how many languages write "there is none".
  if (!value.present() || value.is_null()) return without(Fact::State::missing, {}, value);
  Fact fact = found(Scalar::of(value));
  fact.value = value;
  return fact;
}

Fact max_sensitivity(json::Value data) {
  std::int64_t highest = 0;
  for (const json::Value item : data.items()) {
    const json::Value sensitivity = item["sensitivity"];
    const std::int64_t rank = rank_of(sensitivity.string(), sensitivity_names());
    // One unknown sensitivity could be the highest.
    if (!sensitivity.present())
      return without(Fact::State::malformed, "an item of data_accessed has no sensitivity");
    if (rank < 0) {
      return without(Fact::State::malformed, "an item of data_accessed has an unknown sensitivity",
                     sensitivity);
    }
    highest = std::max(highest, rank);
  }
  return found(Scalar::of_ordinal(highest));
}

Fact total_count(json::Value data) {
  std::int64_t sum = 0;
  for (const json::Value item : data.items()) {
    const json::Value count = item["count"];
    // What is not counted may be any number.
    if (!count.present()) return without(Fact::State::malformed, "an item of data_accessed has no count");
    const std::optional<std::int64_t> number = count.as_int64();
    if (!number || *number < 0) {
      return without(Fact::State::malformed, "an item of data_accessed has a count that is no whole number",
                     count);
    }
    if (*number > INT64_MAX - sum) {
      return without(Fact::State::malformed, "the counts of data_accessed add up to more than 64 bits",
                     count);
    }
    sum += *number;
  }
  return found(Scalar::of_ordinal(sum));
}

Fact types(json::Value data) {
  for (const json::Value item : data.items()) {
    if (!item["type"].is_string()) {
      return without(Fact::State::malformed, "an item of data_accessed has no type", item["type"]);
    }
  }
  Fact fact = found({});
  fact.value = data;
  fact.items_are_data = true;
  return fact;
}

Fact about_data(FieldId id, json::Value data) {
  if (!data.present() || data.is_null())
    return without(Fact::State::missing, "the action does not name data_accessed");
  if (!data.is_array()) return without(Fact::State::malformed, "data_accessed is not an array");
  if (id == FieldId::data_max_sensitivity) return max_sensitivity(data);
  return id == FieldId::data_total_count ? total_count(data) : types(data);
}

}  // namespace

namespace {

CivilTime civil(const Field& field, Millis wall_ms) {
  return field.zone ? field.zone->civil(wall_ms) : civil_utc(wall_ms);
}

}  // namespace

Fact look_up(const Field& field, const Action& action) {
  switch (field.id) {
    case FieldId::metadata:
      return member_of_metadata(field, action.metadata);
    case FieldId::data_max_sensitivity:
    case FieldId::data_total_count:
    case FieldId::data_types:
      return about_data(field.id, action.data_accessed);
    case FieldId::agent_id:
      return found_text(action.agent_id);
    case FieldId::agent_name:
      return found_text(action.agent_name);
    case FieldId::delegation_id:
      return found_text(action.delegation_id);
    case FieldId::delegation_name:
      return found_text(action.delegation_name);
    case FieldId::delegation_depth:
      return found(Scalar::of_ordinal(action.delegation_depth));
    case FieldId::time_hour:
      return found(Scalar::of_ordinal(civil(field, action.wall_ms).hour));
    case FieldId::time_weekday: {
      const auto weekday = static_cast<std::size_t>(civil(field, action.wall_ms).iso_weekday - 1);
      return found(Scalar::of(weekday_names()[weekday]));
    }
    case FieldId::rate_last:
      return found(Scalar::of_ordinal(action.rates ? action.rates->count(action.action_type, field.window,
                                                                         action.wall_ms, action.counted_ms)
                                                   : 0));
  }
  return {};
}

}  // namespace al::policy
