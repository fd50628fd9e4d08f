#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tonearm::catalog {

/// What stat() says of one file; all zero when there is none.
struct FileState {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t modified = 0;  ///< Nanoseconds since the epoch.
  std::int64_t changed = 0;   ///< The inode's own time, which no utime() sets back. Not of a log.

  static FileState of(const std::string& path);

  friend bool operator==(const FileState&, const FileState&) = default;
};

/// What stat() says of a database and its write-ahead log: differs when the file was written,
/// replaced by rename, removed or created.
struct DatabaseStamp {
  FileState database;
  FileState wal;

  static DatabaseStamp of(const std::string& database, const std::string& wal);

  /// Whether a write that came right after `seen` (nanoseconds since the epoch) could have left the
  /// same stamp: file times advance in ticks, of some milliseconds or of seconds. They are taken to
  /// be of this machine's clock, which those of a file server need not be.
  bool is_too_fresh(std::int64_t seen) const;

  friend bool operator==(const DatabaseStamp&, const DatabaseStamp&) = default;
};

/// Now, on the clock that file times are in.
std::int64_t file_time_now();

}  // namespace tonearm::catalog
