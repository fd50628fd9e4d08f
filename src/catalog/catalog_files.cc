#include "catalog/catalog_files.h"

#include <filesystem>
#include <system_error>

namespace tonearm::catalog {

CatalogFiles::CatalogFiles(const std::string& path)
    : path_(path), real_(real_path(path)), wal_(real_ + "-wal") {
  const auto now = file_time_now();
  stamp_ = DatabaseStamp::of(path_, wal_);
  proof_ = !stamp_.is_too_fresh(now);
}

std::string real_path(const std::string& path) {
  std::error_code failed;
  const auto real = std::filesystem::canonical(path, failed);
  return failed ? path : real.string();
}

}  // namespace tonearm::catalog
