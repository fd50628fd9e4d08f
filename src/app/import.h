#pragma once

#include "app/config.h"

#include <optional>
#include <string>
#include <vector>

namespace tonearm::app {

struct ImportArguments {
  std::vector<std::string> what;        ///< Directories, files and locators.
  std::optional<std::string> playlist;  ///< An M3U file.
};

/// Adds media files to the catalog. 0; 1 when something could not be imported or it was
/// interrupted, each with a line on stderr; 2 when nothing could be as configured.
int run_import(const Config& config, const ImportArguments& arguments);

}  // namespace tonearm::app
