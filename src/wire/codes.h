// The one table of error codes: what each means on HTTP, whether trying again can help, and which class it
// becomes.
#pragma once

#include <optional>
#include <string_view>

#include "base/error.h"

namespace al::wire {

/// The error classes of the JavaScript façade; the texts name them across the boundary.
enum class ErrorClass { error, denied, timeout, connection, protocol, aborted, crashed };
[[nodiscard]] std::string_view text(ErrorClass error_class);

struct CodeTraits {
  int http_status;  // what the engine answers; 0 for codes that never cross the wire
  ErrorClass error_class;
  bool retryable;  // the same request may succeed later
};

[[nodiscard]] CodeTraits traits(Code code);
/// The code of a wire string; nothing for one that this version does not know.
[[nodiscard]] std::optional<Code> parse_code(std::string_view text);

}  // namespace al::wire
