#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "policy/condition_tree.h"

namespace al::policy {

namespace {

using Kind = ConditionNode::Kind;

class ConditionCompiler {
 public:
  ConditionCompiler(std::string_view canonical, const CompileLimits& limits, std::vector<json::Fault>& faults)
      : canonical_(canonical), limits_(limits), faults_(faults) {}

  ConditionNode compile_list(Kind kind, json::Value list, const std::string& pointer, std::size_t depth) {
    ConditionNode node;
    if (list.size() == 0) {
      faults_.push_back({pointer, "must not be empty"});
      return node;
    }
    node.kind = kind;
    std::size_t index = 0;
    for (const json::Value item : list.items()) {
      node.children.push_back(compile(item, json::pointer_to(pointer, index++), depth));
    }
    return node;
  }

 private:
  ConditionNode compile(json::Value source, const std::string& pointer, std::size_t depth) {
    if (++nodes_ > limits_.conditions_max) {
      if (nodes_ == limits_.conditions_max + 1) {
        faults_.push_back({pointer, "is one condition too many; at most " +
                                        std::to_string(limits_.conditions_max) +
                                        " are allowed, groups included"});
      }
      return {};
    }
    if (depth > limits_.condition_depth_max) {
      faults_.push_back(
          {pointer, "is nested deeper than " + std::to_string(limits_.condition_depth_max) + " groups"});
      return {};
    }
    // Every name that could stand here is asked for, so that finish() has them all to suggest.
    json::ObjectReader reader(source, pointer, faults_);
    const std::array groups{std::pair{Kind::all, reader.array("all")},
                            std::pair{Kind::any, reader.array("any")},
                            std::pair{Kind::negation, reader.object("not")}};
    std::size_t present = 0;
    for (const char* name : {"all", "any", "not"}) present += source[name].present() ? 1U : 0U;
    ConditionNode node;
    if (present == 0) {
      node = compile_leaf_node(reader, pointer);
    } else {
      for (const char* name : {"field", "operator", "value"}) {
        if (reader.any(name).present())
          reader.fault(name, "cannot stand in a group; write it as a condition of its own");
      }
    }
    reader.finish();
    if (present > 1) faults_.push_back({pointer, "must be one of \"all\", \"any\" and \"not\", not several"});
    for (const auto& [kind, content] : groups) {
      if (content.present()) node = compile_group(kind, content, pointer, depth);
    }
    return node;
  }

  ConditionNode compile_group(Kind kind, json::Value content, const std::string& pointer, std::size_t depth) {
    if (kind != Kind::negation) {
      return compile_list(kind, content, json::pointer_to(pointer, kind == Kind::all ? "all" : "any"),
                          depth + 1);
    }
    ConditionNode node;
    node.kind = Kind::negation;
    node.children.push_back(compile(content, json::pointer_to(pointer, "not"), depth + 1));
    return node;
  }

  ConditionNode compile_leaf_node(json::ObjectReader& reader, const std::string& pointer) {
    const std::string_view field_text = reader.required_string("field");
    const std::string_view operator_text = reader.required_string("operator");
    const json::Value operand = reader.any("value");

    std::optional<Field> field;
    if (!field_text.empty()) {
      std::string fault;
      field = parse_field(field_text, fault);
      if (!field) reader.fault("field", std::move(fault));
    }
    const std::optional<Operator> op = parse_operator(operator_text);
    if (!op && !operator_text.empty()) {
      std::string message = "is not a known operator";
      const std::string_view suggestion = suggest_operator(operator_text);
      if (!suggestion.empty()) message.append("; did you mean \"").append(suggestion).append("\"?");
      reader.fault("operator", std::move(message));
    }
    ConditionNode node;
    if (!field || !op) return node;
    if (std::optional<Leaf> leaf =
            compile_leaf(std::move(*field), *op, operand, canonical_, pointer, faults_)) {
      node.kind = Kind::leaf;
      node.leaf = std::move(*leaf);
    }
    return node;
  }

  std::string_view canonical_;
  const CompileLimits& limits_;
  std::vector<json::Fault>& faults_;
  std::size_t nodes_ = 0;
};

}  // namespace

ConditionNode compile_conditions(json::Value conditions, std::string_view canonical, std::string_view pointer,
                                 const CompileLimits& limits, std::vector<json::Fault>& faults) {
  ConditionNode root = ConditionCompiler(canonical, limits, faults)
                           .compile_list(Kind::all, conditions, std::string(pointer), 1);
  find_contradictions(root, pointer, faults);
  return root;
}

}  // namespace al::policy
