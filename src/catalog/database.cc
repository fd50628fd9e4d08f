#include "catalog/database.h"

#include "catalog/file_uri.h"
#include "catalog/id_value.h"
#include "catalog/readonly_vfs.h"
#include "catalog/snapshot.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

namespace tonearm::catalog {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds longest_running{10};
constexpr std::chrono::seconds longest_locked{2};

int wait_for_lock(void* context, int tries) {
  const auto& limit = *static_cast<const TimeLimit*>(context);
  if (!limit.allows_waiting()) return 0;
  const Clock::duration pause = std::chrono::milliseconds(std::min(tries + 1, 20));
  std::this_thread::sleep_for(std::min(pause, limit.locked - Clock::now()));
  return 1;
}

int is_over(void* context) {
  return static_cast<const TimeLimit*>(context)->allows_running() ? 0 : 1;
}

Connection open_uri(const std::string& uri) {
  sqlite3* connection = nullptr;
  constexpr int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
  sqlite3_open_v2(uri.c_str(), &connection, flags, readonly_vfs());
  return Connection(connection);
}

Connection open_immutable(const std::string& real) {
  return open_uri(file_uri(real) + "?mode=ro&immutable=1");
}

bool is_open(const Connection& connection) {
  return connection && sqlite3_errcode(connection.get()) == SQLITE_OK;
}

/// Why there is nothing to open, empty when there is. A FIFO would block whoever opens it.
std::string obstacle(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return "does not exist; set catalog.path, or make it with tonearm import";
    return "cannot be opened: " + std::generic_category().message(errno);
  }
  return S_ISREG(found.st_mode) ? "" : "is not a regular file";
}

/// Of the file beside the catalog that is called so.
Result<bool> has_content(const CatalogFiles& files, const char* suffix) {
  const std::string name = files.real() + suffix;
  struct stat found {};
  if (::stat(name.c_str(), &found) == 0) return found.st_size > 0;
  if (errno == ENOENT || errno == ENAMETOOLONG) return false;
  const std::string why = std::generic_category().message(errno);
  return unavailable(files.path(), name + " cannot be looked at: " + why);
}

}  // namespace

std::string_view to_string(Access access) {
  switch (access) {
    case Access::live:
      return "live";
    case Access::immutable:
      return "immutable";
    case Access::snapshot:
      return "snapshot";
    case Access::memory:
      return "memory";
  }
  return "live";
}

TimeLimit TimeLimit::from(Clock::time_point start, std::stop_token stop) {
  TimeLimit limit;
  limit.locked = start + longest_locked;
  limit.running = start + longest_running;
  limit.stop = std::move(stop);
  return limit;
}

void TimeLimit::begin_statement() { running = Clock::now() + longest_running; }

void TimeLimit::begin_waiting() { locked = Clock::now() + longest_locked; }

bool TimeLimit::allows_waiting() const { return is_wanted() && Clock::now() < locked; }

bool TimeLimit::allows_running() const { return is_wanted() && Clock::now() < running; }

Connection open_live(const std::string& real_path) {
  return open_uri(file_uri(real_path) + "?mode=ro&readonly_shm=1");
}

Database::Database(Connection connection, Access access, const TimeLimit& limit)
    : limit_(std::make_unique<TimeLimit>(limit)),
      connection_(std::move(connection)),
      access_(access) {
  sqlite3_extended_result_codes(connection_.get(), 1);
  sqlite3_limit(connection_.get(), SQLITE_LIMIT_LENGTH, longest_value);
  define_is_song_id(connection_.get());
  sqlite3_busy_handler(connection_.get(), &wait_for_lock, limit_.get());
  constexpr int steps_between_looks = 10'000;
  sqlite3_progress_handler(connection_.get(), steps_between_looks, &is_over, limit_.get());
}

bool Database::read_schema() {
  const auto statement = prepare(connection_.get(), "SELECT count(*) FROM sqlite_schema");
  return statement && sqlite3_step(statement.get()) == SQLITE_ROW;
}

bool Database::has_writer() const { return is_reserved(connection()) == true; }

std::optional<std::int64_t> Database::schema_version() {
  const auto statement = prepare(connection_.get(), "PRAGMA main.schema_version");
  return statement ? read_integer(statement.get()) : std::nullopt;
}

Result<Database> Database::whole(const std::string& path, Database opened) {
  if (opened.is_cut_short()) return unavailable(path, "is damaged: it is shorter than it says");
  return opened;
}

/// SQLite counts pages that are begun, and takes what is missing of the last one for zeros.
bool Database::is_cut_short() const {
  sqlite3_file* const file = file_of(connection());
  // Pages may be in the write-ahead log only.
  if (file == nullptr || keeps_lock(connection())) return false;
  const auto count = prepare(connection(), "PRAGMA page_count");
  const auto size = prepare(connection(), "PRAGMA page_size");
  // Left at its row the statement holds a lock, so that nobody shortens the file meanwhile.
  if (!count || !size || sqlite3_step(count.get()) != SQLITE_ROW ||
      sqlite3_step(size.get()) != SQLITE_ROW) {
    return false;
  }
  sqlite3_int64 there = 0;
  if (file->pMethods->xFileSize(file, &there) != SQLITE_OK) return false;
  return there < sqlite3_column_int64(count.get(), 0) * sqlite3_column_int64(size.get(), 0);
}

Result<Database> Database::open(const CatalogFiles& files, LogOwners& log_owners,
                                const TimeLimit& limit) {
  const std::string& path = files.path();
  if (path == ":memory:") {
    return Database(open_uri("file::memory:"), Access::memory, limit);
  }
  if (auto problem = obstacle(path); !problem.empty()) return unavailable(path, problem);
  return open_file(files, log_owners, limit);
}

Result<Database> Database::open_alone(const CatalogFiles& files, const TimeLimit& limit) {
  Database immutable(open_immutable(files.real()), Access::immutable, limit);
  if (immutable.read_schema()) return whole(files.path(), std::move(immutable));
  return unavailable(files.path(), immutable.connection());
}

Result<Database> Database::open_file(const CatalogFiles& files, LogOwners& log_owners,
                                     const TimeLimit& limit) {
  const std::string& path = files.path();
  const std::string& real = files.real();
  const Result<bool> foreign = log_owners.has_foreign_log(files);
  if (!foreign) return foreign.error();
  if (*foreign) return open_alone(files, limit);
  auto connection = open_live(real);
  if (!is_open(connection)) return unavailable(path, connection.get());
  Database live(std::move(connection), Access::live, limit);
  if (live.read_schema()) return whole(path, std::move(live));
  if (!needs_to_write(live.connection())) return unavailable(path, live.connection());

  const Result<bool> log = has_content(files, "-wal");
  if (!log) return log.error();
  const Result<bool> journal = has_content(files, "-journal");
  if (!journal) return journal.error();
  if (!*log && !*journal) return open_alone(files, limit);
  const auto copy = Snapshot::of(path, real, limit.locked);
  if (!copy) return copy.error();
  // The copy's directory goes as soon as the connection holds its file open.
  Database snapshot(open_immutable((*copy)->file()), Access::snapshot, limit);
  if (snapshot.read_schema()) return whole(path, std::move(snapshot));
  return unavailable(path, snapshot.connection());
}

}  // namespace tonearm::catalog
