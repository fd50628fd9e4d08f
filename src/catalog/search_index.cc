#include "catalog/search_index.h"

#include "catalog/sqlite_handles.h"

#include <algorithm>
#include <string>

namespace tonearm::catalog {
namespace {

constexpr std::string_view without_text =
    "CREATE VIRTUAL TABLE music_song_search USING fts5(name, artist, content='music_song',"
    " content_rowid='id', tokenize='unicode61 remove_diacritics 2', detail=none, columnsize=0,"
    " prefix='1 2 3')";

std::string schema_of(sqlite3* connection, std::string_view name) {
  const auto statement =
      prepare(connection, "SELECT sql FROM main.sqlite_schema WHERE name = ?1 LIMIT 1");
  if (!statement) return {};
  bind_text(statement.get(), 1, name);
  return sqlite3_step(statement.get()) == SQLITE_ROW ? column_text(statement.get(), 0)
                                                     : std::string();
}

/// `CREATE TRIGGER name …`
std::string_view name_of(std::string_view trigger) {
  constexpr std::string_view before = "CREATE TRIGGER ";
  const std::string_view rest = trigger.substr(before.size());
  return rest.substr(0, rest.find(' '));
}

}  // namespace

bool has_search_index(sqlite3* connection) {
  return schema_of(connection, "music_song_search") == create_search_index &&
         std::ranges::all_of(create_search_triggers, [&](std::string_view trigger) {
           return schema_of(connection, name_of(trigger)) == trigger;
         });
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
  const std::string form = schema_of(connection, "music_song_search");
  const bool ours = form == create_search_index || form == without_text;
  if (!ours || has_search_index(connection)) return true;
  if (!prepare(connection, "SELECT name, artist FROM main.music_song")) return true;
  bool dropped = execute(connection, "DROP TABLE main.music_song_search");
  for (const auto trigger : create_search_triggers) {
    dropped = dropped &&
              execute(connection, "DROP TRIGGER IF EXISTS main." + std::string(name_of(trigger)));
  }
  return dropped && make_search_index(connection);
}

}  // namespace tonearm::catalog
