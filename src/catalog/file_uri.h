#pragma once

#include <string>
#include <string_view>

namespace tonearm::catalog {

/// `file:` and the absolute path, with everything percent-encoded that SQLite's URI filenames give
/// a meaning to.
std::string file_uri(std::string_view absolute_path);

}  // namespace tonearm::catalog
