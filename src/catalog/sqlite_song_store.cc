#include "tonearm/catalog/sqlite_song_store.h"

#include "tonearm/http/target.h"
#include "tonearm/io/event.h"

#include "catalog/catalog_browser.h"
#include "catalog/catalog_reader.h"
#include "catalog/change_detector.h"
#include "catalog/playlist_list.h"
#include "catalog/row_cache.h"
#include "catalog/song_list.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tonearm::catalog {
namespace {

using Found = CatalogReader::Found;
using Clock = std::chrono::steady_clock;

Found found_or_error(std::string_view id, const RowCache::Row& row) {
  if (row) return row;
  return Error{ErrorKind::song_not_found, "no song " + std::string(id) + " in the catalog", {}};
}

}  // namespace

/// The loop's side. Rows are cached under the state that `detector_` remembers, which was seen
/// before any of them was read: while it says unchanged, they are current. There is at most one
/// batch on the pool, which has the reader to itself, and who comes meanwhile waits for the next
/// batch, so that everyone's answer was read after they asked.
class SqliteSongStore::Lookups : public std::enable_shared_from_this<Lookups> {
 public:
  Lookups(io::Executor executor, io::BlockingPool& pool, CatalogOptions options)
      : executor_(std::move(executor)),
        pool_(pool),
        reader_(std::make_shared<CatalogReader>(std::move(options))) {}

  /// Looks inline, once in a turn of the loop; whether what is cached counts.
  bool is_current() {
    if (!detector_) return false;
    if (seen_this_turn_) return true;
    const auto finding = detector_->look();
    if (finding == ChangeDetector::Finding::changed) forget();
    if (finding == ChangeDetector::Finding::unchanged) remember_this_turn();
    return finding == ChangeDetector::Finding::unchanged;
  }
  std::optional<RowCache::Row> cached(std::string_view id) { return rows_.find(id); }

  /// `self` keeps this alive while the pool works.
  static io::Task<Found> look_up(std::shared_ptr<Lookups> self, std::string id);

 private:
  struct Waiter {
    Waiter(io::Executor executor, std::string wanted)
        : id(std::move(wanted)), ready(std::move(executor)) {}
    std::string id;
    std::optional<Clock::time_point> since;  ///< When it came while a batch was read.
    io::Event ready;
    std::optional<Found> found;
    bool gone = false;
  };
  /// Who unwinds is read for no more: at a stop nothing may be asked of the pool again.
  struct Departure {
    explicit Departure(Waiter& of) : waiter(of) {}
    ~Departure() { waiter.gone = true; }
    Departure(const Departure&) = delete;
    Departure& operator=(const Departure&) = delete;
    Waiter& waiter;
  };
  using Waiters = std::vector<std::shared_ptr<Waiter>>;

  void forget() {
    detector_.reset();
    rows_.clear();
    seen_this_turn_ = false;
  }
  /// Requests whose sockets became readable together have all begun before the first of them is
  /// read: one look answers for all. What is posted now runs behind them, and before whatever the
  /// loop hears of next.
  void remember_this_turn() {
    seen_this_turn_ = true;
    io::asio::post(executor_, [self = shared_from_this()] { self->seen_this_turn_ = false; });
  }
  void start_working();
  static io::Task<void> work_off(std::shared_ptr<Lookups> self);
  Waiters take_waiters();
  CatalogReader::Batch batch_for(const Waiters& waiters) const;
  io::Task<CatalogReader::Answer> read(CatalogReader::Batch batch);
  void take(CatalogReader::Answer answer, const Waiters& waiters);
  void fail(const std::exception& error, const Waiters& waiters);
  void put_back(const Waiters& waiters);
  void wait_anew();

  io::Executor executor_;
  io::BlockingPool& pool_;
  std::shared_ptr<CatalogReader> reader_;     ///< Shared with a batch that outlives this.
  bool working_ = false;                      ///< work_off() runs, or is about to.
  std::unique_ptr<ChangeDetector> detector_;  ///< Null when the catalog has to be opened anew.
  RowCache rows_;
  bool seen_this_turn_ = false;  ///< That `detector_` says unchanged.
  Waiters waiters_;
};

