#include "catalog/import_schema.h"

#include "catalog/search_index.h"
#include "catalog/song_table.h"
#include "catalog/sqlite_handles.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace tonearm::catalog {
namespace {

/// AUTOINCREMENT: the id of a song that is gone is nobody else's, in no player's memory.
constexpr const char* create_songs =
    "CREATE TABLE music_song("
    "id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, artist TEXT NOT NULL DEFAULT '',"
    " duration INTEGER NOT NULL DEFAULT 0, thumbnail TEXT NOT NULL DEFAULT '', file TEXT NOT NULL,"
    " content_type TEXT NOT NULL DEFAULT '', album TEXT NOT NULL DEFAULT '',"
    " growing INTEGER NOT NULL DEFAULT 0, pcm_format TEXT NOT NULL DEFAULT '')";

constexpr const char* create_seen =
    "CREATE TABLE IF NOT EXISTS tonearm_import("
    "file PRIMARY KEY, size INTEGER NOT NULL, modified INTEGER NOT NULL) WITHOUT ROWID";

struct Column {
  std::string name;
  bool needs_value = false;  ///< NOT NULL, and no default.
};

bool same(const std::string& name, const char* other) {
  return sqlite3_stricmp(name.c_str(), other) == 0;
}

/// Those that can be written: table_info leaves out what is GENERATED.
std::vector<Column> columns_of(sqlite3* connection) {
  std::vector<Column> columns;
  const auto statement = prepare(connection, "PRAGMA main.table_info(music_song)");
  while (statement && sqlite3_step(statement.get()) == SQLITE_ROW) {
    Column& column = columns.emplace_back();
    column.name = column_text(statement.get(), 1);
    column.needs_value = sqlite3_column_int(statement.get(), 3) != 0 &&
                         sqlite3_column_type(statement.get(), 4) == SQLITE_NULL;
  }
  return columns;
}

bool contains(const std::vector<Column>& columns, const char* wanted) {
  return std::ranges::any_of(columns,
                             [&](const Column& column) { return same(column.name, wanted); });
}

/// What stands in columns of Song that a tag says nothing of; null for a column that is none.
const char* constant_for(const std::string& name) {
  if (same(name, "thumbnail") || same(name, "pcm_format")) return "''";
  return same(name, "growing") ? "0" : nullptr;
}

bool is_empty(sqlite3* connection) {
  const auto statement = prepare(connection, "SELECT count(*) FROM main.sqlite_schema");
  return statement && sqlite3_step(statement.get()) == SQLITE_ROW &&
         sqlite3_column_int(statement.get(), 0) == 0;
}

Result<void> make_tables_unless_there(sqlite3* connection, const std::string& path) {
  if (!is_empty(connection)) return {};
  const bool made = execute(connection, create_songs) &&
                    execute(connection, "CREATE INDEX music_song_file ON music_song(file)") &&
                    make_search_index(connection);
  if (!made) return unavailable(path, connection);
  return {};
}

/// Whether serve could read the table, and import can make its ids and write its files.
Result<void> check_table(sqlite3* connection, const std::string& path) {
  const auto readable = song_table_select(connection, path);
  if (!readable) return readable.error();
  // Any other key would be NULL in our rows.
  if (!has_rowids_for_ids(connection)) {
    return unavailable(path,
                       "music_song.id is no INTEGER PRIMARY KEY alone (and without DESC), so that "
                       "import cannot make ids");
  }
  if (!contains(columns_of(connection), "file")) {
    return unavailable(path,
                       "music_song.file is GENERATED, so that import cannot write it; make it an "
                       "ordinary column");
  }
  return {};
}

/// The parameter of the imported value that goes into a column; none where there is none.
std::optional<std::string> parameter_for(const char* column) {
  const auto place = std::ranges::find_if(
      imported_columns, [&](const char* known) { return sqlite3_stricmp(known, column) == 0; });
  if (place == std::end(imported_columns)) return std::nullopt;
  return "?" + std::to_string(place - std::begin(imported_columns) + 1);
}

Result<ImportStatements> statements_for(const std::vector<Column>& columns,
                                        const std::string& path) {
  std::string names;
  std::string values;
  std::string changes;
  const auto add = [&](const std::string& column, const std::string& value) {
    names += (names.empty() ? "\"" : ", \"") + column + '"';
    values += (values.empty() ? "" : ", ") + value;
  };
  const bool has_artist = contains(columns, "artist");
  for (const Column& column : columns) {
    if (same(column.name, "id")) continue;
    const bool holds_artist = !has_artist && same(column.name, "author");
    if (const auto value = parameter_for(holds_artist ? "artist" : column.name.c_str())) {
      add(column.name, *value);
      // What a tag says nothing of stays as somebody wrote it.
      changes += (changes.empty() ? "\"" : ", \"") + column.name + "\" = coalesce(nullif(nullif(" +
                 *value + ", ''), 0), \"" + column.name + "\")";
    } else if (const char* const constant = constant_for(column.name)) {
      add(column.name, constant);
    } else if (column.needs_value) {
      return unavailable(path, "music_song." + column.name +
                                   " is NOT NULL and import knows no value for it; give it a "
                                   "DEFAULT");
    }
  }
  const auto id = std::to_string(std::size(imported_columns) + 1);
  return ImportStatements{"INSERT INTO main.music_song(" + names + ") VALUES (" + values + ")",
                          "UPDATE main.music_song SET " + changes + " WHERE id = ?" + id};
}

}  // namespace

Result<ImportStatements> prepare_import(sqlite3* connection, const std::string& path) {
  const auto made = make_tables_unless_there(connection, path);
  if (!made) return made.error();
  const auto fit = check_table(connection, path);
  if (!fit) return fit.error();
  if (!execute(connection, create_seen) || !renew_search_index(connection)) {
    return unavailable(path, connection);
  }
  return statements_for(columns_of(connection), path);
}

}  // namespace tonearm::catalog
