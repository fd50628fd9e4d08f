#pragma once

#include <sqlite3.h>

#include <array>
#include <string_view>

namespace tonearm::catalog {

/// The full-text index that `import` makes beside a table music_song of its own. It holds no text
/// (music_song does), only which word is in which row; prefixes of one to three bytes have an index
/// of their own, since they are what is asked for while somebody types.
inline constexpr std::string_view create_search_index =
    "CREATE VIRTUAL TABLE music_song_search USING fts5(name, artist, content='music_song',"
    " content_rowid='id', tokenize='unicode61 remove_diacritics 2', detail=none, columnsize=0,"
    " prefix='1 2 3')";

/// What keeps the index in step, whoever writes the table.
inline constexpr std::array<std::string_view, 3> create_search_triggers = {
    "CREATE TRIGGER music_song_search_insert AFTER INSERT ON music_song BEGIN"
    " INSERT INTO music_song_search(rowid, name, artist) VALUES (new.id, new.name, new.artist);"
    " END",
    "CREATE TRIGGER music_song_search_delete AFTER DELETE ON music_song BEGIN"
    " INSERT INTO music_song_search(music_song_search, rowid, name, artist)"
    " VALUES ('delete', old.id, old.name, old.artist); END",
    "CREATE TRIGGER music_song_search_update AFTER UPDATE OF id, name, artist ON music_song BEGIN"
    " INSERT INTO music_song_search(music_song_search, rowid, name, artist)"
    " VALUES ('delete', old.id, old.name, old.artist);"
    " INSERT INTO music_song_search(rowid, name, artist) VALUES (new.id, new.name, new.artist);"
    " END"};

/// Whether the index and all that keeps it in step are there.
bool has_search_index(sqlite3* connection);

}  // namespace tonearm::catalog
