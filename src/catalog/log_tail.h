#pragma once

#include <sqlite3.h>

#include <string>

namespace tonearm::catalog {

/// Whether somebody may have written a commit into the write-ahead log `wal` that does not count
/// yet: a log's frames count once its index (-shm) says so, which no file's times show. Asked of a
/// live connection to the log's database.
bool has_commit_under_way(sqlite3* connection, const std::string& wal);

}  // namespace tonearm::catalog
