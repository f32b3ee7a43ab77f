// Where in a JSON text a JSON pointer leads: for people, who look at lines.
#pragma once

#include <cstddef>
#include <string_view>

namespace al::json {

/// Both from 1 on; columns count characters (code points).
struct Position {
  std::size_t line = 1;
  std::size_t column = 1;
};

/// The place of a member's name or of an item; where the pointer (RFC 6901) leads nowhere, of the innermost
/// value that it passes. `text` must have parsed: in any other text the place is some place.
[[nodiscard]] Position locate(std::string_view text, std::string_view pointer);

}  // namespace al::json
