#pragma once

#include <sqlite3.h>

#include <string>
#include <vector>

namespace tonearm::catalog {

/// A database file read as bytes, through SQLite's VFS: POSIX locks belong to the process, so that
/// closing a descriptor of our own would silently drop the locks of every connection to this file.
class LockedFile {
 public:
  explicit LockedFile(const std::string& path);
  ~LockedFile();
  LockedFile(const LockedFile&) = delete;
  LockedFile& operator=(const LockedFile&) = delete;

  /// An SQLite result: SQLITE_BUSY while a writer is at the file itself. Released with the object.
  int lock_shared();
  /// Writes all of the file to `to`; an SQLite result.
  int copy_to(const std::string& to);

 private:
  sqlite3_file* file() { return reinterpret_cast<sqlite3_file*>(memory_.data()); }

  std::vector<sqlite3_int64> memory_;  ///< SQLite's file object, which has no type of a known size.
  sqlite3_filename name_;
  bool open_ = false;
};

}  // namespace tonearm::catalog
