// Looks into texts that are known to be canonical (canonical.h), without building anything: what a replay
// reads a million rows with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace al::audit {

/// A value in a canonical text; a default one is absent, and so is whatever is looked up where it is not.
/// Valid while the text lives. Named like json::Value, and read like it.
class CanonicalValue {
 public:
  CanonicalValue() = default;
  /// INVARIANT: `text` is one value in canonical form, or empty: absent.
  explicit CanonicalValue(std::string_view text) : text_(text) {}

  [[nodiscard]] bool present() const { return !text_.empty(); }
  [[nodiscard]] bool is_string() const { return text_.starts_with('"'); }
  [[nodiscard]] bool is_array() const { return text_.starts_with('['); }
  [[nodiscard]] bool is_object() const { return text_.starts_with('{'); }
  /// As it is written.
  [[nodiscard]] std::string_view text() const { return text_; }
  /// The value when it is of that kind, else nothing ("", for `string`).
  [[nodiscard]] std::string string() const;
  /// A string as it stands between its quotes: what it says, where nothing in it needs an escape.
  [[nodiscard]] std::string_view between_quotes() const;
  [[nodiscard]] std::optional<std::int64_t> as_int64() const;
  /// The member of that name, or absent. Each look-up reads the object from its beginning.
  [[nodiscard]] CanonicalValue operator[](std::string_view name) const;
  [[nodiscard]] std::vector<CanonicalValue> items() const;

 private:
  std::string_view text_;
};

/// A name, as it is written between its quotes, and its value.
using CanonicalMember = std::pair<std::string_view, CanonicalValue>;

/// The members of an object that somebody read already. Looked into like the object.
class CanonicalMembers {
 public:
  explicit CanonicalMembers(std::span<const CanonicalMember> members) : members_(members) {}
  [[nodiscard]] CanonicalValue operator[](std::string_view name) const {
    for (const auto& [each, value] : members_) {
      if (each == name) return value;
    }
    return {};
  }

 private:
  std::span<const CanonicalMember> members_;
};

}  // namespace al::audit
