#include "catalog/catalog_reader.h"

#include "catalog/lookup_check.h"

#include <thread>
#include <utility>

namespace tonearm::catalog {
namespace {

using Clock = std::chrono::steady_clock;

/// Of a batch: much more than many lookups by an index take, and little for who comes behind it.
constexpr std::chrono::milliseconds longest_batch{100};

}  // namespace

CatalogReader::Answer CatalogReader::failure(std::size_t count, const Error& error) {
  Answer answer;
  answer.songs.assign(count, Found(error));
  return answer;
}

CatalogReader::Answer CatalogReader::look_up(const Batch& batch) {
  // The time that was waited for a lock before counts.
  auto limit = TimeLimit::from(Clock::now(), options_.stop);
  if (batch.since) limit.locked = TimeLimit::from(*batch.since, {}).locked;
  if (batch.reopen) close();
  for (;;) {
    auto answer = try_once(batch, limit);
    const bool torn = answer.torn || was_written_meanwhile();
    if (torn || answer.failed) close();
    if (!torn && !answer.disturbed) {
      rest();
      return answer;
    }
    if (!limit.allows_waiting()) {
      if (!torn) return answer;
      return failure(batch.ids.size(), unavailable(options_.path, "is being written all the time"));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

CatalogReader::Answer CatalogReader::try_once(const Batch& batch, TimeLimit limit) {
  Answer answer;
  if (!query_) {
    auto opened = open(limit);
    if (!opened) {
      answer = failure(batch.ids.size(), opened.error());
      answer.disturbed = files_ && !files_->are_same();
      return answer;
    }
    answer.detector = std::move(*opened);
  }
  answer.cacheable = query_->is_cacheable();
  const auto enough = Clock::now() + longest_batch;
  for (const auto& id : batch.ids) {
    limit.begin_statement();
    database_->set_limit(limit);
    answer.songs.push_back(read(id));
    const bool useless = is_useless(answer.songs.back());
    const bool busy = is_busy(database_->connection());
    if (useless) {
      answer.failed = true;
      answer.disturbed = needs_to_write(database_->connection());
    }
    // Changed while a lock was waited for, it is no news yet to whoever looks for changes.
    if (query_->was_prepared_anew() || useless) answer.torn = has_other_schema();
    if (answer.torn) break;
    // A lock is waited for once, for all.
    if (!useless && !busy && Clock::now() >= enough) break;
  }
  if (answer.failed) answer.detector.reset();
  return answer;
}

bool CatalogReader::is_useless(const Found& found) const {
  // One song's entry may be of no use, and the catalog is.
  if (found || found.error().kind == ErrorKind::bad_locator) return false;
  return !is_busy(database_->connection()) && !was_interrupted(database_->connection());
}

CatalogReader::Found CatalogReader::read(const std::string& id) {
  if (!id.empty()) return query_->find(id);
  if (database_->read_schema()) return std::shared_ptr<const Song>();
  return unavailable(options_.path, database_->connection());
}

bool CatalogReader::was_written_meanwhile() const {
  // Any other access is guarded by locks, or is our own copy.
  return database_ && database_->access() == Access::immutable && !files_->are_same();
}

bool CatalogReader::has_other_schema() {
  const auto version = database_->schema_version();
  return version && *version != schema_version_;
}

Result<std::unique_ptr<ChangeDetector>> CatalogReader::open(const TimeLimit& limit) {
  if (options_.path == ":memory:" && options_.lookup.empty()) {
    return Error(unavailable(options_.path, "needs catalog.lookup: there is no table in it"));
  }
  const bool known = std::exchange(rests_, false) && files_->are_same();
  if (!known) files_.emplace(options_.path);
  auto database = Database::open(*files_, *options_.log_owners, limit);
  if (!database) return database.error();
  std::unique_ptr<ChangeDetector> detector;
  // Before the schema is looked at, whose changes count like those of rows.
  if (!known) detector = ChangeDetector::make(*files_, *database);
  // The version first: what is read next makes SQLite prepare for that one, or a later one.
  const auto version = database->schema_version();
  if (!version || !database->read_schema()) {
    return unavailable(options_.path, database->connection());
  }
  auto query = SongQuery::prepare(database->connection(), options_);
  if (!query) return query.error();
  schema_version_ = *version;
  database_.emplace(std::move(*database));
  query_.emplace(std::move(*query));
  return detector;
}

void CatalogReader::close() {
  query_.reset();
  database_.reset();
  rests_ = false;
}

void CatalogReader::rest() {
  if (!database_ || !keeps_lock(database_->connection())) return;
  close();
  rests_ = true;
}

Result<CatalogDescription> CatalogReader::describe() {
  if (!query_) {
    if (const auto opened = open(TimeLimit::from(Clock::now(), options_.stop)); !opened) {
      return opened.error();
    }
  }
  if (options_.has_list()) {
    const auto list = prepare_checked_list(database_->connection(), options_);
    if (!list) return list.error();
  }
  auto description = query_->describe();
  description.access = to_string(database_->access());
  return description;
}

}  // namespace tonearm::catalog
