#include "engine/explanation.h"

namespace al::engine {

void write_conditions(json::Writer& writer, const std::vector<policy::ConditionResult>& conditions) {
  writer.begin_array();
  for (const policy::ConditionResult& condition : conditions) {
    writer.begin_object();
    if (!condition.actual.empty()) writer.raw_field("actual", condition.actual);
    writer.raw_field("expected", condition.expected).field("field", condition.field);
    writer.field_if("hint", condition.hint).field("operator", condition.op).field("result", condition.result);
    writer.end_object();
  }
  writer.end_array();
}

}  // namespace al::engine
