#pragma once

#include "app/config.h"

#include <string>
#include <vector>

namespace tonearm::app {

/// What a configuration names, or leaves to the environment, that is not there yet or not what it
/// must be, and keys that do not count, or keep nobody out, as the others are, one line each. None
/// keeps it from being right: the rest works, and what is missing may come later. Blocks.
std::vector<std::string> absences(const Config& config);

}  // namespace tonearm::app
