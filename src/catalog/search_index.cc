#include "catalog/search_index.h"

#include "catalog/sqlite_handles.h"

namespace tonearm::catalog {

bool has_search_index(sqlite3* connection) {
  const auto statement =
      prepare(connection,
              "SELECT count(*) FROM main.sqlite_schema WHERE (type = 'table' AND"
              " name = 'music_song_search' AND sql LIKE '%USING fts5(%') OR (type = 'trigger' AND"
              " tbl_name = 'music_song' AND name IN ('music_song_search_insert',"
              " 'music_song_search_delete', 'music_song_search_update'))");
  constexpr int index_and_triggers = 4;
  return statement && sqlite3_step(statement.get()) == SQLITE_ROW &&
         sqlite3_column_int(statement.get(), 0) == index_and_triggers;
}

}  // namespace tonearm::catalog
