#pragma once

#include "tonearm/base/result.h"

#include <sqlite3.h>

#include <string>
#include <vector>

namespace tonearm::catalog {

/// The statements that add to music_song as it is; `?N` is the N-th of the values of
/// imported_columns.
struct ImportStatements {
  std::string insert;
  std::string update;  ///< Of the row whose id is the parameter behind those of the values.
};

/// What import knows of a song, in the order of the parameters.
inline constexpr const char* imported_columns[] = {"name",         "artist",   "album",
                                                   "content_type", "duration", "file"};

/// Makes the tables that are missing in an empty database, in the transaction that is open; finds
/// out how to write to those that are there. An error when a row of ours cannot be a row of theirs.
Result<ImportStatements> prepare_import(sqlite3* connection, const std::string& path);

}  // namespace tonearm::catalog
