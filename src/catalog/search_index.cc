#include "catalog/search_index.h"

#include "catalog/sqlite_handles.h"

#include <string>

namespace tonearm::catalog {
namespace {

constexpr std::string_view without_text =
    "CREATE VIRTUAL TABLE music_song_search USING fts5(name, artist, content='music_song',"
    " content_rowid='id', tokenize='unicode61 remove_diacritics 2', detail=none, columnsize=0,"
    " prefix='1 2 3')";

std::string schema_of(sqlite3* connection, const char* name) {
  const auto statement =
      prepare(connection, "SELECT sql FROM main.sqlite_schema WHERE name = ?1 LIMIT 1");
  if (!statement) return {};
  sqlite3_bind_text(statement.get(), 1, name, -1, SQLITE_STATIC);
  return sqlite3_step(statement.get()) == SQLITE_ROW ? column_text(statement.get(), 0)
                                                     : std::string();
}

}  // namespace

bool has_search_index(sqlite3* connection) {
  const auto statement =
      prepare(connection,
              "SELECT count(*) FROM main.sqlite_schema WHERE (type = 'table' AND"
              " name = 'music_song_search' AND sql LIKE '%USING fts5(%') OR (type = 'trigger' AND"
              " tbl_name = 'music_song' AND name IN ('music_song_search_insert',"
              " 'music_song_search_delete', 'music_song_search_update'))");
  constexpr int index_and_triggers = 4;
  return statement && sqlite3_step(statement.get()) == SQLITE_ROW &&
         sqlite3_column_int(statement.get(), 0) == index_and_triggers &&
         schema_of(connection, "music_song_search") != without_text;
}

bool make_search_index(sqlite3* connection) {
  bool made = execute(connection, std::string(create_search_index)) &&
              execute(connection,
                      "INSERT INTO main.music_song_search(rowid, name, artist)"
                      " SELECT id, name, artist FROM main.music_song");
  for (const auto trigger : create_search_triggers) {
    made = made && execute(connection, std::string(trigger));
  }
  return made;
}

bool renew_search_index(sqlite3* connection) {
  if (schema_of(connection, "music_song_search") != without_text) return true;
  return execute(connection,
                 "DROP TRIGGER IF EXISTS main.music_song_search_insert;"
                 "DROP TRIGGER IF EXISTS main.music_song_search_delete;"
                 "DROP TRIGGER IF EXISTS main.music_song_search_update;"
                 "DROP TABLE main.music_song_search") &&
         make_search_index(connection);
}

}  // namespace tonearm::catalog
