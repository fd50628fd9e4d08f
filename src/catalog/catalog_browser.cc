#include "catalog/catalog_browser.h"

#include <chrono>
#include <thread>
#include <utility>

namespace tonearm::catalog {
namespace {

/// What is asked meanwhile is all of one state of the catalog. Of another schema than SQLite knows
/// it hears when it reads: until then it would prepare for the old one.
class ReadTransaction {
 public:
  explicit ReadTransaction(Database& database)
      : connection_(database.connection()),
        open_(execute(connection_, "BEGIN") && database.read_schema()) {}
  ~ReadTransaction() { execute(connection_, "ROLLBACK"); }
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

  /// False leaves the error in the connection.
  bool is_open() const { return open_; }

 private:
  sqlite3* connection_;
  bool open_;
};

bool is_failure(const Result<void>& done) {
  return !done && done.error().kind == ErrorKind::catalog_unavailable;
}

}  // namespace

Result<void> CatalogBrowser::read(const Ask& ask, const TimeLimit& limit) {
  for (;;) {
    if (!is_current()) close();
    auto done = try_once(ask, limit);
    const bool torn = was_written_meanwhile();
    const bool failed = is_failure(done);
    const bool disturbed = torn || (failed && files_ && !files_->are_same());
    if (torn || failed || (database_ && keeps_lock(database_->connection()))) close();
    if (!disturbed) return done;
    if (!limit.allows_waiting()) {
      if (failed) return done;
      return unavailable(options_.path, "is being written all the time");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

bool CatalogBrowser::is_current() const {
  if (!database_) return false;
  switch (database_->access()) {
    case Access::memory:
      return true;
    case Access::live:
      // SQLite itself sees others' commits; only another file in its place needs us.
      return files_->are_same();
    case Access::immutable:
    case Access::snapshot:
      return files_->are_proof() && files_->are_same();
  }
  return false;
}

bool CatalogBrowser::was_written_meanwhile() const {
  return database_ && database_->access() == Access::immutable && !files_->are_same();
}

Result<void> CatalogBrowser::try_once(const Ask& ask, const TimeLimit& limit) {
  if (!database_) {
    files_.emplace(options_.path);
    auto database = Database::open(*files_, *options_.log_owners, limit);
    if (!database) return database.error();
    database_.emplace(std::move(*database));
  }
  const ReadTurns::Turn turn = options_.read_turns->begin(
      [this] { return database_->has_writer(); }, [&] { return limit.allows_waiting(); });
  // It was others' reads that it has waited for, and not a lock.
  TimeLimit rest = limit;
  rest.begin_waiting();
  database_->set_limit(rest);
  const ReadTransaction transaction(*database_);
  if (!transaction.is_open()) return unavailable(options_.path, database_->connection());
  return ask(database_->connection());
}

Result<void> CatalogBrowsers::read(const CatalogBrowser::Ask& ask, const TimeLimit& limit) {
  std::unique_ptr<CatalogBrowser> browser;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      browser = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!browser) browser = std::make_unique<CatalogBrowser>(options_);
  auto done = browser->read(ask, limit);
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(browser));
  return done;
}

}  // namespace tonearm::catalog
