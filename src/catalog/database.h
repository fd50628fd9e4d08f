#pragma once

#include "tonearm/base/result.h"
#include "tonearm/catalog/log_owners.h"

#include "catalog/catalog_files.h"
#include "catalog/sqlite_handles.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace tonearm::catalog {

/// How a catalog could be opened without writing anything, best first.
enum class Access : std::uint8_t {
  live,       ///< Like any reader: others' commits are seen.
  immutable,  ///< A WAL database that nobody has open, and no log of its own: the file alone, as it
              ///< is now.
  snapshot,   ///< A copy: there is a log or a hot journal that only a writer could use in place.
  memory,     ///< No file at all.
};

std::string_view to_string(Access access);

/// How long one piece of work on a Database may take.
struct TimeLimit {
  std::chrono::steady_clock::time_point locked;   ///< Until then others' locks are waited for.
  std::chrono::steady_clock::time_point running;  ///< Then a statement is interrupted.
  std::stop_token stop;                           ///< Ends both at once, as does `gone`.
  std::stop_token gone = {};                      ///< Of whoever asked.

  /// From `start`: 2 s for locks, 10 s for all.
  static TimeLimit from(std::chrono::steady_clock::time_point start, std::stop_token stop);
  /// For another statement, which has time of its own.
  void begin_statement();
  /// For a lock that is asked for now.
  void begin_waiting();
  /// Whether others' locks, or their writing, are still waited for.
  bool allows_waiting() const;
  bool allows_running() const;

 private:
  bool is_wanted() const { return !stop.stop_requested() && !gone.stop_requested(); }
};

/// An open connection to a catalog, whose schema could be read. Blocks; one thread at a time.
class Database {
 public:
  /// The file, or none for ":memory:". Every error is catalog_unavailable.
  static Result<Database> open(const CatalogFiles& files, LogOwners& log_owners,
                               const TimeLimit& limit);

  sqlite3* connection() const { return connection_.get(); }
  Access access() const { return access_; }
  /// The least that a readable catalog can do; false leaves the error in the connection.
  bool read_schema();
  /// Another number after each change of the schema; empty when SQLite fails.
  std::optional<std::int64_t> schema_version();
  /// Whether another process is about to commit, or will be, and waits then for all who read. Not
  /// of a write-ahead log, whose writers wait for nobody.
  bool has_writer() const;
  /// For the work that follows.
  void set_limit(const TimeLimit& limit) { *limit_ = limit; }

 private:
  Database(Connection connection, Access access, const TimeLimit& limit);
  /// Itself, unless its file is cut short.
  static Result<Database> whole(const std::string& path, Database opened);
  bool is_cut_short() const;
  /// Without a log or a journal.
  static Result<Database> open_alone(const CatalogFiles& files, const TimeLimit& limit);
  static Result<Database> open_file(const CatalogFiles& files, LogOwners& log_owners,
                                    const TimeLimit& limit);

  std::unique_ptr<TimeLimit> limit_;  ///< SQLite's handlers point to it.
  Connection connection_;
  Access access_ = Access::live;
};

/// A second connection like that of a database open with Access::live, which waits for no lock.
Connection open_live(const std::string& real_path);

}  // namespace tonearm::catalog
