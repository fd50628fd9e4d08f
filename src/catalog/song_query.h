#pragma once

#include "tonearm/base/result.h"
#include "tonearm/catalog/catalog_options.h"
#include "tonearm/catalog/check_catalog.h"
#include "tonearm/catalog/song.h"

#include "catalog/prepared_query.h"
#include "catalog/song_columns.h"

#include <memory>
#include <string_view>

namespace tonearm::catalog {

/// The prepared statement that finds a song by its id: made from the schema that is there, or
/// `catalog.lookup`. Blocks; used with its connection, by one thread at a time.
class SongQuery {
 public:
  using Found = Result<std::shared_ptr<const Song>>;

  /// Every error is catalog_unavailable, its detail what `tonearm check` prints.
  static Result<SongQuery> prepare(sqlite3* connection, const CatalogOptions& options);

  /// A null song when there is none.
  Found find(std::string_view id);

  /// False when the answer depends on more than the database: the clock, random().
  bool is_cacheable() const { return cacheable_; }
  /// Whether SQLite has prepared the statement anew, by itself, since this was asked last: for a
  /// value of :id, or another schema, whose columns may stand elsewhere.
  bool was_prepared_anew();
  CatalogDescription describe() const;

 private:
  SongQuery(const CatalogOptions& options, PreparedQuery query);
  static Result<SongQuery> prepare_table(sqlite3* connection, const CatalogOptions& options);
  static Result<SongQuery> prepare_lookup(sqlite3* connection, const CatalogOptions& options);
  Found find_in_table(std::string_view id);
  Found find_by_lookup(std::string_view id);
  void bind(std::string_view id);
  void bind(std::int64_t id);
  /// The next row, null at the end.
  Found step(std::string_view id);

  std::string path_;
  bool is_lookup_ = false;
  bool cacheable_;
  Statement statement_;
  SongColumns columns_;
};

}  // namespace tonearm::catalog
