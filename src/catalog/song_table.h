#pragma once

#include "tonearm/base/result.h"

#include <sqlite3.h>

#include <string>

namespace tonearm::catalog {

/// The query for one song by ?1 in the table music_song as it is: of its columns only id and file
/// must exist. catalog_unavailable when it is not there, or lacks one.
Result<std::string> song_table_query(sqlite3* connection, const std::string& path);

}  // namespace tonearm::catalog
