#pragma once

#include "catalog/database.h"
#include "catalog/file_stamp.h"

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace tonearm::catalog {

/// The files of a catalog as they were when this was made.
class CatalogFiles {
 public:
  /// Looks at `path` as configured now, before it is opened.
  explicit CatalogFiles(const std::string& path);

  /// Without symbolic links, as SQLite names -wal and -journal by.
  const std::string& real() const { return real_; }
  bool are_same() const { return FileStamp::of(path_, wal_) == stamp_; }
  /// The same without the write-ahead log.
  bool is_same_database() const { return FileState::of(path_) == stamp_.database; }
  /// Whether are_same() proves that nobody wrote: not when the last write was just before.
  bool are_proof() const { return proof_; }

 private:
  std::string path_;
  std::string real_;
  std::string wal_;
  FileStamp stamp_;
  bool proof_ = false;
};

/// Tells, without waiting for anything, whether a catalog is still what it was. Made on any thread,
/// then used by one at a time.
class ChangeDetector {
 public:
  enum class Finding : std::uint8_t {
    unchanged,
    locked,   ///< Nobody can say before a writer is done.
    changed,  ///< Or gone, or unreadable: to be opened anew.
  };

  /// For what was opened with `access` since `files` were looked at. Null when a live database
  /// cannot be asked for its data_version now.
  static std::unique_ptr<ChangeDetector> make(CatalogFiles files, Access access);

  /// Some microseconds: stat(), and for a live database a look at its header while nobody writes,
  /// else one empty read transaction.
  Finding look();

 private:
  /// Bytes 18 to 27 of the database file: the journal's kind, and the change counter, which every
  /// transaction but those of a write-ahead log counts up (the SQLite file format, §1.3).
  using Header = std::array<std::byte, 10>;

  ChangeDetector(CatalogFiles files, Access access);
  std::optional<Header> read_header() const;
  bool is_surely_unchanged() const;
  std::optional<std::int64_t> data_version();

  CatalogFiles files_;
  Access access_;
  Connection connection_;
  Statement statement_;
  std::int64_t version_ = 0;
  std::optional<Header> header_;  ///< None where it does not tell: a write-ahead log is in use.
};

}  // namespace tonearm::catalog
