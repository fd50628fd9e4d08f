#pragma once

#include <string>

namespace tonearm::app {

/// Log lines go to stderr from now on, those of `level` (log.level) and worse.
void start_logging(const std::string& level);

}  // namespace tonearm::app
