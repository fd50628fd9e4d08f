#pragma once

#include "tonearm/base/result.h"

#include <sqlite3.h>

#include <string>
#include <string_view>
#include <vector>

namespace tonearm::catalog {

/// What reads songs from the table music_song as it is, to be followed by a WHERE clause: `SELECT …
/// FROM main.music_song`. Of its columns only id and file must exist. catalog_unavailable when it
/// is not there, or lacks one.
Result<std::string> song_table_select(sqlite3* connection, const std::string& path);

/// Whether its ids are its rowids (INTEGER PRIMARY KEY), so that all of them are whole numbers.
bool has_rowids_for_ids(sqlite3* connection);

/// Whether no two ids of the table compare equal: what comes behind one of them is certain then.
bool has_unique_ids(sqlite3* connection);

/// The names of the table's columns, as it writes them; none when there is no such table.
Result<std::vector<std::string>> table_columns(sqlite3* connection, const std::string& path,
                                               std::string_view table);

/// Whether one of the names is `wanted`, without regard to case.
bool contains_column(const std::vector<std::string>& names, const char* wanted);

}  // namespace tonearm::catalog
