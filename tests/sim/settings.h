// The settings of a world.
#pragma once

#include <string>

#include "stage.h"

namespace al::sim {

/// Under these, circuits open and close within a world's minutes, and its people have enough to do. JSON.
[[nodiscard]] std::string draw_settings(Chance& chance);

}  // namespace al::sim
