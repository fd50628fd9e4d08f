#include "catalog/lookup_check.h"

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
    static_cast<CheckedLookup*>(context)->depends_on_database_only = false;
  }
  return SQLITE_OK;
}

/// What is wrong with a statement that SQLite accepts, empty when nothing is.
std::string objection(sqlite3* connection, sqlite3_stmt* statement, std::string_view tail) {
  if (statement == nullptr) return "is empty";
  if (sqlite3_stmt_readonly(statement) == 0 || sqlite3_column_count(statement) == 0 ||
      sqlite3_stmt_isexplain(statement) != 0) {
    return "must be a single read-only SELECT";
  }
  std::string_view rest;
  while (!tail.empty()) {
    const auto second = prepare(connection, tail, &rest);
    if (second || sqlite3_errcode(connection) != SQLITE_OK) {
      return "must be a single SELECT; there is a second statement";
    }
    if (rest.size() == tail.size()) break;
    tail = rest;
  }
  const int parameters = sqlite3_bind_parameter_count(statement);
  for (int i = 1; i <= parameters; ++i) {
    const char* const name = sqlite3_bind_parameter_name(statement, i);
    if (name != nullptr && std::string_view(name) == ":id") continue;
    return std::string("has a parameter ") + (name != nullptr ? name : "?") + "; only :id is known";
  }
  return parameters == 0 ? "must use :id, the id that is asked for" : "";
}

}  // namespace

Result<CheckedLookup> prepare_checked_lookup(sqlite3* connection, const CatalogOptions& options) {
  CheckedLookup lookup;
  std::string_view tail;
  sqlite3_set_authorizer(connection, &note_function, &lookup);
  lookup.statement = prepare(connection, options.lookup, &tail);
  sqlite3_set_authorizer(connection, nullptr, nullptr);

  const int code = sqlite3_errcode(connection) & 0xff;
  if (code == SQLITE_ERROR || code == SQLITE_AUTH) {
    return unavailable(options.path, std::string("catalog.lookup: ") + sqlite3_errmsg(connection));
  }
  if (code != SQLITE_OK) return unavailable(options.path, connection);
  if (const auto problem = objection(connection, lookup.statement.get(), tail); !problem.empty()) {
    return unavailable(options.path, "catalog.lookup " + problem);
  }
  lookup.id_parameter = sqlite3_bind_parameter_index(lookup.statement.get(), ":id");
  return lookup;
}

}  // namespace tonearm::catalog
