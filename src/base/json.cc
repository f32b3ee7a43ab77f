#include "base/json.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "base/heap_sort.h"
#include "base/json_number.h"
#include "base/json_writer.h"
#include "base/nlohmann.h"

namespace al::json {

namespace internal {

/// One value. Containers are followed by their contents, depth first: an object by name, value, name, value …
struct Node {
  Kind kind;
  std::uint32_t length;  // string: bytes; array: items; object: members
  union {
    bool boolean;
    std::int64_t integer;
    std::uint64_t unsigned_integer;
    double real;
    std::uint32_t text_at;  // string: where it starts in Storage::text
    std::uint32_t end;      // container: the node after its contents
  };
};

struct Storage {
  std::vector<Node> nodes;
  std::string text;

  [[nodiscard]] std::string_view string_at(std::uint32_t index) const {
    return std::string_view(text).substr(nodes[index].text_at, nodes[index].length);
  }
  [[nodiscard]] std::uint32_t after(std::uint32_t index) const {
    const Node& node = nodes[index];
    return node.kind == Kind::array || node.kind == Kind::object ? node.end : index + 1;
  }
};

}  // namespace internal

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

/// Most objects are in order already.
void sort_by_name(std::vector<Member>& members) {
  const auto by_name = [](const Member& a, const Member& b) { return less_utf16(a.name, b.name); };
  if (std::is_sorted(members.begin(), members.end(), by_name)) return;
  heap_sort(members, by_name);
}

/// nlohmann::json's SAX events, written down as nodes.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(Storage& storage, std::string_view text, const Limits& limits)
      : out_(storage), text_(text), limits_(limits) {}

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
    return put_text(value);
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
  bool put(Kind kind) {
    if (!open_.empty() && out_.nodes[open_.back()].kind == Kind::array) ++out_.nodes[open_.back()].length;
    out_.nodes.push_back(Node{.kind = kind, .length = 0, .integer = 0});
    return true;
  }
  bool put_string(std::string_view value) {
    put(Kind::string);
    return fill_text(value);
  }
  bool put_text(std::string_view value) {
    out_.nodes.push_back(Node{.kind = Kind::string, .length = 0, .integer = 0});
    return fill_text(value);
  }
  bool fill_text(std::string_view value) {
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
    sort_by_name(members_);
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

std::string_view describe(Kind kind) {
  switch (kind) {
    case Kind::absent:
      return "nothing";
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "a boolean";
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::real:
      return "a number";
    case Kind::string:
      return "a string";
    case Kind::array:
      return "an array";
    case Kind::object:
      return "an object";
  }
  return "nothing";
}

Document::Document() : storage_(std::make_unique<Storage>()) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Value Document::root() const {
  if (!storage_ || storage_->nodes.empty()) return {};
  return {storage_.get(), 0};
}

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

const Node& Value::node() const { return storage_->nodes[index_]; }
std::uint32_t Value::next_index() const { return storage_->after(index_); }

Kind Value::kind() const { return storage_ == nullptr ? Kind::absent : node().kind; }

bool Value::is_number() const {
  const Kind k = kind();
  return k == Kind::integer || k == Kind::unsigned_integer || k == Kind::real;
}

std::optional<bool> Value::as_bool() const {
  if (!is_boolean()) return {};
  return node().boolean;
}

std::optional<std::int64_t> Value::as_int64() const {
  if (kind() == Kind::integer) return node().integer;
  if (kind() != Kind::real) return {};
  const double real = node().real;
  // -2^63 and 2^63 are doubles; 2^63 itself does not fit.
  if (real < -0x1p63 || real >= 0x1p63 || std::trunc(real) != real) return {};
  return static_cast<std::int64_t>(real);
}

std::optional<std::uint64_t> Value::as_uint64() const {
  if (kind() == Kind::unsigned_integer) return node().unsigned_integer;
  const std::optional<std::int64_t> small = as_int64();
  if (!small || *small < 0) return {};
  return static_cast<std::uint64_t>(*small);
}

std::optional<double> Value::as_double() const {
  switch (kind()) {
    case Kind::integer:
      return static_cast<double>(node().integer);
    case Kind::unsigned_integer:
      return static_cast<double>(node().unsigned_integer);
    case Kind::real:
      return node().real;
    default:
      return {};
  }
}

std::string_view Value::string() const {
  return is_string() ? storage_->string_at(index_) : std::string_view();
}

std::size_t Value::size() const { return is_array() || is_object() ? node().length : 0; }

Value Value::operator[](std::string_view name) const {
  for (const auto& [member_name, value] : members()) {
    if (member_name == name) return value;
  }
  return {};
}

Members Value::members() const { return Members(*this); }
Items Value::items() const { return Items(*this); }

Member MemberIterator::operator*() const { return {storage_->string_at(at_), Value(storage_, at_ + 1)}; }
MemberIterator& MemberIterator::operator++() {
  at_ = storage_->after(at_ + 1);
  return *this;
}
ItemIterator& ItemIterator::operator++() {
  at_ = storage_->after(at_);
  return *this;
}

Members::Members(Value object) {
  if (!object.is_object()) return;
  storage_ = object.storage_;
  first_ = object.index_ + 1;
  end_ = object.next_index();
}

Items::Items(Value array) {
  if (!array.is_array()) return;
  storage_ = array.storage_;
  first_ = array.index_ + 1;
  end_ = array.next_index();
}

namespace {

/// Integers against a double, without rounding the integer: compare with the double's whole part first.
template <typename Integer>
std::partial_ordering compare_integer_real(Integer integer, double real) {
  constexpr double lowest = static_cast<double>(std::numeric_limits<Integer>::min());
  constexpr double beyond = sizeof(Integer) == 8 && std::numeric_limits<Integer>::is_signed ? 0x1p63 : 0x1p64;
  if (real < lowest) return std::partial_ordering::greater;
  if (real >= beyond) return std::partial_ordering::less;
  const double whole = std::trunc(real);
  const auto whole_integer = static_cast<Integer>(whole);
  if (integer != whole_integer) return integer <=> whole_integer;
  return 0.0 <=> real - whole;
}

std::partial_ordering reversed(std::partial_ordering order) {
  if (order < 0) return std::partial_ordering::greater;
  if (order > 0) return std::partial_ordering::less;
  return order;
}

}  // namespace

std::partial_ordering compare_numbers(Value a, Value b) {
  if (!a.is_number() || !b.is_number()) return std::partial_ordering::unordered;
  const Node& x = a.node();
  const Node& y = b.node();
  if (x.kind == Kind::real && y.kind == Kind::real) return x.real <=> y.real;
  if (x.kind == Kind::real) return reversed(compare_numbers(b, a));
  if (y.kind == Kind::real) {
    return x.kind == Kind::integer ? compare_integer_real(x.integer, y.real)
                                   : compare_integer_real(x.unsigned_integer, y.real);
  }
  if (x.kind == y.kind) {
    return x.kind == Kind::integer ? x.integer <=> y.integer : x.unsigned_integer <=> y.unsigned_integer;
  }
  // An unsigned_integer node is always beyond what an integer node can hold.
  return x.kind == Kind::integer ? std::partial_ordering::less : std::partial_ordering::greater;
}

bool equal(Value a, Value b) {
  if (a.is_number() && b.is_number()) return compare_numbers(a, b) == 0;
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::boolean:
      return a.as_bool() == b.as_bool();
    case Kind::string:
      return a.string() == b.string();
    case Kind::array: {
      if (a.size() != b.size()) return false;
      ItemIterator other = b.items().begin();
      for (const Value item : a.items()) {
        if (!equal(item, *other)) return false;
        ++other;
      }
      return true;
    }
    case Kind::object:
      if (a.size() != b.size()) return false;
      for (const auto& [name, value] : a.members()) {
        if (!equal(value, b[name])) return false;
      }
      return true;
    default:
      return true;
  }
}

bool less_utf16(std::string_view a, std::string_view b) {
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (y == b.end()) return false;
  if (x == a.end()) return true;
  const auto left = static_cast<std::uint8_t>(*x);
  const auto right = static_cast<std::uint8_t>(*y);
  // UTF-8 orders as code points do. UTF-16 differs in one place: surrogate pairs (lead byte F0 and above)
  // come before U+E000–U+FFFF (lead bytes EE and EF).
  if (left >= 0xF0 && (right == 0xEE || right == 0xEF)) return true;
  if (right >= 0xF0 && (left == 0xEE || left == 0xEF)) return false;
  return left < right;
}

void append_canonical(std::string& out, Value value) {
  switch (value.kind()) {
    case Kind::absent:
    case Kind::null:
      out += "null";
      return;
    case Kind::boolean:
      out += *value.as_bool() ? "true" : "false";
      return;
    case Kind::string:
      append_string(out, value.string());
      return;
    case Kind::integer:
      append_number(out, *value.as_int64());
      return;
    case Kind::unsigned_integer:
      append_number(out, *value.as_uint64());
      return;
    case Kind::real:
      append_number(out, *value.as_double());
      return;
    case Kind::array: {
      out += '[';
      bool first = true;
      for (const Value item : value.items()) {
        if (!std::exchange(first, false)) out += ',';
        append_canonical(out, item);
      }
      out += ']';
      return;
    }
    case Kind::object: {
      std::vector<Member> sorted;
      sorted.reserve(value.size());
      for (const Member member : value.members()) sorted.push_back(member);
      sort_by_name(sorted);
      out += '{';
      bool first = true;
      for (const auto& [name, member_value] : sorted) {
        if (!std::exchange(first, false)) out += ',';
        append_string(out, name);
        out += ':';
        append_canonical(out, member_value);
      }
      out += '}';
      return;
    }
  }
}

std::string canonical(Value value) {
  std::string out;
  append_canonical(out, value);
  return out;
}

}  // namespace al::json
