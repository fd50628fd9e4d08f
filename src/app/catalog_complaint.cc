#include "app/catalog_complaint.h"

namespace tonearm::app {

std::string catalog_complaint(const Config& config, const Error& error) {
  if (!error.detail.starts_with(config.catalog.path + ": ")) return error.detail;
  const std::string line = config.catalog_path_place + "catalog.path: " + error.detail;
  if (line.find("; ") != std::string::npos) return line;
  return line + "; give an SQLite database that can be read";
}

}  // namespace tonearm::app
