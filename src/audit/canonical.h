// Reads JSON texts that must be in canonical form (RFC 8785), in one pass and without building anything: a
// text that is read to its end is its own canonical form. That makes verifying a ledger cost little more than
// hashing it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"

namespace al::audit {

/// The string that the `contents` of a canonical string escape.
[[nodiscard]] std::string unescaped(std::string_view contents);

/// Every method consumes what it names and returns true, or returns false at the byte where the text departs
/// from canonical form; after that the reader is of no more use.
///
/// It accepts exactly the texts for which `json::canonical(json::parse(text).root()) == text`.
class CanonicalReader {
 public:
  /// `text` must outlive the reader. `levels_max` bounds how deep arrays and objects may nest.
  CanonicalReader(std::string_view text, std::size_t levels_max) : text_(text), levels_left_(levels_max) {}

  /// Exactly these bytes.
  [[nodiscard]] bool take(std::string_view literal) {
    if (!text_.substr(at_).starts_with(literal)) return false;
    at_ += literal.size();
    return true;
  }
  /// A whole number from 0 to 2^64 - 1.
  [[nodiscard]] bool number(std::uint64_t& value);
  /// A string; `contents` is what stands between the quotes, still escaped. Canonical form escapes each
  /// string in one way only, so two strings are equal when their contents are.
  [[nodiscard]] bool string(std::string_view& contents);
  /// Any value.
  [[nodiscard]] bool value();
  /// An object; `each(name)` is called behind each colon with the name's escaped contents, and consumes the
  /// value.
  template <typename Each>
  [[nodiscard]] bool members(Each each) {
    if (levels_left_ == 0 || !take("{")) return false;
    --levels_left_;
    std::string_view previous;
    bool first = true;
    while (!take("}")) {
      std::string_view name;
      if (!first && !take(",")) return false;
      if (!string(name) || (!first && !in_order(previous, name)) || !take(":") || !each(name)) return false;
      previous = name;
      first = false;
    }
    ++levels_left_;
    return true;
  }

  /// An object; `each(name, value)` is called with each member's text.
  template <typename Each>
  [[nodiscard]] bool whole_members(Each each) {
    return members([&](std::string_view name) {
      const std::size_t start = at_;
      if (!value()) return false;
      each(name, since(start));
      return true;
    });
  }

  /// The text from `start` to here.
  [[nodiscard]] std::string_view since(std::size_t start) const { return text_.substr(start, at_ - start); }
  [[nodiscard]] std::size_t position() const { return at_; }
  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }

 private:
  /// RFC 8785, 3.2.3: names ascend by their UTF-16 code units; being strict, this also excludes duplicates.
  [[nodiscard]] static bool in_order(std::string_view before, std::string_view after);
  [[nodiscard]] bool array();
  [[nodiscard]] bool any_number();
  [[nodiscard]] bool escape();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t levels_left_;
};

}  // namespace al::audit
