// A decision's conditions as every answer and every row shows them.
#pragma once

#include <vector>

#include "base/json_writer.h"
#include "policy/condition.h"

namespace al::engine {

enum class ConditionsAs {
  /// The wire's `conditions_evaluated`: objects, canonical where they are written by themselves.
  objects,
  /// The same without names, which are most of what short objects cost their reader: for each condition the
  /// six values expected, field, operator, result, hint ("" for none) and actual ({} for none, which no
  /// actual is).
  values,
};

/// As one array.
void write_conditions(json::Writer& writer, const std::vector<policy::ConditionResult>& conditions,
                      ConditionsAs form = ConditionsAs::objects);

}  // namespace al::engine