io::Task<Found> SqliteSongStore::Lookups::look_up(std::shared_ptr<Lookups> self, std::string id) {
  const auto waiter = std::make_shared<Waiter>(self->executor_, std::move(id));
  const Departure departure(*waiter);
  if (self->working_) waiter->since = Clock::now();
  self->waiters_.push_back(waiter);
  if (!self->working_) self->start_working();
  while (!waiter->found) co_await waiter->ready.wait();
  co_return std::move(*waiter->found);
}

void SqliteSongStore::Lookups::start_working() {
  working_ = true;
  try {
    io::asio::co_spawn(executor_, work_off(shared_from_this()), io::asio::detached);
  } catch (...) {
    working_ = false;
    throw;
  }
}

/// What a batch throws is the answer to all who wait for it: they do not hear of it otherwise.
io::Task<void> SqliteSongStore::Lookups::work_off(std::shared_ptr<Lookups> self) {
  for (;;) {
    const Waiters waiters = self->take_waiters();
    if (waiters.empty()) break;
    try {
      auto answer = co_await self->read(self->batch_for(waiters));
      self->take(std::move(answer), waiters);
    } catch (const std::exception& error) {
      self->fail(error, waiters);
    }
  }
  self->working_ = false;
}

SqliteSongStore::Lookups::Waiters SqliteSongStore::Lookups::take_waiters() {
  Waiters waiters = std::exchange(waiters_, {});
  std::erase_if(waiters, [](const auto& waiter) { return waiter->gone; });
  return waiters;
}

io::Task<CatalogReader::Answer> SqliteSongStore::Lookups::read(CatalogReader::Batch batch) {
  auto job = [reader = reader_, batch = std::move(batch)] { return reader->look_up(batch); };
  return pool_.run(std::move(job));
}

CatalogReader::Batch SqliteSongStore::Lookups::batch_for(const Waiters& waiters) const {
  CatalogReader::Batch batch;
  batch.since = waiters.front()->since;
  batch.reopen = detector_ == nullptr;
  for (const auto& waiter : waiters) batch.ids.push_back(waiter->id);
  return batch;
}

void SqliteSongStore::Lookups::take(CatalogReader::Answer answer, const Waiters& waiters) {
  if (answer.detector) {
    rows_.clear();
    detector_ = std::move(answer.detector);
  }
  const bool was_read = std::ranges::any_of(answer.songs, [](const Found& song) {
    return song || song.error().kind != ErrorKind::catalog_unavailable;
  });
  // Forgotten in the meantime: these rows may be older than the change that was seen.
  const bool cacheable = answer.cacheable && detector_ != nullptr;
  for (std::size_t i = 0; i < answer.songs.size(); ++i) {
    auto& song = answer.songs[i];
    if (song && cacheable) rows_.insert(waiters[i]->id, *song);
    waiters[i]->found = std::move(song);
    waiters[i]->ready.notify();
  }
  put_back({waiters.begin() + static_cast<std::ptrdiff_t>(answer.songs.size()), waiters.end()});
  if (was_read) wait_anew();
}

void SqliteSongStore::Lookups::fail(const std::exception& error, const Waiters& waiters) {
  // So that the next batch opens the catalog anew.
  forget();
  for (const auto& waiter : waiters) {
    if (waiter->found) continue;
    waiter->found = Error{ErrorKind::internal, error.what(), {}};
    waiter->ready.notify();
  }
}

/// It was others' lookups that they waited for, and not a lock.
void SqliteSongStore::Lookups::wait_anew() {
  for (const auto& waiter : waiters_) waiter->since.reset();
}

/// For the next batch, before those who came meanwhile.
void SqliteSongStore::Lookups::put_back(const Waiters& waiters) {
  waiters_.insert(waiters_.begin(), waiters.begin(), waiters.end());
}

/// What looks through the catalog, on the pool.
class SqliteSongStore::Browsers : public CatalogBrowsers {
 public:
  using CatalogBrowsers::CatalogBrowsers;

