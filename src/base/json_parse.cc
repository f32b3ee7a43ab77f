#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "base/json.h"
#include "base/json_number.h"
#include "base/json_tape.h"
#include "base/json_writer.h"
#include "base/nlohmann.h"

namespace al::json {
namespace {

using internal::Node;
using internal::Storage;

std::string position(std::string_view text, std::size_t byte) {
  byte = std::min(byte, text.size());
  const std::string_view before = text.substr(0, byte);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t line_start = before.rfind('\n');
  const std::size_t column = line_start == std::string_view::npos ? byte : byte - line_start - 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(std::max<std::size_t>(column, 1));
}

/// Of most texts at most; and their objects have no more members.
constexpr std::size_t usual_depth = 8;

/// nlohmann::json's SAX events, written down as nodes.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(Storage& storage, std::string_view text, const Limits& limits)
      : out_(storage), text_(text), limits_(limits) {
    open_.reserve(usual_depth);
    members_.reserve(usual_depth);
  }

  std::string fault;

  bool null() override { return put(Kind::null); }
  bool boolean(bool value) override {
    put(Kind::boolean);
    out_.nodes.back().boolean = value;
    return true;
  }
  bool number_integer(number_integer_t value) override {
    put(Kind::integer);
    out_.nodes.back().integer = value;
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return number_integer(static_cast<std::int64_t>(value));
    }
    put(Kind::unsigned_integer);
    out_.nodes.back().unsigned_integer = value;
    return true;
  }
  bool number_float(number_float_t value, const string_t& text) override {
    if (!std::isfinite(value)) return refuse("a number is too large");
    // A whole number is an integer however it was spelled, so that no two values share one canonical form.
    if (const std::optional<WholeNumber> whole = exact_whole(text)) {
      constexpr std::uint64_t int64_min_magnitude = std::uint64_t{1} << 63;
      if (!whole->negative) return number_unsigned(whole->magnitude);
      if (whole->magnitude <= int64_min_magnitude)
        return number_integer(static_cast<std::int64_t>(0 - whole->magnitude));
    }
    // And so is what a double rounds to one.
    if (std::trunc(value) == value && value >= -0x1p63 && value < 0x1p64) {
      return value < 0x1p63 ? number_integer(static_cast<std::int64_t>(value))
                            : number_unsigned(static_cast<std::uint64_t>(value));
    }
    put(Kind::real);
    out_.nodes.back().real = value;
    return true;
  }
  bool string(string_t& value) override { return put_string(value); }
  bool key(string_t& value) override {
    ++out_.nodes[open_.back()].length;
    return put_string(value);
  }
  bool start_object(std::size_t) override { return open(Kind::object); }
  bool start_array(std::size_t) override { return open(Kind::array); }
  bool end_array() override { return close(); }
  bool end_object() override {
    const std::uint32_t object = open_.back();
    return close() && names_differ(object);
  }
  bool binary(binary_t&) override { return refuse("binary values are not JSON"); }
  bool parse_error(std::size_t byte, const std::string&, const nlohmann::detail::exception& error) override {
    constexpr int number_overflow = 406;
    if (error.id == number_overflow) return refuse("a number is too large at " + position(text_, byte));
    return refuse("syntax error at " + position(text_, byte));
  }

 private:
  bool refuse(std::string why) {
    fault = std::move(why);
    return false;
  }
  /// An object counts its names, an array its items.
  bool put(Kind kind) {
    if (!open_.empty() && out_.nodes[open_.back()].kind == Kind::array) ++out_.nodes[open_.back()].length;
    out_.nodes.push_back(Node{.kind = kind, .length = 0, .integer = 0});
    return true;
  }
  bool put_string(std::string_view value) {
    put(Kind::string);
    out_.nodes.back().length = static_cast<std::uint32_t>(value.size());
    out_.nodes.back().text_at = static_cast<std::uint32_t>(out_.text.size());
    out_.text += value;
    return true;
  }
  bool open(Kind kind) {
    if (open_.size() == limits_.depth_max) {
      return refuse("nested deeper than " + std::to_string(limits_.depth_max) + " levels");
    }
    put(kind);
    open_.push_back(static_cast<std::uint32_t>(out_.nodes.size() - 1));
    return true;
  }
  bool close() {
    out_.nodes[open_.back()].end = static_cast<std::uint32_t>(out_.nodes.size());
    open_.pop_back();
    return true;
  }
  bool names_differ(std::uint32_t object) {
    members_.clear();
    const MemberIterator end(&out_, out_.nodes[object].end);
    for (MemberIterator at(&out_, object + 1); at != end; ++at) members_.push_back(*at);
    internal::sort_by_name(members_);
    const auto twin = std::adjacent_find(members_.begin(), members_.end(),
                                         [](const Member& a, const Member& b) { return a.name == b.name; });
    if (twin == members_.end()) return true;
    std::string shown;
    append_string(shown, twin->name);
    return refuse("the name " + shown + " appears twice in one object");
  }

  Storage& out_;
  std::string_view text_;
  const Limits& limits_;
  std::vector<std::uint32_t> open_;
  std::vector<Member> members_;
};

}  // namespace

Result<Document> parse(std::string_view text, const Limits& limits) {
  if (text.size() > limits.bytes_max) {
    return Error{Code::body_too_large, "the JSON text has " + std::to_string(text.size()) +
                                           " bytes; at most " + std::to_string(limits.bytes_max) +
                                           " are accepted"};
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    return Error{Code::malformed_json, "malformed JSON: a byte order mark stands before the text; remove it"};
  }
  // The parser below takes a NUL for the end of the text and would not look at what follows.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return Error{Code::malformed_json, "malformed JSON: a NUL byte at " + position(text, nul)};
  }
  Document document;
  document.storage_->text.reserve(text.size());
  document.storage_->nodes.reserve(text.size() / 8 + 1);
  Builder builder(*document.storage_, text, limits);
  if (!library::Parser(library::Input(text)).sax_parse(&builder)) {
    return Error{Code::malformed_json, "malformed JSON: " + builder.fault};
  }
  return document;
}

}  // namespace al::json
