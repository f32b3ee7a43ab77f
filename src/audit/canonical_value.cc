#include "audit/canonical_value.h"

#include <charconv>
#include <limits>

#include "audit/canonical.h"
#include "base/json_string.h"

namespace al::audit {
namespace {

constexpr std::size_t any_depth = std::numeric_limits<std::size_t>::max();

}  // namespace

std::string_view CanonicalValue::between_quotes() const {
  return is_string() ? text_.substr(1, text_.size() - 2) : std::string_view();
}

std::string CanonicalValue::string() const {
  const std::string_view contents = between_quotes();
  return json::plain_prefix(contents) == contents.size() ? std::string(contents) : unescaped(contents);
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
  CanonicalReader in(text_, any_depth);
  static_cast<void>(in.whole_members([&](std::string_view each, std::string_view value) {
    if (each == name) found = CanonicalValue(value);
  }));
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

}  // namespace al::audit
