// A decision's conditions as every answer and every row shows them.
#pragma once

#include <vector>

#include "base/json_writer.h"
#include "policy/condition.h"

namespace al::engine {

/// The wire's `conditions_evaluated`: an array, canonical where it is written by itself.
void write_conditions(json::Writer& writer, const std::vector<policy::ConditionResult>& conditions);

}  // namespace al::engine
