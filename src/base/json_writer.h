// Writes JSON text straight into a string: no tree in between. Strings and numbers take their RFC 8785 form,
// so what is written with its names in order is canonical.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace al::json {

/// A quoted string with the escapes of RFC 8785, 3.2.2.2. `text` must be well-formed UTF-8.
void append_string(std::string& out, std::string_view text);
void append_number(std::string& out, std::int64_t value);
void append_number(std::string& out, std::uint64_t value);
/// As ECMAScript's Number.prototype.toString does (RFC 8785, 3.2.2.3). `value` must be finite.
void append_number(std::string& out, double value);

/// Commas and colons are the writer's business; that each begin meets its end is the caller's.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  Writer& begin_object() { return open('{'); }
  Writer& end_object() { return close('}'); }
  Writer& begin_array() { return open('['); }
  Writer& end_array() { return close(']'); }
  Writer& key(std::string_view name);

  Writer& value(std::string_view text);
  Writer& value(const char* text) { return value(std::string_view(text)); }
  Writer& value(std::same_as<bool> auto flag) { return raw(flag ? "true" : "false"); }
  Writer& value(std::integral auto number)
    requires(!std::same_as<decltype(number), bool>)
  {
    separate();
    if constexpr (std::unsigned_integral<decltype(number)>) {
      append_number(out_, static_cast<std::uint64_t>(number));
    } else {
      append_number(out_, static_cast<std::int64_t>(number));
    }
    return *this;
  }
  Writer& value(double number);
  Writer& value(Value value);
  Writer& null() { return raw("null"); }
  /// A JSON text that is known to be well-formed.
  Writer& raw(std::string_view json);

  template <typename T>
  Writer& field(std::string_view name, const T& content) {
    return key(name).value(content);
  }
  Writer& raw_field(std::string_view name, std::string_view json) { return key(name).raw(json); }
  /// Leaves the field out when there is nothing to say.
  Writer& field_if(std::string_view name, std::string_view text) {
    return text.empty() ? *this : field(name, text);
  }
  Writer& strings(std::string_view name, const std::vector<std::string>& list);

 private:
  Writer& open(char bracket);
  Writer& close(char bracket);
  /// Puts down what stands between the last value and the next.
  void separate();

  std::string& out_;
  bool comma_due_ = false;
};

}  // namespace al::json
