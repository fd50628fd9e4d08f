#pragma once

#include "catalog/catalog_files.h"
#include "catalog/database.h"

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace tonearm::catalog {

/// Tells, without waiting for anything, whether a catalog is still what it was. Made on any thread,
/// then used by one at a time.
class ChangeDetector {
 public:
  enum class Finding : std::uint8_t {
    unchanged,
    locked,   ///< Nobody can say before a writer is done.
    changed,  ///< Or gone, or unreadable: to be opened anew.
  };

  /// For `database`, which was opened since `files` were looked at. Null when it is live and cannot
  /// be asked for its data_version now.
  static std::unique_ptr<ChangeDetector> make(CatalogFiles files, const Database& database);

  /// Some microseconds: stat(), and for a live database without a write-ahead log a look at its
  /// header while nobody writes, else one empty read transaction.
  Finding look();

 private:
  /// Bytes 18 to 27 of the database file: the journal's kind, and the change counter, which every
  /// transaction but those of a write-ahead log counts up (the SQLite file format, §1.3).
  using Header = std::array<std::byte, 10>;

  ChangeDetector(CatalogFiles files, Access access);
  bool connect();
  std::optional<Header> read_header() const;
  bool is_surely_unchanged() const;

  CatalogFiles files_;
  Access access_;
  Connection connection_;  ///< None where the files' stamps tell all.
  Statement statement_;
  std::int64_t version_ = 0;
  std::optional<Header> header_;  ///< None where it does not tell: a write-ahead log is in use.
};

}  // namespace tonearm::catalog
