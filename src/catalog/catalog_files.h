#pragma once

#include "catalog/database_stamp.h"

#include <string>

namespace tonearm::catalog {

/// The files of a catalog as they were when this was made.
class CatalogFiles {
 public:
  /// Looks at `path` as configured now, before it is opened.
  explicit CatalogFiles(const std::string& path);

  const std::string& path() const { return path_; }
  /// Without symbolic links, as SQLite names -wal and -journal by.
  const std::string& real() const { return real_; }
  const std::string& wal() const { return wal_; }
  bool are_same() const { return DatabaseStamp::of(path_, wal_) == stamp_; }
  /// The same without the write-ahead log.
  bool is_same_database() const { return FileState::of(path_) == stamp_.database; }
  /// Whether are_same() proves that nobody wrote: not when the last write was just before.
  bool are_proof() const { return proof_; }
  /// What was written before may come to count later, with no trace in any file's times.
  void distrust() { proof_ = false; }

 private:
  std::string path_;
  std::string real_;
  std::string wal_;
  DatabaseStamp stamp_;
  bool proof_ = false;
};

/// `path` without symbolic links; `path` when there is no such file.
std::string real_path(const std::string& path);

}  // namespace tonearm::catalog
