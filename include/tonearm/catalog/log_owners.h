#pragma once

#include "tonearm/base/result.h"

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace tonearm::catalog {

class CatalogFiles;

/// To which database file each write-ahead log belongs that this process has seen: SQLite cannot
/// tell when the file was replaced by rename since, and would read the other file's pages. One for
/// all connections, and for as long as the process runs. Any thread.
class LogOwners {
 public:
  /// Whether the log there belongs to another file than the database that is there;
  /// catalog_unavailable when that cannot be told. Blocks on the disk.
  Result<bool> has_foreign_log(const CatalogFiles& files);

 private:
  /// Its salts make it another one whenever the log begins anew (the SQLite file format, §4.1).
  using LogHeader = std::array<char, 32>;

  /// Tells a file from one that gets its inode once it is gone.
  struct FileIdentity {
    std::uint32_t device_major = 0;
    std::uint32_t device_minor = 0;
    std::uint64_t inode = 0;
    std::int64_t born_seconds = 0;
    std::uint32_t born_nanoseconds = 0;

    /// Empty with errno set when the file cannot be looked at.
    static std::optional<FileIdentity> of(const std::string& path);
    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
  };

  struct Owner {
    LogHeader header{};
    FileIdentity database;
  };

  std::mutex mutex_;
  std::map<std::string, Owner> owners_;  ///< By the log's path: of each the last one seen.
};

}  // namespace tonearm::catalog
