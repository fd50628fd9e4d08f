#include "catalog/log_owner.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <map>
#include <mutex>
#include <string>

namespace tonearm::catalog {
namespace {

/// Its salts make it another one whenever the log begins anew (the SQLite file format, §4.1).
using LogHeader = std::array<char, 32>;

/// Tells a file from one that gets its inode once it is gone.
struct FileIdentity {
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::uint64_t inode = 0;
  std::int64_t born_seconds = 0;
  std::uint32_t born_nanoseconds = 0;

  static FileIdentity of(const std::string& path);
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

struct Owner {
  LogHeader header{};
  FileIdentity database;
};

/// By the log's path: of each the last one seen.
struct Owners {
  std::mutex mutex;
  std::map<std::string, Owner> of;
};

Owners& owners() {
  static Owners known;
  return known;
}

FileIdentity FileIdentity::of(const std::string& path) {
  struct statx found {};
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_INO | STATX_BTIME, &found) != 0) return {};
  return {found.stx_dev_major, found.stx_dev_minor, found.stx_ino, found.stx_btime.tv_sec,
          found.stx_btime.tv_nsec};
}

}  // namespace

bool has_foreign_log(const CatalogFiles& files) {
  LogHeader header{};
  std::ifstream log(files.wal(), std::ios::binary);
  if (!log.read(header.data(), header.size())) return false;
  const auto database = FileIdentity::of(files.path());
  const std::lock_guard lock(owners().mutex);
  const auto known = owners().of.find(files.wal());
  if (known != owners().of.end() && known->second.header == header) {
    return known->second.database != database;
  }
  // What is still the file that was looked at before was there with the log.
  if (files.is_same_database()) {
    owners().of.insert_or_assign(files.wal(), Owner{header, database});
  }
  return false;
}

}  // namespace tonearm::catalog
