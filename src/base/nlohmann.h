// nlohmann/json, cut to what json_parse.cc needs of it: its parser, over contiguous text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/decimal.h"
#include "base/json_string.h"

// The library's own invariants are its own tests' business; here each would carry a file name and a text into
// the module.
#define JSON_ASSERT(condition) static_cast<void>(0)
#include <nlohmann/json.hpp>

// The library's functions that are replaced for this parser: the one that reads fractions, by strtod, which
// obeys the locale and brings floats in software into a WebAssembly module; and those that make up texts of
// errors, which nobody here reads, bring printf, and have every character copied into a token that they
// quote.
//
// And the one that reads strings, character by character, with a text for each that must not stand there.
namespace al::json::library {

/// The text, as the library's input adapters give it, and in strings.
class Input {
 public:
  using char_type = char;
  explicit Input(std::string_view text) : left_(text) {}

  std::char_traits<char>::int_type get_character() {
    if (left_.empty()) return std::char_traits<char>::eof();
    const auto character = std::char_traits<char>::to_int_type(left_.front());
    left_.remove_prefix(1);
    return character;
  }
  [[nodiscard]] bool take_string(std::string& out) { return json::take_string(left_, out); }
  [[nodiscard]] std::size_t size() const { return left_.size(); }

 private:
  std::string_view left_;
};

using Lexer = nlohmann::detail::lexer<nlohmann::json, Input>;
using Parser = nlohmann::detail::parser<nlohmann::json, Input>;

}  // namespace al::json::library

template <>
[[gnu::nonnull]] inline void al::json::library::Lexer::strtof(double& value, const char* text,
                                                              char** /*end*/) noexcept {
  value = al::read_double(text);
}
template <>
inline int al::json::library::Lexer::get() {
  ++position.chars_read_total;
  if (!std::exchange(next_unget, false)) current = ia.get_character();
  return current;
}
template <>
inline void al::json::library::Lexer::unget() {
  --position.chars_read_total;
  next_unget = true;
}
template <>
inline void al::json::library::Lexer::reset() noexcept {
  token_buffer.clear();
}
template <>
inline al::json::library::Lexer::token_type al::json::library::Lexer::scan_string() {
  reset();
  const std::size_t before = ia.size();
  const bool read = ia.take_string(token_buffer);
  position.chars_read_total += before - ia.size();
  if (read) return token_type::value_string;
  ++position.chars_read_total;  // The character that cannot stand there counts.
  return token_type::parse_error;
}
template <>
inline bool al::json::library::Lexer::skip_bom() {
  return true;  // json::parse() refuses one.
}
template <>
inline bool al::json::library::Lexer::scan_comment() {
  return false;  // They are not asked for.
}
template <>
inline std::string al::json::library::Lexer::get_token_string() const {
  return {};
}
template <>
inline std::string al::json::library::Parser::exception_message(
    const al::json::library::Lexer::token_type /*expected*/, const std::string& /*context*/) {
  return {};
}
template <>
inline nlohmann::detail::parse_error nlohmann::detail::parse_error::create<std::nullptr_t, 0>(
    int id, const nlohmann::detail::position_t& position, const std::string& /*what*/, std::nullptr_t) {
  return {id, position.chars_read_total, ""};
}
template <>
inline nlohmann::detail::out_of_range nlohmann::detail::out_of_range::create<std::nullptr_t, 0>(
    int id, const std::string& /*what*/, std::nullptr_t) {
  return {id, ""};
}
