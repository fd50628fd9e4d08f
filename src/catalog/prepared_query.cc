#include "catalog/prepared_query.h"

#include <algorithm>
#include <array>

namespace tonearm::catalog {
namespace {

constexpr std::array<const char*, 14> volatile_functions = {
    "random",        "randomblob",        "date",
    "time",          "datetime",          "julianday",
    "strftime",      "unixepoch",         "current_date",
    "current_time",  "current_timestamp", "changes",
    "total_changes", "last_insert_rowid"};

int note_function(void* context, int action, const char*, const char* function, const char*,
                  const char*) {
  const auto is_this = [function](const char* name) {
    return sqlite3_stricmp(name, function) == 0;
  };
  if (action == SQLITE_FUNCTION && std::ranges::any_of(volatile_functions, is_this)) {
    static_cast<PreparedQuery*>(context)->depends_on_database_only = false;
  }
  return SQLITE_OK;
}

}  // namespace

PreparedQuery prepare_query(sqlite3* connection, std::string_view sql, std::string_view* tail) {
  PreparedQuery query;
  sqlite3_set_authorizer(connection, &note_function, &query);
  query.statement = prepare(connection, sql, tail);
  sqlite3_set_authorizer(connection, nullptr, nullptr);
  return query;
}

}  // namespace tonearm::catalog
