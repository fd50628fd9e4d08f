#include "catalog/change_detector.h"

namespace tonearm::catalog {

CatalogFiles::CatalogFiles(const std::string& path)
    : path_(path), real_(real_path(path)), wal_(real_ + "-wal") {
  const auto now = file_time_now();
  stamp_ = FileStamp::of(path_, wal_);
  proof_ = !stamp_.is_too_fresh(now);
}

ChangeDetector::ChangeDetector(CatalogFiles files, Access access)
    : files_(std::move(files)), access_(access) {}

std::unique_ptr<ChangeDetector> ChangeDetector::make(CatalogFiles files, Access access) {
  std::unique_ptr<ChangeDetector> detector(new ChangeDetector(std::move(files), access));
  if (access != Access::live) return detector;
  detector->connection_ = open_live(detector->files_.real());
  detector->statement_ = prepare(detector->connection_.get(), "PRAGMA data_version");
  if (!detector->statement_) return nullptr;
  const auto version = detector->data_version();
  if (!version) return nullptr;
  detector->version_ = *version;
  return detector;
}

ChangeDetector::Finding ChangeDetector::look() {
  if (access_ == Access::memory) return Finding::unchanged;
  if (!files_.are_same()) return Finding::changed;
  if (access_ != Access::live) return files_.are_proof() ? Finding::unchanged : Finding::changed;
  const auto version = data_version();
  if (!version) return is_busy(connection_.get()) ? Finding::locked : Finding::changed;
  return *version == version_ ? Finding::unchanged : Finding::changed;
}

std::optional<std::int64_t> ChangeDetector::data_version() {
  std::optional<std::int64_t> version;
  if (sqlite3_step(statement_.get()) == SQLITE_ROW) {
    version = sqlite3_column_int64(statement_.get(), 0);
  }
  sqlite3_reset(statement_.get());
  return version;
}

}  // namespace tonearm::catalog
