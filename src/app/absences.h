#pragma once

#include "app/config.h"

#include <string>
#include <vector>

namespace tonearm::app {

/// What a configuration names, or leaves to the environment, that is not there yet, one line each.
/// None keeps it from being right: it may come later. Blocks.
std::vector<std::string> absences(const Config& config);

}  // namespace tonearm::app
