#pragma once

#include "tonearm/base/result.h"

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tonearm::catalog {

struct CloseConnection {
  void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
};
using Connection = std::unique_ptr<sqlite3, CloseConnection>;

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

struct FreeValue {
  void operator()(sqlite3_value* value) const { sqlite3_value_free(value); }
};
/// A copy of a row's value, whatever its type.
using Value = std::unique_ptr<sqlite3_value, FreeValue>;

/// Bytes of a value that a catalog is read for. Without a bound one row takes as much memory as it
/// likes; a cover that a lookup's `SELECT *` brings along is smaller.
inline constexpr int longest_value = 8 * 1024 * 1024;

/// Prepares one statement for repeated use; null when SQLite refuses (it says why in the
/// connection). `tail` receives what follows the first statement.
Statement prepare(sqlite3* connection, std::string_view sql, std::string_view* tail = nullptr);

/// Runs statements whose rows nobody wants. False when SQLite fails (it says why in the
/// connection).
bool execute(sqlite3* connection, const std::string& sql);

/// Calls `take` at each row of a statement that was bound and not stepped yet. False when SQLite
/// fails before their end (it says why in the connection).
template <class Take>
bool for_each_row(sqlite3_stmt* statement, Take take) {
  int result = sqlite3_step(statement);
  for (; result == SQLITE_ROW; result = sqlite3_step(statement)) take();
  return result == SQLITE_DONE;
}

/// Bound as a copy. Parameters count from 1.
void bind_text(sqlite3_stmt* statement, int parameter, std::string_view text);

/// The integer of a statement's only row; empty when SQLite fails (it says why in the connection).
/// The statement is reset.
std::optional<std::int64_t> read_integer(sqlite3_stmt* statement);

/// The database's file as SQLite has it open; null where there is none.
sqlite3_file* file_of(sqlite3* connection);

/// Whether somebody holds the RESERVED lock, as who writes to a rollback journal does from the
/// first change until it is committed; empty when that cannot be told.
std::optional<bool> is_reserved(sqlite3* connection);

/// A column as bytes, whatever its type; empty for NULL. Any byte may be in it.
std::string column_text(sqlite3_stmt* statement, int column);

/// bad_locator: a value in the row of this song is longer than longest_value.
Error too_long(std::string_view path, std::string_view id);

/// catalog_unavailable, to be tried again in a second: `PATH: PROBLEM`.
Error unavailable(std::string_view path, std::string_view problem);

/// The same in the words that suit what the connection's last call returned.
Error unavailable(std::string_view path, sqlite3* connection);

/// Whether another program's lock is all that is in the way.
bool is_busy(sqlite3* connection);

/// Whether its time was over, or nobody wants it any more.
bool was_interrupted(sqlite3* connection);

/// Whether the connection stands in others' way while nothing is asked of it. With a write-ahead
/// log SQLite keeps its lock for as long as it has the database open; the last writer to close then
/// leaves the log behind, for whatever file comes in the database's place.
bool keeps_lock(sqlite3* connection);

/// Whether a reader that may write would get on: it would create a log's index, or roll a journal
/// back.
bool needs_to_write(sqlite3* connection);

}  // namespace tonearm::catalog
