// Decodes one JSON object strictly: each field is asked for by name, and what was not asked for is a fault.
// Faults are collected, not thrown: a caller reads everything, then looks once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace al::json {

/// What is wrong with a JSON text, and where.
struct Fault {
  std::string pointer;  // JSON pointer (RFC 6901); "" is the whole text
  std::string message;
};

/// Appends "/name" to a JSON pointer, escaped as RFC 6901 says.
[[nodiscard]] std::string pointer_to(std::string_view base, std::string_view name);
[[nodiscard]] std::string pointer_to(std::string_view base, std::size_t index);

/// All faults as one Error: `message` names the first ones, `details` holds
/// {"faults":[{"pointer","message"}]}.
[[nodiscard]] Error faults_error(Code code, std::string_view what, const std::vector<Fault>& faults);

/// The entry of `known` closest to a mistyped word, when one is close enough to suggest, else empty.
[[nodiscard]] std::string_view closest(std::string_view word, const std::vector<std::string_view>& known);

class ObjectReader {
 public:
  /// A value that is no object is a fault at once, and every field then reads as missing without a further
  /// one.
  ObjectReader(Value object, std::string pointer, std::vector<Fault>& faults);

  /// Absent optional fields give nothing; a wrong type gives nothing and a fault. Null counts as a wrong
  /// type.
  std::optional<std::string_view> string(std::string_view name);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max);
  std::optional<bool> boolean(std::string_view name);
  std::optional<std::vector<std::string>> strings(std::string_view name);
  Value object(std::string_view name);
  Value array(std::string_view name);
  /// Of any kind; absent when missing.
  Value any(std::string_view name);

  /// A required field that is missing is a fault; so is an empty string.
  std::string_view required_string(std::string_view name);

  /// Adds a fault at one of this object's fields.
  void fault(std::string_view name, std::string message);
  [[nodiscard]] std::string pointer(std::string_view name) const { return pointer_to(pointer_, name); }

  /// INVARIANT: called once, last. Every member nobody asked for is a fault, with the closest known name as a
  /// suggestion.
  void finish();

 private:
  Value typed(std::string_view name, Kind kind);

  Value object_;
  std::string pointer_;
  std::vector<Fault>& faults_;
  std::vector<std::string_view> known_;
};

}  // namespace al::json
