#pragma once

#include <sqlite3.h>

#include <array>
#include <string_view>

namespace tonearm::catalog {

/// The full-text index that `import` makes beside a table music_song of its own. It has the text of
/// its rows itself, so that a row goes by its number alone: INSERT OR REPLACE tells no trigger what
/// was there before. Prefixes of one to three bytes have an index of their own, since they are what
/// is asked for while somebody types.
inline constexpr std::string_view create_search_index =
    "CREATE VIRTUAL TABLE music_song_search USING fts5(name, artist,"
    " tokenize='unicode61 remove_diacritics 2', detail=none, columnsize=0, prefix='1 2 3')";

/// What keeps the index in step, whoever writes the table. Only a row that REPLACE took away for
/// another column's sake stays in it: who asks the index asks whether the song is there.
inline constexpr std::array<std::string_view, 3> create_search_triggers = {
    "CREATE TRIGGER music_song_search_insert AFTER INSERT ON music_song BEGIN"
    " DELETE FROM music_song_search WHERE rowid = new.id;"
    " INSERT INTO music_song_search(rowid, name, artist) VALUES (new.id, new.name, new.artist);"
    " END",
    "CREATE TRIGGER music_song_search_delete AFTER DELETE ON music_song BEGIN"
    " DELETE FROM music_song_search WHERE rowid = old.id; END",
    "CREATE TRIGGER music_song_search_update AFTER UPDATE OF id, name, artist ON music_song BEGIN"
    " DELETE FROM music_song_search WHERE rowid = old.id;"
    " DELETE FROM music_song_search WHERE rowid = new.id;"
    " INSERT INTO music_song_search(rowid, name, artist) VALUES (new.id, new.name, new.artist);"
    " END"};

/// Whether the index and all that keeps it in step are there, in this form: when somebody renames a
/// column, SQLite makes the triggers write that one, whatever is called `name` now.
bool has_search_index(sqlite3* connection);

/// Makes the index of a table music_song that has none. False when SQLite fails (it says why in the
/// connection).
bool make_search_index(sqlite3* connection);

/// Makes the index anew where it is import's own but nothing keeps it in step any more, or it has
/// the form that import made before this one, without text of its own: neither is asked any more.
/// Where the table has no name or artist by now, it stays as it is. False as above.
bool renew_search_index(sqlite3* connection);

}  // namespace tonearm::catalog
