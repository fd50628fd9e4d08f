#pragma once

#include "catalog/sqlite_handles.h"

#include <string_view>

namespace tonearm::catalog {

/// A statement, and on what its answer depends.
struct PreparedQuery {
  Statement statement;  ///< Null when SQLite refuses.
  /// False when it, or a view that it reads, calls a function whose answer is another one later. (A
  /// generated column cannot.)
  bool depends_on_database_only = true;
};

/// As prepare().
PreparedQuery prepare_query(sqlite3* connection, std::string_view sql,
                            std::string_view* tail = nullptr);

}  // namespace tonearm::catalog
