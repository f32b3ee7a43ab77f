// The spelling of a number, read exactly.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace al::json {

struct WholeNumber {
  bool negative = false;
  std::uint64_t magnitude = 0;
};

/// What a number's text (RFC 8259, section 6) says, where that is a whole number of at most 64 bits, however
/// it is spelled: "9007199254740993.0" and "9.007199254740993e15" are 9007199254740993, which no double is.
[[nodiscard]] std::optional<WholeNumber> exact_whole(std::string_view text);

}  // namespace al::json
