#include "audit/canonical_value.h"

#include <charconv>
#include <limits>

#include "audit/canonical.h"

namespace al::audit {
namespace {

constexpr std::size_t any_depth = std::numeric_limits<std::size_t>::max();

/// Calls `each(name, value)` for the members of an object.
template <typename Each>
void for_members(std::string_view object, Each each) {
  CanonicalReader in(object, any_depth);
  static_cast<void>(in.members([&](std::string_view name) {
    const std::size_t start = in.position();
    if (!in.value()) return false;
    each(name, CanonicalValue(in.since(start)));
    return true;
  }));
}

}  // namespace

std::string CanonicalValue::string() const {
  if (!is_string()) return {};
  return unescaped(text_.substr(1, text_.size() - 2));
}

std::optional<std::int64_t> CanonicalValue::as_int64() const {
  std::int64_t value = 0;
  const char* end = text_.data() + text_.size();
  const auto [stop, problem] = std::from_chars(text_.data(), end, value);
  if (text_.empty() || problem != std::errc() || stop != end) return {};
  return value;
}

CanonicalValue CanonicalValue::operator[](std::string_view name) const {
  CanonicalValue found;
  if (!is_object()) return found;
  for_members(text_, [&](std::string_view each, CanonicalValue value) {
    if (each == name) found = value;
  });
  return found;
}

std::vector<CanonicalValue> CanonicalValue::items() const {
  std::vector<CanonicalValue> out;
  if (!is_array()) return out;
  CanonicalReader in(text_, any_depth);
  bool more = in.take("[") && !in.take("]");
  while (more) {
    const std::size_t start = in.position();
    if (!in.value()) break;
    out.emplace_back(in.since(start));
    more = in.take(",");
  }
  return out;
}

CanonicalMembers::CanonicalMembers(CanonicalValue object) {
  if (!object.is_object()) return;
  constexpr std::size_t usual_members = 12;
  members_.reserve(usual_members);
  for_members(object.text(),
              [this](std::string_view name, CanonicalValue value) { members_.emplace_back(name, value); });
}

CanonicalValue CanonicalMembers::operator[](std::string_view name) const {
  for (const auto& [each, value] : members_) {
    if (each == name) return value;
  }
  return {};
}

}  // namespace al::audit
