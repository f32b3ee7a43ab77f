// What a Document is made of: a tape of nodes. Internal to json.cc, which reads it, and json_parse.cc, which
// writes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace al::json::internal {

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

/// In the order of RFC 8785, 3.2.3.
void sort_by_name(std::vector<Member>& members);

}  // namespace al::json::internal
