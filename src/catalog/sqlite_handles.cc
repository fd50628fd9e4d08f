#include "catalog/sqlite_handles.h"

#include <system_error>

namespace tonearm::catalog {
namespace {

const std::string too_long_value =
    "holds a value of more than " + std::to_string(longest_value / 1024 / 1024) + " MiB";

}  // namespace

Statement prepare(sqlite3* connection, std::string_view sql, std::string_view* tail) {
  sqlite3_stmt* statement = nullptr;
  const char* rest = nullptr;
  sqlite3_prepare_v3(connection, sql.data(), static_cast<int>(sql.size()),
                     SQLITE_PREPARE_PERSISTENT, &statement, &rest);
  if (tail != nullptr && rest != nullptr) {
    *tail = sql.substr(static_cast<std::size_t>(rest - sql.data()));
  }
  return Statement(statement);
}

bool execute(sqlite3* connection, const std::string& sql) {
  return sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
}

void bind_text(sqlite3_stmt* statement, int parameter, std::string_view text) {
  sqlite3_bind_text(statement, parameter, text.data(), static_cast<int>(text.size()),
                    SQLITE_TRANSIENT);
}

std::optional<std::int64_t> read_integer(sqlite3_stmt* statement) {
  std::optional<std::int64_t> integer;
  if (sqlite3_step(statement) == SQLITE_ROW) integer = sqlite3_column_int64(statement, 0);
  sqlite3_reset(statement);
  return integer;
}

sqlite3_file* file_of(sqlite3* connection) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file));
  return file != nullptr && file->pMethods != nullptr ? file : nullptr;
}

std::optional<bool> is_reserved(sqlite3* connection) {
  sqlite3_file* const file = file_of(connection);
  int reserved = 0;
  if (file == nullptr) return std::nullopt;
  if (file->pMethods->xCheckReservedLock(file, &reserved) != SQLITE_OK) return std::nullopt;
  return reserved != 0;
}

std::string column_text(sqlite3_stmt* statement, int column) {
  // The type first: asking for the text converts the value in place.
  const bool blob = sqlite3_column_type(statement, column) == SQLITE_BLOB;
  const void* bytes = blob ? sqlite3_column_blob(statement, column)
                           : static_cast<const void*>(sqlite3_column_text(statement, column));
  if (bytes == nullptr) return {};
  const int size = sqlite3_column_bytes(statement, column);
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

Error too_long(std::string_view path, std::string_view id) {
  return Error{ErrorKind::bad_locator,
               std::string(path) + ": song " + std::string(id) + ' ' + too_long_value,
               {}};
}

Error unavailable(std::string_view path, std::string_view problem) {
  return Error{ErrorKind::catalog_unavailable, std::string(path) + ": " + std::string(problem),
               std::chrono::seconds(1)};
}

Error unavailable(std::string_view path, sqlite3* connection) {
  const int code = sqlite3_errcode(connection) & 0xff;
  switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return unavailable(path, "is locked by another program");
    case SQLITE_NOTADB:
      return unavailable(path, "is not a database");
    case SQLITE_CORRUPT:
      return unavailable(path, "is damaged: database disk image is malformed");
    case SQLITE_INTERRUPT:
      return unavailable(path, "the lookup did not end in time");
    case SQLITE_TOOBIG:
      return unavailable(path, too_long_value);
    case SQLITE_CANTOPEN: {
      const int number = sqlite3_system_errno(connection);
      if (number == 0) break;
      return unavailable(path, "cannot be opened: " + std::generic_category().message(number));
    }
    default:
      break;
  }
  return unavailable(path, sqlite3_errmsg(connection));
}

bool is_busy(sqlite3* connection) {
  const int code = sqlite3_errcode(connection) & 0xff;
  return code == SQLITE_BUSY || code == SQLITE_LOCKED;
}

bool was_interrupted(sqlite3* connection) {
  return (sqlite3_errcode(connection) & 0xff) == SQLITE_INTERRUPT;
}

bool keeps_lock(sqlite3* connection) {
  int lock = SQLITE_LOCK_NONE;
  sqlite3_file_control(connection, "main", SQLITE_FCNTL_LOCKSTATE, &lock);
  return lock != SQLITE_LOCK_NONE;
}

bool needs_to_write(sqlite3* connection) {
  const int code = sqlite3_errcode(connection) & 0xff;
  return code == SQLITE_CANTOPEN || code == SQLITE_READONLY || code == SQLITE_PERM;
}

}  // namespace tonearm::catalog
