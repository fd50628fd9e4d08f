#include "catalog/change_detector.h"

#include "catalog/log_tail.h"

namespace tonearm::catalog {
namespace {

constexpr sqlite3_int64 header_offset = 18;
constexpr std::byte write_ahead_log{2};

}  // namespace

ChangeDetector::ChangeDetector(CatalogFiles files, Access access)
    : files_(std::move(files)), access_(access) {}

std::unique_ptr<ChangeDetector> ChangeDetector::make(CatalogFiles files, const Database& database) {
  const Access access = database.access();
  // A connection of ours would keep the log's last writer from taking it away. Each commit writes
  // to the log, and so shows in its times, unless it had done that before they were looked at.
  const bool logged = keeps_lock(database.connection());
  if (logged && has_commit_under_way(database.connection(), files.wal())) files.distrust();
  std::unique_ptr<ChangeDetector> detector(new ChangeDetector(std::move(files), access));
  if (access == Access::live && !logged && !detector->connect()) return nullptr;
  return detector;
}

bool ChangeDetector::connect() {
  connection_ = open_live(files_.real());
  statement_ = prepare(connection_.get(), "PRAGMA data_version");
  if (!statement_) return false;
  const auto version = read_integer(statement_.get());
  if (!version) return false;
  version_ = *version;
  header_ = read_header();
  return !keeps_lock(connection_.get());
}

ChangeDetector::Finding ChangeDetector::look() {
  if (access_ == Access::memory || is_surely_unchanged()) return Finding::unchanged;
  if (!files_.are_same()) return Finding::changed;
  if (!statement_) return files_.are_proof() ? Finding::unchanged : Finding::changed;
  const auto version = read_integer(statement_.get());
  if (!version) return is_busy(connection_.get()) ? Finding::locked : Finding::changed;
  return *version == version_ ? Finding::unchanged : Finding::changed;
}

std::optional<ChangeDetector::Header> ChangeDetector::read_header() const {
  sqlite3_file* const file = file_of(connection_.get());
  Header header{};
  if (file == nullptr) return std::nullopt;
  const int read = file->pMethods->xRead(file, header.data(), header.size(), header_offset);
  const bool logged = header[0] == write_ahead_log || header[1] == write_ahead_log;
  if (read != SQLITE_OK || logged) return std::nullopt;
  return header;
}

/// A third of what a read transaction costs, and enough: a rollback journal's transaction counts up
/// before it is committed, and whoever writes holds the RESERVED lock until then.
bool ChangeDetector::is_surely_unchanged() const {
  if (!header_ || !files_.is_same_database()) return false;
  return is_reserved(connection_.get()) == false && read_header() == header_;
}

}  // namespace tonearm::catalog
