#include "base/json.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "base/heap_sort.h"
#include "base/json_tape.h"
#include "base/json_writer.h"

namespace al::json {

using internal::Node;
using internal::Storage;

/// Most objects are in order already.
void internal::sort_by_name(std::vector<Member>& members) {
  const auto by_name = [](const Member& a, const Member& b) { return less_utf16(a.name, b.name); };
  if (std::is_sorted(members.begin(), members.end(), by_name)) return;
  heap_sort(members, by_name);
}

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

std::optional<std::int64_t> Number::as_int64() const {
  if (kind == Kind::integer) return integer;
  if (kind != Kind::real) return {};
  // -2^63 and 2^63 are doubles; 2^63 itself does not fit.
  if (real < -0x1p63 || real >= 0x1p63 || std::trunc(real) != real) return {};
  return static_cast<std::int64_t>(real);
}

std::optional<Number> Value::as_number() const {
  if (!is_number()) return {};
  Number number{.kind = kind()};
  number.unsigned_integer = node().unsigned_integer;
  return number;
}

std::optional<std::int64_t> Value::as_int64() const {
  const std::optional<Number> number = as_number();
  return number ? number->as_int64() : std::nullopt;
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

std::partial_ordering compare(const Number& x, const Number& y) {
  if (x.kind == Kind::real && y.kind == Kind::real) return x.real <=> y.real;
  if (x.kind == Kind::real) return reversed(compare(y, x));
  if (y.kind == Kind::real) {
    return x.kind == Kind::integer ? compare_integer_real(x.integer, y.real)
                                   : compare_integer_real(x.unsigned_integer, y.real);
  }
  if (x.kind == y.kind) {
    return x.kind == Kind::integer ? x.integer <=> y.integer : x.unsigned_integer <=> y.unsigned_integer;
  }
  // An unsigned_integer is always beyond what an integer can hold.
  return x.kind == Kind::integer ? std::partial_ordering::less : std::partial_ordering::greater;
}

bool equal(Value a, Value b) {
  if (a.is_number() && b.is_number()) return compare(*a.as_number(), *b.as_number()) == 0;
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

void append_canonical(std::string& out, const Number& number) {
  if (number.kind == Kind::real) return append_number(out, number.real);
  if (number.kind == Kind::unsigned_integer) return append_number(out, number.unsigned_integer);
  append_number(out, number.integer);
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
    case Kind::unsigned_integer:
    case Kind::real:
      return append_canonical(out, *value.as_number());
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
      internal::sort_by_name(sorted);
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
