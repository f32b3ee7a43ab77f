// JSON in three parts: a strict parser into a compact, immutable Document; cheap Values that look into it;
// and a canonical form (RFC 8785). Writing is json_writer.h; decoding into types is json_reader.h.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace al::json {

enum class Kind : std::uint8_t {
  absent,
  null,
  boolean,
  integer,
  unsigned_integer,
  real,
  string,
  array,
  object
};

/// "a string", "an object", … for messages.
[[nodiscard]] std::string_view describe(Kind kind);

struct Limits {
  std::size_t bytes_max = 1 << 20;
  std::size_t depth_max = 64;
};

namespace internal {
struct Node;
struct Storage;
}  // namespace internal

class Members;
class Items;

/// A number as a document has it, exactly; it needs the document no more.
struct Number {
  Kind kind = Kind::integer;  // or unsigned_integer, beyond int64_t; or real
  union {
    std::int64_t integer = 0;
    std::uint64_t unsigned_integer;
    double real;
  };

  /// As Value::as_int64.
  [[nodiscard]] std::optional<std::int64_t> as_int64() const;
};

/// Compares exactly, whatever the kinds.
[[nodiscard]] std::partial_ordering compare(const Number& a, const Number& b);

/// A look into a Document: two words, copied freely, valid while the Document lives. A default one is
/// `absent`, and so is whatever is looked up in a value that has no such member, so chains of look-ups need
/// no checks on the way.
class Value {
 public:
  Value() = default;

  [[nodiscard]] Kind kind() const;
  [[nodiscard]] bool present() const { return kind() != Kind::absent; }
  [[nodiscard]] bool is_null() const { return kind() == Kind::null; }
  [[nodiscard]] bool is_boolean() const { return kind() == Kind::boolean; }
  [[nodiscard]] bool is_number() const;
  [[nodiscard]] bool is_string() const { return kind() == Kind::string; }
  [[nodiscard]] bool is_array() const { return kind() == Kind::array; }
  [[nodiscard]] bool is_object() const { return kind() == Kind::object; }

  /// The value when it is of that kind, else nothing (an empty view, for `string`). Integers are exact:
  /// `as_int64` has none for 1.5, but one for 3.0; `as_double` rounds integers beyond 2^53.
  [[nodiscard]] std::optional<bool> as_bool() const;
  [[nodiscard]] std::optional<std::int64_t> as_int64() const;
  /// Integers beyond int64_t, up to 2^64 - 1, too.
  [[nodiscard]] std::optional<std::uint64_t> as_uint64() const;
  [[nodiscard]] std::optional<double> as_double() const;
  [[nodiscard]] std::optional<Number> as_number() const;
  [[nodiscard]] std::string_view string() const;

  /// Members of an object, items of an array; else 0.
  [[nodiscard]] std::size_t size() const;
  /// The member of that name, or absent.
  [[nodiscard]] Value operator[](std::string_view name) const;
  /// (name, value) of an object in the order of the text; empty for any other kind.
  [[nodiscard]] Members members() const;
  /// The values of an array in order; empty for any other kind.
  [[nodiscard]] Items items() const;

 private:
  friend class Document;
  friend class MemberIterator;
  friend class ItemIterator;
  friend class Members;
  friend class Items;
  Value(const internal::Storage* storage, std::uint32_t index) : storage_(storage), index_(index) {}
  [[nodiscard]] const internal::Node& node() const;
  [[nodiscard]] std::uint32_t next_index() const;

  const internal::Storage* storage_ = nullptr;
  std::uint32_t index_ = 0;
};

struct Member {
  std::string_view name;
  Value value;
};

class MemberIterator {
 public:
  MemberIterator(const internal::Storage* storage, std::uint32_t at) : storage_(storage), at_(at) {}
  Member operator*() const;
  MemberIterator& operator++();
  bool operator==(const MemberIterator&) const = default;

 private:
  const internal::Storage* storage_;
  std::uint32_t at_;
};

class ItemIterator {
 public:
  ItemIterator(const internal::Storage* storage, std::uint32_t at) : storage_(storage), at_(at) {}
  Value operator*() const { return {storage_, at_}; }
  ItemIterator& operator++();
  bool operator==(const ItemIterator&) const = default;

 private:
  const internal::Storage* storage_;
  std::uint32_t at_;
};

class Members {
 public:
  explicit Members(Value object);
  [[nodiscard]] MemberIterator begin() const { return {storage_, first_}; }
  [[nodiscard]] MemberIterator end() const { return {storage_, end_}; }

 private:
  const internal::Storage* storage_ = nullptr;
  std::uint32_t first_ = 0;
  std::uint32_t end_ = 0;
};

class Items {
 public:
  explicit Items(Value array);
  [[nodiscard]] ItemIterator begin() const { return {storage_, first_}; }
  [[nodiscard]] ItemIterator end() const { return {storage_, end_}; }

 private:
  const internal::Storage* storage_ = nullptr;
  std::uint32_t first_ = 0;
  std::uint32_t end_ = 0;
};

/// A parsed text. Owns everything that its Values show; moving it keeps them valid.
class Document {
 public:
  Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  [[nodiscard]] Value root() const;

 private:
  friend Result<Document> parse(std::string_view text, const Limits& limits);
  std::unique_ptr<internal::Storage> storage_;
};

/// Parses one JSON text (RFC 8259, strict): well-formed UTF-8 without a byte order mark, no duplicate names,
/// within `limits`. Whole numbers that fit 64 bits are integers, however they are spelled, and exact; other
/// numbers are doubles, and one that overflows a double is refused. Fails with `malformed_json` (position in
/// the message) or `body_too_large`.
[[nodiscard]] Result<Document> parse(std::string_view text, const Limits& limits = {});

/// Deep equality; numbers by value (1 equals 1.0), objects whatever the order of their members.
[[nodiscard]] bool equal(Value a, Value b);

/// Appends the canonical form (RFC 8785), with one extension: whole numbers that fit 64 bits are written
/// exactly, also beyond 2^53, where RFC 8785 would write the digits of a rounded double. An absent value is
/// written as null.
void append_canonical(std::string& out, Value value);
void append_canonical(std::string& out, const Number& number);
[[nodiscard]] std::string canonical(Value value);

/// RFC 8785's order of names: by UTF-16 code units, for two well-formed UTF-8 strings.
[[nodiscard]] bool less_utf16(std::string_view a, std::string_view b);

}  // namespace al::json
