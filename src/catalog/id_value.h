#pragma once

#include <sqlite3.h>

#include <string>

namespace tonearm::catalog {

// Values of a column id. That of a row (sqlite3_column_value) will do: the connections here are
// opened with SQLITE_OPEN_NOMUTEX, where nothing protects a value from other threads anyway.

/// As it stands in URLs: a number that is whole without a point, whatever its type.
std::string id_text(sqlite3_value* value);

/// Whether a song of this id can be asked for: by a text that is_song_id, or a whole number.
bool is_song_id(sqlite3_value* value);

/// Makes is_song_id known to the connection's SQL, as tonearm_is_song_id(id).
void define_is_song_id(sqlite3* connection);

}  // namespace tonearm::catalog
