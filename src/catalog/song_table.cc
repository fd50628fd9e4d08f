#include "catalog/song_table.h"

#include "catalog/song_columns.h"
#include "catalog/sqlite_handles.h"

#include <algorithm>
#include <vector>

namespace tonearm::catalog {
namespace {

/// One column of all rows.
Result<std::vector<std::string>> all(sqlite3* connection, const std::string& path,
                                     std::string_view sql, int column) {
  const auto statement = prepare(connection, sql);
  if (!statement) return unavailable(path, connection);
  std::vector<std::string> values;
  const auto add = [&] { values.push_back(column_text(statement.get(), column)); };
  if (!for_each_row(statement.get(), add)) return unavailable(path, connection);
  return values;
}

std::string joined(const std::vector<std::string>& names) {
  constexpr std::size_t most = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) {
    if (i > 0) text += ", ";
    text += names[i];
  }
  return names.size() > most ? text + ", …" : text;
}

Error no_table(sqlite3* connection, const std::string& path) {
  constexpr std::string_view sql =
      "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') "
      "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
  const auto tables = all(connection, path, sql, 0);
  if (!tables) return tables.error();
  const auto found = tables->empty() ? "there is none at all" : "there are: " + joined(*tables);
  return unavailable(path, "no table music_song (" + found +
                               "); create it, or set catalog.lookup to read another schema");
}

}  // namespace

bool contains_column(const std::vector<std::string>& names, const char* wanted) {
  return std::ranges::any_of(
      names, [&](const std::string& name) { return sqlite3_stricmp(name.c_str(), wanted) == 0; });
}

Result<std::vector<std::string>> table_columns(sqlite3* connection, const std::string& path,
                                               std::string_view table) {
  constexpr int name_column = 1;
  return all(connection, path, "PRAGMA main.table_xinfo(" + std::string(table) + ")", name_column);
}

bool has_rowids_for_ids(sqlite3* connection) {
  // Any other primary key has an index of its own.
  const auto statement = prepare(
      connection,
      "SELECT 1 FROM pragma_table_info('music_song', 'main') WHERE pk > 0 AND lower(name) = 'id'"
      " AND NOT EXISTS (SELECT 1 FROM pragma_index_list('music_song', 'main')"
      " WHERE origin = 'pk')");
  return statement && sqlite3_step(statement.get()) == SQLITE_ROW;
}

bool has_unique_ids(sqlite3* connection) {
  if (has_rowids_for_ids(connection)) return true;
  const auto statement =
      prepare(connection,
              "SELECT 1 FROM pragma_index_list('music_song', 'main') AS list WHERE \"unique\""
              " AND NOT partial AND (SELECT count(*) = 1 AND max(lower(name)) = 'id'"
              " AND max(lower(coll)) = lower(?1)"
              " FROM pragma_index_xinfo(list.name, 'main') WHERE key)");
  if (!statement) return false;
  const char* collation = nullptr;
  sqlite3_table_column_metadata(connection, "main", "music_song", "id", nullptr, &collation,
                                nullptr, nullptr, nullptr);
  bind_text(statement.get(), 1, collation == nullptr ? "" : collation);
  return sqlite3_step(statement.get()) == SQLITE_ROW;
}

Result<std::string> song_table_select(sqlite3* connection, const std::string& path) {
  const auto columns = table_columns(connection, path, "music_song");
  if (!columns) return columns.error();
  if (columns->empty()) return no_table(connection, path);

  for (const char* const needed : {"id", "file"}) {
    if (contains_column(*columns, needed)) continue;
    return unavailable(path, std::string("table music_song has no column ") + needed +
                                 " (it has: " + joined(*columns) +
                                 "); add it, or set catalog.lookup");
  }
  std::string selected;
  for (const char* const name : song_column_names) {
    if (!contains_column(*columns, name)) continue;
    if (!selected.empty()) selected += ", ";
    selected += std::string("music_song.\"") + name + '"';
  }
  return "SELECT " + selected + " FROM main.music_song";
}

}  // namespace tonearm::catalog
