#include "base/json_reader.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "base/json_writer.h"

namespace al::json {

std::string pointer_to(std::string_view base, std::string_view name) {
  std::string out(base);
  out += '/';
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string pointer_to(std::string_view base, std::size_t index) {
  return std::string(base) + '/' + std::to_string(index);
}

Error faults_error(Code code, std::string_view what, const std::vector<Fault>& faults) {
  constexpr std::size_t shown_max = 3;
  Error error{code, std::string(what)};
  for (std::size_t i = 0; i < std::min(faults.size(), shown_max); ++i) {
    error.message += i == 0 ? ": " : "; ";
    if (!faults[i].pointer.empty()) error.message.append(faults[i].pointer).append(" ");
    error.message += faults[i].message;
  }
  if (faults.size() > shown_max)
    error.message += "; and " + std::to_string(faults.size() - shown_max) + " more";
  Writer writer(error.details);
  writer.begin_object().key("faults").begin_array();
  for (const Fault& fault : faults) {
    writer.begin_object().field("pointer", fault.pointer).field("message", fault.message).end_object();
  }
  writer.end_array().end_object();
  return error;
}

namespace {

/// Edits that turn one word into the other, a swap of neighbours being one (optimal string alignment). For
/// words short enough that the square of their length does not matter.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t k = 1; k <= b.size(); ++k) {
      const std::size_t substituted = last[k - 1] + (a[i - 1] == b[k - 1] ? 0 : 1);
      row[k] = std::min({last[k] + 1, row[k - 1] + 1, substituted});
      const bool swapped = i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1];
      if (swapped) row[k] = std::min(row[k], before_last[k - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view closest(std::string_view word, const std::vector<std::string_view>& known) {
  constexpr std::size_t word_bytes_max = 64;
  if (word.size() > word_bytes_max) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(word.size() / 3, 1) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

/// How many members a reader asks for, mostly at most.
constexpr std::size_t usual_members = 8;

ObjectReader::ObjectReader(Value object, std::string pointer, std::vector<Fault>& faults)
    : object_(object), pointer_(std::move(pointer)), faults_(faults) {
  known_.reserve(usual_members);
  if (!object_.is_object()) {
    faults_.push_back({pointer_, "must be an object, not " + std::string(describe(object_.kind()))});
    object_ = {};
  }
}

Value ObjectReader::any(std::string_view name) {
  known_.push_back(name);
  return object_[name];
}

Value ObjectReader::typed(std::string_view name, Kind kind) {
  const Value value = any(name);
  if (!value.present() || value.kind() == kind) return value;
  fault(name, "must be " + std::string(describe(kind)) + ", not " + std::string(describe(value.kind())));
  return {};
}

std::optional<std::string_view> ObjectReader::string(std::string_view name) {
  const Value value = typed(name, Kind::string);
  if (!value.present()) return {};
  return value.string();
}

std::optional<std::int64_t> ObjectReader::integer(std::string_view name, std::int64_t min, std::int64_t max) {
  const Value value = any(name);
  if (!value.present()) return {};
  const std::optional<std::int64_t> number = value.as_int64();
  if (number && *number >= min && *number <= max) return number;
  fault(name, "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  return {};
}

std::optional<bool> ObjectReader::boolean(std::string_view name) {
  return typed(name, Kind::boolean).as_bool();
}

std::optional<std::vector<std::string>> ObjectReader::strings(std::string_view name) {
  const Value value = typed(name, Kind::array);
  if (!value.present()) return {};
  std::vector<std::string> out;
  out.reserve(value.size());
  for (const Value item : value.items()) {
    if (!item.is_string() || item.string().empty()) {
      fault(name, "must hold only non-empty strings");
      return {};
    }
    out.emplace_back(item.string());
  }
  return out;
}

Value ObjectReader::object(std::string_view name) { return typed(name, Kind::object); }
Value ObjectReader::array(std::string_view name) { return typed(name, Kind::array); }

std::string_view ObjectReader::required_string(std::string_view name) {
  const Value value = typed(name, Kind::string);
  if (value.present() && value.string().empty()) fault(name, "must not be empty");
  if (!value.present() && object_.present() && !object_[name].present()) fault(name, "is missing");
  return value.string();
}

void ObjectReader::fault(std::string_view name, std::string message) {
  faults_.push_back({pointer(name), std::move(message)});
}

void ObjectReader::finish() {
  for (const auto& [name, value] : object_.members()) {
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    const std::string_view suggestion = closest(name, known_);
    std::string message = "is not a known field";
    if (!suggestion.empty()) message.append("; did you mean \"").append(suggestion).append("\"?");
    fault(name, std::move(message));
  }
}

}  // namespace al::json
