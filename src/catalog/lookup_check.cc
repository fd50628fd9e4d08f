#include "catalog/lookup_check.h"

#include "catalog/song_columns.h"

#include <optional>
#include <string>

namespace tonearm::catalog {
namespace {

/// A key that holds SQL: what is said when it is wrong.
struct StatementKey {
  std::string name;  ///< With its place before it.
  std::string example;

  Error complain(std::string_view problem) const {
    return unavailable(name, std::string(problem) + "; give one such as \"" + example + '"');
  }
};

StatementKey lookup_key(const CatalogOptions& options) {
  return {options.lookup_place + "catalog.lookup",
          "SELECT path AS file FROM tracks WHERE key = :id"};
}

StatementKey list_key(const CatalogOptions& options) {
  return {options.list_place + "catalog.list", "SELECT key AS id, title AS name FROM tracks"};
}

/// Why SQLite refused the SQL, if it did.
std::optional<Error> refusal(sqlite3* connection, const std::string& path,
                             const StatementKey& key) {
  const int code = sqlite3_errcode(connection) & 0xff;
  if (code == SQLITE_ERROR || code == SQLITE_AUTH) {
    return key.complain(std::string(sqlite3_errmsg(connection)) + " in " + path);
  }
  if (code != SQLITE_OK) return unavailable(path, connection);
  return std::nullopt;
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
  return {};
}

std::string parameter_objection(sqlite3_stmt* statement) {
  const int parameters = sqlite3_bind_parameter_count(statement);
  for (int i = 1; i <= parameters; ++i) {
    const char* const name = sqlite3_bind_parameter_name(statement, i);
    if (name != nullptr && std::string_view(name) == ":id") continue;
    return std::string("has a parameter ") + (name != nullptr ? name : "?") + "; only :id is known";
  }
  return parameters == 0 ? "must use :id, the id that is asked for" : "";
}

}  // namespace

Result<PreparedQuery> prepare_checked_lookup(sqlite3* connection, const CatalogOptions& options) {
  std::string_view tail;
  auto query = prepare_query(connection, options.lookup, &tail);
  const StatementKey key = lookup_key(options);
  if (auto refused = refusal(connection, options.path, key)) return *refused;
  auto problem = objection(connection, query.statement.get(), tail);
  if (problem.empty()) problem = parameter_objection(query.statement.get());
  if (problem.empty() && !SongColumns(query.statement.get()).has_file()) {
    problem = "must return a column file";
  }
  if (!problem.empty()) return key.complain(problem);
  return query;
}

Result<Statement> prepare_checked_list(sqlite3* connection, const CatalogOptions& options) {
  if (!options.has_list()) {
    return Error{ErrorKind::path_not_found,
                 "The catalog is read by a lookup, and there is no catalog.list to list it by.",
                 {}};
  }
  std::string_view tail;
  auto statement = prepare(connection, options.list, &tail);
  const StatementKey key = list_key(options);
  if (auto refused = refusal(connection, options.path, key)) return *refused;
  auto problem = objection(connection, statement.get(), tail);
  if (problem.empty() && sqlite3_bind_parameter_count(statement.get()) > 0) {
    problem = "must have no parameters: q, limit and offset work on its rows";
  }
  if (problem.empty() && !SongColumns(statement.get()).has_id()) {
    problem = "must return a column id";
  }
  if (!problem.empty()) return key.complain(problem);
  return statement;
}

}  // namespace tonearm::catalog
