#include "tonearm/catalog/log_owners.h"

#include "catalog/catalog_files.h"
#include "catalog/sqlite_handles.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace tonearm::catalog {

std::optional<LogOwners::FileIdentity> LogOwners::FileIdentity::of(const std::string& path) {
  struct statx found {};
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_INO | STATX_BTIME, &found) != 0) return std::nullopt;
  return FileIdentity{found.stx_dev_major, found.stx_dev_minor, found.stx_ino,
                      found.stx_btime.tv_sec, found.stx_btime.tv_nsec};
}

Result<bool> LogOwners::has_foreign_log(const CatalogFiles& files) {
  LogHeader header{};
  std::ifstream log(files.wal(), std::ios::binary);
  if (!log.read(header.data(), header.size())) return false;
  const auto database = FileIdentity::of(files.path());
  if (!database) {
    return unavailable(files.path(),
                       "cannot be looked at: " + std::generic_category().message(errno));
  }
  const std::lock_guard lock(mutex_);
  const auto known = owners_.find(files.wal());
  if (known != owners_.end() && known->second.header == header) {
    return known->second.database != *database;
  }
  // What is still the file that was looked at before was there with the log.
  if (files.is_same_database()) owners_.insert_or_assign(files.wal(), Owner{header, *database});
  return false;
}

}  // namespace tonearm::catalog
