#include "policy/hint.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/json_writer.h"

namespace al::policy {

namespace {

constexpr std::size_t hint_items_max = 5;
constexpr std::string_view ellipsis = "\u2026";

void append_cut(std::string& out, std::string_view text) {
  if (text.size() <= actual_text_bytes_max) return json::append_string(out, text);
  std::size_t end = actual_text_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  json::append_string(out, std::string(text.substr(0, end)).append(ellipsis));
}

void append_flat(std::string& out, json::Value value) {
  if (value.is_string()) return append_cut(out, value.string());
  if (value.is_object()) return json::append_string(out, std::string("{").append(ellipsis).append("}"));
  if (value.is_array()) return json::append_string(out, std::string("[").append(ellipsis).append("]"));
  json::append_canonical(out, value);
}

void append_items(std::string& out, const Fact& fact) {
  out += '[';
  std::size_t shown = 0;
  for (const json::Value item : fact.value.items()) {
    if (shown != 0) out += ',';
    if (shown++ == actual_items_max) {
      json::append_string(out, ellipsis);
      break;
    }
    append_flat(out, fact.items_are_data ? item["type"] : item);
  }
  out += ']';
}

void append_scalar(std::string& out, FieldType type, const Scalar& value) {
  switch (value.kind) {
    case Scalar::Kind::none:
      out += "null";
      break;
    case Scalar::Kind::boolean:
      out += value.boolean ? "true" : "false";
      break;
    case Scalar::Kind::number:
      json::append_canonical(out, value.number);
      break;
    case Scalar::Kind::string:
      append_cut(out, value.string);
      break;
    case Scalar::Kind::ordinal:
      if (type == FieldType::sensitivity) {
        json::append_string(out, sensitivity_names()[static_cast<std::size_t>(value.number.integer)]);
      } else {
        json::append_number(out, value.number.integer);
      }
  }
}

std::optional<std::int64_t> whole(const Scalar& value) {
  if (value.kind != Scalar::Kind::number && value.kind != Scalar::Kind::ordinal) return {};
  return value.number.as_int64();
}

/// The operator that says what is to be done, when one exists: "not at most" is "more than".
struct Wish {
  Operator op;
  bool wanted;
};

Wish wish_of(const Leaf& leaf, bool wanted) {
  if (wanted) return {leaf.op, true};
  if (const std::optional<Operator> opposite = complement(leaf.op)) return {*opposite, true};
  return {leaf.op, false};
}

std::string_view verb(Operator op) {
  switch (op) {
    case Operator::eq:
      return "be ";
    case Operator::ne:
      return "not be ";
    case Operator::lt:
      return "be less than ";
    case Operator::lte:
      return "be at most ";
    case Operator::gt:
      return "be more than ";
    case Operator::gte:
      return "be at least ";
    case Operator::in:
      return "be one of ";
    case Operator::not_in:
      return "be none of ";
    case Operator::contains:
      return "contain ";
    case Operator::not_contains:
      return "not contain ";
    case Operator::starts_with:
      return "start with ";
    case Operator::ends_with:
      return "end with ";
    case Operator::matches:
      return "match ";
    case Operator::exists:
      return "be given";
    case Operator::not_exists:
      return "be left out";
    case Operator::between:
      return "be between ";
    case Operator::subset_of:
      return "hold nothing but ";
  }
  return {};
}

void append_requirement(std::string& out, const Leaf& leaf, const Wish& wish) {
  out.append(wish.wanted ? " must " : " must not ").append(verb(wish.op));
  const std::string_view separator = wish.op == Operator::between ? " and " : ", ";
  for (std::size_t i = 0; i < std::min(leaf.operands.size(), hint_items_max); ++i) {
    if (i != 0) out += separator;
    append_scalar(out, leaf.field.type, leaf.operands[i]);
  }
  if (leaf.operands.size() > hint_items_max) {
    out += " and " + std::to_string(leaf.operands.size() - hint_items_max) + " more";
  }
}

/// ": reduce it by 3", where both sides are whole numbers and the way is not further than 64 bits.
void append_distance(std::string& out, const Leaf& leaf, const Fact& fact, const Wish& wish) {
  if (!wish.wanted || !is_ordering(wish.op) || leaf.field.type == FieldType::sensitivity ||
      leaf.field.type == FieldType::hour) {
    return;
  }
  const std::optional<std::int64_t> is = whole(fact.scalar);
  std::optional<std::int64_t> goal = whole(leaf.operands.front());
  const std::optional<std::int64_t> high = whole(leaf.operands.back());
  if (!is || !goal || !high) return;
  if (wish.op == Operator::between && *is > *high) goal = high;
  std::int64_t distance = 0;
  if (__builtin_sub_overflow(*goal, *is, &distance) || distance == INT64_MIN) return;
  const bool reduce = wish.op == Operator::lt || distance < 0;
  if (leaf.field.id == FieldId::rate_last) {
    if (reduce) out += ": try again later";
    return;
  }
  const std::int64_t beyond = wish.op == Operator::lt || wish.op == Operator::gt ? 1 : 0;
  std::int64_t amount = 0;
  if (__builtin_add_overflow(distance < 0 ? -distance : distance, beyond, &amount)) return;
  out.append(reduce ? ": reduce it by " : ": raise it by ").append(std::to_string(amount));
}

std::string describe_found(const Fact& fact) {
  if (fact.state == Fact::State::found && fact.scalar.kind != Scalar::Kind::none)
    return std::string(describe(fact.scalar.kind));
  return std::string(json::describe(fact.value.kind()));
}

}  // namespace

std::string actual_json(const Field& field, const Fact& fact) {
  std::string out;
  if (fact.is_list()) {
    append_items(out, fact);
  } else if (fact.state == Fact::State::found && fact.scalar.kind != Scalar::Kind::none) {
    append_scalar(out, field.type, fact.scalar);
  } else if (fact.value.present()) {
    append_flat(out, fact.value);
  }
  return out;
}

std::string hint(const Leaf& leaf, const Fact& fact, bool wanted) {
  const Wish wish = wish_of(leaf, wanted);
  std::string out(leaf.field.text);
  if (fact.state == Fact::State::missing || fact.state == Fact::State::absent ||
      fact.state == Fact::State::malformed) {
    const bool given = fact.state == Fact::State::malformed;
    if (is_existence(wish.op) && !given) {
      append_requirement(out, leaf, wish);
      return out;
    }
    if (!fact.complaint.empty()) {
      out.append(given ? " is unknown, because " : " is missing, because ").append(fact.complaint);
    } else {
      out.append(" is missing");
    }
    out += "; it";
    append_requirement(out, leaf, wish);
    return out;
  }
  append_requirement(out, leaf, wish);
  if (is_existence(wish.op)) return out;
  if (test(leaf, fact) == Outcome::undecidable) {
    return out.append("; it is ").append(describe_found(fact)).append(", which cannot be compared with that");
  }
  if (fact.is_list()) return out;
  out.append("; it is ").append(actual_json(leaf.field, fact));
  append_distance(out, leaf, fact, wish);
  return out;
}

}  // namespace al::policy
