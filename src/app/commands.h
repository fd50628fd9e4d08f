#pragma once

#include "app/config.h"

#include <functional>
#include <string_view>

namespace tonearm::app {

/// Reads the configuration anew, for SIGHUP. Throws ConfigError.
using Reread = std::function<Config()>;

/// Serves until a signal says stop. 0, or 1 when it cannot listen.
int run_serve(const Config& config, Reread reread);
/// Prints the effective configuration; 2 when the catalog cannot be read as configured.
int run_check(const Config& config);
/// Asks one song's origin and prints what it says; 2 for a bad id or catalog, 1 when the origin
/// failed.
int run_probe(const Config& config, std::string_view id);

}  // namespace tonearm::app
