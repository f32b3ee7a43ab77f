// nlohmann/json, cut to what json.cc needs of it: its parser, over contiguous text.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "base/decimal.h"

// The library's own invariants are its own tests' business; here each would carry a file name and a text into
// the module.
#define JSON_ASSERT(condition) static_cast<void>(0)
#include <nlohmann/json.hpp>

// The library's functions that are replaced for this parser: the one that reads fractions, by strtod, which
// obeys the locale and brings floats in software into a WebAssembly module; and those that make up texts of
// errors, which nobody here reads, bring printf, and have every character copied into a token that they
// quote.
namespace al::json::library {
using Adapter = nlohmann::detail::iterator_input_adapter<const char*>;
using Lexer = nlohmann::detail::lexer<nlohmann::json, Adapter>;
using Parser = nlohmann::detail::parser<nlohmann::json, Adapter>;
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
