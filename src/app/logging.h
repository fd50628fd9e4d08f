#pragma once

#include <string>

namespace tonearm::app {

/// Log lines go to stderr from now on, those of `level` (log.level) and worse.
void start_logging(const std::string& level);
/// From any thread, at any time.
void set_log_level(const std::string& level);

}  // namespace tonearm::app
