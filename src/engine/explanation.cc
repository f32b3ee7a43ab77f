#include "engine/explanation.h"

namespace al::engine {

namespace {

void write_object(json::Writer& writer, const policy::ConditionResult& condition) {
  writer.begin_object();
  if (!condition.actual.empty()) writer.raw_field("actual", condition.actual);
  writer.raw_field("expected", condition.expected).field("field", condition.field);
  writer.field_if("hint", condition.hint).field("operator", condition.op).field("result", condition.result);
  writer.end_object();
}

void write_values(json::Writer& writer, const policy::ConditionResult& condition) {
  writer.raw(condition.expected).value(condition.field).value(condition.op);
  writer.value(condition.result).value(condition.hint);
  writer.raw(condition.actual.empty() ? "{}" : std::string_view(condition.actual));
}

}  // namespace

void write_conditions(json::Writer& writer, const std::vector<policy::ConditionResult>& conditions,
                      ConditionsAs form) {
  writer.begin_array();
  for (const policy::ConditionResult& condition : conditions)
    form == ConditionsAs::objects ? write_object(writer, condition) : write_values(writer, condition);
  writer.end_array();
}

}  // namespace al::engine
