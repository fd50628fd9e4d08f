#include "catalog/song_query.h"

#include "catalog/lookup_check.h"
#include "catalog/song_id.h"
#include "catalog/song_table.h"

namespace tonearm::catalog {
namespace {

/// That of a lookup (`:id`) has the same number.
constexpr int id_parameter = 1;

/// A statement left at a row holds its lock on the database.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(sqlite3_stmt* statement) : statement_(statement) {}
  ~ResetAtEnd() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;

 private:
  sqlite3_stmt* statement_;
};

}  // namespace

SongQuery::SongQuery(const CatalogOptions& options, PreparedQuery query)
    : path_(options.path),
      is_lookup_(!options.lookup.empty()),
      cacheable_(query.depends_on_database_only),
      statement_(std::move(query.statement)),
      columns_(statement_.get()) {}

Result<SongQuery> SongQuery::prepare(sqlite3* connection, const CatalogOptions& options) {
  return options.lookup.empty() ? prepare_table(connection, options)
                                : prepare_lookup(connection, options);
}

Result<SongQuery> SongQuery::prepare_table(sqlite3* connection, const CatalogOptions& options) {
  const auto select = song_table_select(connection, options.path);
  if (!select) return select.error();
  auto query = prepare_query(connection, *select + " WHERE music_song.\"id\" = ?1");
  if (!query.statement) return unavailable(options.path, connection);
  return SongQuery(options, std::move(query));
}

Result<SongQuery> SongQuery::prepare_lookup(sqlite3* connection, const CatalogOptions& options) {
  auto lookup = prepare_checked_lookup(connection, options);
  if (!lookup) return lookup.error();
  return SongQuery(options, std::move(*lookup));
}

SongQuery::Found SongQuery::find(std::string_view id) {
  return is_lookup_ ? find_by_lookup(id) : find_in_table(id);
}

SongQuery::Found SongQuery::find_in_table(std::string_view id) {
  // As text first: a column with INTEGER or TEXT affinity finds it so, by its index. Only a column
  // without a type tells '1' from 1. Affinity and collations find more than is meant (01, 1e0), so
  // each row is compared again.
  const ResetAtEnd reset(statement_.get());
  const auto integer = canonical_integer(id);
  for (const bool as_integer : {false, true}) {
    if (as_integer && !integer) break;
    sqlite3_reset(statement_.get());
    as_integer ? bind(*integer) : bind(id);
    for (;;) {
      auto found = step(id);
      if (!found) return found;
      if (!*found) break;
      if (columns_.has_id(statement_.get(), id)) return found;
    }
  }
  return std::shared_ptr<const Song>();
}

SongQuery::Found SongQuery::find_by_lookup(std::string_view id) {
  const ResetAtEnd reset(statement_.get());
  if (const auto integer = canonical_integer(id)) {
    bind(*integer);
    return step(id);
  }
  bind(id);
  auto found = step(id);
  const auto disguised = disguised_integer(id);
  if (!disguised || !found || !*found) return found;
  // `WHERE key = :id` on an INTEGER key finds 1 for '01' too. When 1 itself yields the very same
  // row, it was found by its number, not by its name.
  sqlite3_reset(statement_.get());
  bind(*disguised);
  auto by_number = step(id);
  if (!by_number) return by_number;
  if (*by_number && **by_number == **found) return std::shared_ptr<const Song>();
  return found;
}

void SongQuery::bind(std::string_view id) { bind_text(statement_.get(), id_parameter, id); }

void SongQuery::bind(std::int64_t id) { sqlite3_bind_int64(statement_.get(), id_parameter, id); }

SongQuery::Found SongQuery::step(std::string_view id) {
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return std::make_shared<const Song>(columns_.read(statement_.get(), id));
    case SQLITE_DONE:
      return std::shared_ptr<const Song>();
    case SQLITE_TOOBIG:
      return too_long(path_, id);
    default:
      return unavailable(path_, sqlite3_db_handle(statement_.get()));
  }
}

bool SongQuery::was_prepared_anew() {
  constexpr int reset = 1;
  return sqlite3_stmt_status(statement_.get(), SQLITE_STMTSTATUS_REPREPARE, reset) > 0;
}

CatalogDescription SongQuery::describe() const {
  CatalogDescription description;
  description.source = is_lookup_ ? "catalog.lookup" : "table music_song";
  description.columns = columns_.names();
  return description;
}

}  // namespace tonearm::catalog