  /// `self` keeps this alive while the pool works. `ask` gives a Result<Value> for a connection.
  /// What waits for the pool counts for the time that it may take, though not for that of a lock:
  /// what comes late is cut short. What `continues` an answer is neither refused nor cut short for
  /// others' sake.
  template <class Value, class Ask>
  static io::Task<Result<Value>> browse(std::shared_ptr<Browsers> self, io::BlockingPool& pool,
                                        Ask ask, bool continues = false) {
    if (!continues && pool.is_full()) {
      co_return Error{ErrorKind::overloaded, "too many wait to look through the catalog", {}};
    }
    auto job = [self, asked = Clock::now(), ask = std::move(ask),
                continues](std::stop_token gone) mutable -> Result<Value> {
      auto limit = TimeLimit::from(continues ? Clock::now() : asked, self->options().stop);
      limit.gone = std::move(gone);
      limit.begin_waiting();
      Value value{};
      const auto done = self->read(
          [&](sqlite3* connection) -> Result<void> {
            auto answer = ask(connection, self->options());
            if (!answer) return answer.error();
            value = std::move(*answer);
            return {};
          },
          limit);
      if (!done) return done.error();
      return value;
    };
    co_return co_await pool.run_while_wanted(std::move(job));
  }
};

SqliteSongStore::SqliteSongStore(io::Executor executor, io::BlockingPool& pool,
                                 CatalogOptions options)
    : SqliteSongStore(std::move(executor), pool, pool, std::move(options)) {}

SqliteSongStore::SqliteSongStore(io::Executor executor, io::BlockingPool& pool,
                                 io::BlockingPool& browsing_pool, CatalogOptions options)
    : lookups_(std::make_shared<Lookups>(std::move(executor), pool, options)),
      browsers_(std::make_shared<Browsers>(std::move(options))),
      browsing_pool_(browsing_pool) {}

SqliteSongStore::~SqliteSongStore() = default;

io::Task<Found> SqliteSongStore::find(std::string_view id) {
  if (!http::is_song_id(id)) co_return found_or_error(id, nullptr);
  if (lookups_->is_current()) {
    if (const auto row = lookups_->cached(id)) co_return found_or_error(id, *row);
  }
  std::string wanted(id);
  auto found = co_await Lookups::look_up(lookups_, std::move(wanted));
  if (!found) co_return found;
  co_return found_or_error(id, *found);
}

io::Task<Result<void>> SqliteSongStore::check() {
  if (lookups_->is_current()) co_return Result<void>();
  std::string any;
  const auto found = co_await Lookups::look_up(lookups_, std::move(any));
  if (!found) co_return found.error();
  co_return Result<void>();
}

io::Task<Result<SongPage>> SqliteSongStore::search(std::string words, PageWindow window) {
  auto ask = [words = std::move(words), window](sqlite3* connection,
                                                const CatalogOptions& options) {
    return search_songs(connection, options, words, window);
  };
  return Browsers::browse<SongPage>(browsers_, browsing_pool_, std::move(ask),
                                    window.after.has_value());
}

io::Task<Found> SqliteSongStore::listed(std::string id) {
  if (!http::is_song_id(id)) co_return found_or_error(id, nullptr);
  if (is_listed_by_table(browsers_->options())) co_return co_await find(id);
  auto ask = [id](sqlite3* connection, const CatalogOptions& options) {
    return find_listed(connection, options, id);
  };
  auto found = co_await Browsers::browse<RowCache::Row>(browsers_, browsing_pool_, std::move(ask));
  if (!found) co_return found;
  co_return found_or_error(id, *found);
}

io::Task<Result<std::vector<Playlist>>> SqliteSongStore::playlists() {
  return Browsers::browse<std::vector<Playlist>>(browsers_, browsing_pool_, &list_playlists);
}

io::Task<Result<PlaylistPage>> SqliteSongStore::playlist(std::string id, PageWindow window) {
  auto ask = [id = std::move(id), window](sqlite3* connection, const CatalogOptions& options) {
    return read_playlist(connection, options, id, window);
  };
  return Browsers::browse<PlaylistPage>(browsers_, browsing_pool_, std::move(ask),
                                        window.after.has_value());
}

}  // namespace tonearm::catalog
