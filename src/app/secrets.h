#pragma once

#include "app/values.h"
#include "app/whole_file.h"

#include <filesystem>
#include <string>
#include <vector>

namespace tonearm::app {

/// A secret: itself, or "env:NAME" for the value of an environment variable.
Complaint read_secret(const std::string& text, std::string& out);
/// The secrets in a file, one a line, blank lines left out.
Complaint read_secret_file(const std::filesystem::path& path, Reading reading,
                           std::vector<std::string>& out);

}  // namespace tonearm::app
