#include "unit/catalog/catalog_fixture.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <functional>
#include <future>
#include <optional>
#include <thread>
#include <vector>

namespace tonearm::catalog {
namespace {

using Clock = std::chrono::steady_clock;

class Locking : public CatalogTest {
 protected:
  void SetUp() override { writer_ = std::make_unique<Writer>(write(schema)); }

  /// Starts a find() on the loop, and counts it when it has ended.
  void start(const std::string& id) {
    if (!store_) use(options());
    io::asio::co_spawn(loop_, find_owned(*store_, id),
                       [this](std::exception_ptr thrown, Found found) {
                         ASSERT_FALSE(thrown);
                         ended_.push_back(std::move(found));
                       });
  }
  /// The same, for somebody who may leave.
  void start(const std::string& id, io::asio::cancellation_signal& leave) {
    io::asio::co_spawn(loop_, find_owned(*store_, id),
                       io::asio::bind_cancellation_slot(leave.slot(), io::asio::detached));
  }
  static io::Task<Found> find_owned(SqliteSongStore& store, std::string id) {
    co_return co_await store.find(id);
  }
  void run_what_is_ready() {
    loop_.restart();
    while (loop_.poll() > 0) {
    }
  }
  void occupy_the_pool_until(std::promise<bool>& release) {
    const auto released = release.get_future().share();
    for (int i = 0; i < 64; ++i) {  // more than it has threads
      io::asio::co_spawn(loop_, pool_.run([released] { return released.get(); }),
                         io::asio::detached);
    }
    run_what_is_ready();
  }
  /// The time that a lock may take goes by.
  void let_two_seconds_pass() {
    const auto from = Clock::now();
    while (Clock::now() - from < std::chrono::milliseconds(2100)) {
      loop_.restart();
      loop_.run_for(std::chrono::milliseconds(10));
    }
  }
  void run_until(const std::function<bool()>& reached) {
    loop_.restart();
    while (!reached()) ASSERT_GT(loop_.run_one(), 0U);
  }

  static constexpr const char* schema =
      "CREATE TABLE music_song(id INTEGER PRIMARY KEY, file TEXT);"
      "INSERT INTO music_song VALUES(1, 'a'), (2, 'b')";
  std::unique_ptr<Writer> writer_;
  std::vector<Found> ended_;
};

TEST_F(Locking, ForTwoSecondsIsUnavailableAndThenHeals) {
  EXPECT_EQ(file("1"), "a");
  (*writer_)("BEGIN EXCLUSIVE");
  const auto start = Clock::now();
  const auto locked = find("1");
  const auto took = Clock::now() - start;
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().kind, ErrorKind::catalog_unavailable);
  EXPECT_EQ(locked.error().detail, path() + ": is locked by another program");
  EXPECT_GE(took, std::chrono::milliseconds(1900));
  EXPECT_LT(took, std::chrono::milliseconds(4000));
  (*writer_)("COMMIT");
  EXPECT_EQ(file("1"), "a");
}

TEST_F(Locking, BeforeTheFirstOpeningIsTheSame) {
  (*writer_)("BEGIN EXCLUSIVE");
  EXPECT_EQ(file("1"), "catalog_unavailable");
  (*writer_)("COMMIT");
  EXPECT_EQ(file("1"), "a");
}

TEST_F(Locking, IsNotWaitedForOnceAStopIsRequested) {
  std::stop_source stop;
  CatalogOptions options = this->options();
  options.stop = stop.get_token();
  use(std::move(options));
  EXPECT_EQ(file("1"), "a");
  (*writer_)("BEGIN EXCLUSIVE");
  start("1");
  run_what_is_ready();
  const auto requested = Clock::now();
  stop.request_stop();
  run_until([&] { return ended_.size() == 1; });
  EXPECT_LT(Clock::now() - requested, std::chrono::milliseconds(1000));
  EXPECT_FALSE(ended_[0]);
}

// What others' work takes is no lock.
TEST_F(Locking, TimeInTheQueueDoesNotCount) {
  EXPECT_EQ(file("1"), "a");
  std::promise<bool> release;
  occupy_the_pool_until(release);
  start("2");
  let_two_seconds_pass();
  (*writer_)("BEGIN EXCLUSIVE");
  release.set_value(true);
  loop_.restart();
  loop_.run_for(std::chrono::milliseconds(100));
  EXPECT_TRUE(ended_.empty());
  (*writer_)("COMMIT");
  run_until([&] { return ended_.size() == 1; });
  ASSERT_TRUE(ended_[0]);
  EXPECT_EQ(ended_[0].value()->file, "b");
}

TEST_F(Locking, TimeInTheQueueDoesNotCountForASearchEither) {
  EXPECT_EQ(file("1"), "a");
  std::promise<bool> release;
  occupy_the_pool_until(release);
  std::optional<Result<SongPage>> found;
  io::asio::co_spawn(loop_, store_->search("", {}),
                     [&found](std::exception_ptr thrown, Result<SongPage> page) {
                       ASSERT_FALSE(thrown);
                       found = std::move(page);
                     });
  let_two_seconds_pass();
  (*writer_)("BEGIN EXCLUSIVE");
  release.set_value(true);
  loop_.restart();
  loop_.run_for(std::chrono::milliseconds(100));
  EXPECT_FALSE(found);
  (*writer_)("COMMIT");
  run_until([&] { return found.has_value(); });
  ASSERT_TRUE(*found) << found->error().detail;
  EXPECT_EQ((*found)->total, 2U);
}

TEST_F(Locking, TimeBehindAnothersLookupDoesNotCount) {
  EXPECT_EQ(file("1"), "a");
  std::promise<bool> one;
  std::promise<bool> other;
  for (std::promise<bool>* const promise : {&one, &other}) {  // the pool's two threads
    io::asio::co_spawn(loop_,
                       pool_.run([waits = promise->get_future().share()] { return waits.get(); }),
                       io::asio::detached);
  }
  run_what_is_ready();
  start("2");
  run_what_is_ready();
  start("none");
  std::atomic<bool> read = false;
  io::asio::co_spawn(loop_, pool_.run([&read] { return read = true; }), io::asio::detached);
  let_two_seconds_pass();
  one.set_value(true);
  while (!read) std::this_thread::yield();  // one thread takes it behind the first lookup
  (*writer_)("BEGIN EXCLUSIVE");
  loop_.restart();
  loop_.run_for(std::chrono::milliseconds(100));
  EXPECT_EQ(ended_.size(), 1U);
  (*writer_)("COMMIT");
  run_until([&] { return ended_.size() == 2; });
  EXPECT_TRUE(ended_[0]);
  ASSERT_FALSE(ended_[1]);
  EXPECT_EQ(ended_[1].error().kind, ErrorKind::song_not_found);
  other.set_value(true);
}

TEST_F(Locking, WhoLeavesMeanwhileIsNotReadFor) {
  std::stop_source stop;
  CatalogOptions options = this->options();
  options.stop = stop.get_token();
  use(std::move(options));
  (*writer_)("BEGIN EXCLUSIVE");
  io::asio::cancellation_signal leave_first;
  io::asio::cancellation_signal leave_second;
  start("1", leave_first);
  run_what_is_ready();
  start("2", leave_second);
  run_what_is_ready();
  leave_first.emit(io::asio::cancellation_type::terminal);
  leave_second.emit(io::asio::cancellation_type::terminal);
  run_what_is_ready();
  stop.request_stop();
  pool_.join();
  run_what_is_ready();
  EXPECT_TRUE(loop_.stopped()) << "it waits for a pool that works no more";
}

TEST_F(Locking, ShorterThanThatIsWaitedForWhileTheLoopRuns) {
  EXPECT_EQ(file("1"), "a");
  (*writer_)("BEGIN EXCLUSIVE; UPDATE music_song SET file = 'c'");
  start("1");
  int ticks = 0;
  io::asio::steady_timer timer(loop_);
  std::function<void()> tick = [&] {
    timer.expires_after(std::chrono::milliseconds(5));
    timer.async_wait([&](const boost::system::error_code& failed) {
      if (failed) return;
      ++ticks;
      tick();
    });
  };
  tick();
  run_until([&] { return ticks >= 10; });
  EXPECT_TRUE(ended_.empty()) << ended_.front().error().detail;
  (*writer_)("COMMIT");
  run_until([&] { return !ended_.empty(); });
  ASSERT_TRUE(ended_.front());
  EXPECT_EQ((*ended_.front())->file, "c");
}

TEST_F(Locking, ThatEndsNeverEarnsLaterFindsTheOldRow) {
  EXPECT_EQ(file("1"), "a");
  (*writer_)("BEGIN EXCLUSIVE");
  for (int i = 0; i < 20; ++i) start(i % 2 == 0 ? "1" : "2");
  run_what_is_ready();
  (*writer_)("UPDATE music_song SET file = 'new'")("COMMIT");
  EXPECT_EQ(file("1"), "new");
  run_until([&] { return ended_.size() == 20; });
  for (const auto& found : ended_) EXPECT_EQ((*found)->file, "new");
}

TEST_F(Locking, ThatEndsWithAnotherTableIsAnsweredFromThat) {
  (*writer_)(
      "CREATE TABLE tracks(key TEXT, file TEXT, name TEXT);"
      "INSERT INTO tracks VALUES ('1', 'a', 'old')");
  for (const std::string condition : {"key = :id", "key LIKE :id"}) {
    use(options("SELECT * FROM tracks WHERE " + condition));
    EXPECT_EQ(file("1"), "a");
    (*writer_)(
        "BEGIN EXCLUSIVE; DROP TABLE tracks;"
        "CREATE TABLE tracks(key TEXT, name TEXT, growing, file TEXT);"
        "INSERT INTO tracks VALUES ('1', 'new', 1, 'b')");
    ended_.clear();
    start("1");
    run_what_is_ready();
    (*writer_)("COMMIT");
    run_until([&] { return !ended_.empty(); });
    ASSERT_TRUE(ended_.front());
    EXPECT_EQ((*ended_.front())->file, "b");
    EXPECT_EQ((*ended_.front())->name, "new");
    EXPECT_TRUE((*ended_.front())->growing);
    (*writer_)(
        "DROP TABLE tracks; CREATE TABLE tracks(key TEXT, file TEXT, name TEXT);"
        "INSERT INTO tracks VALUES ('1', 'a', 'old')");
  }
}

TEST_F(Locking, ALookupThatWaitedSeesAColumnAddedOrDroppedMeanwhile) {
  use(options());
  const std::pair<const char*, const char*> changes[] = {
      {"ADD COLUMN artist TEXT DEFAULT 'Nina'", "Nina"},
      {"DROP COLUMN artist", ""},
  };
  EXPECT_EQ(file("1"), "a");
  for (const auto& [change, artist] : changes) {
    (*writer_)(std::string("BEGIN EXCLUSIVE; ALTER TABLE music_song ") + change);
    ended_.clear();
    start("1");
    run_what_is_ready();
    (*writer_)("COMMIT");
    run_until([&] { return !ended_.empty(); });
    ASSERT_TRUE(ended_.front()) << ended_.front().error().detail;
    EXPECT_EQ((*ended_.front())->artist, artist);
  }
}

TEST_F(Locking, ALookupThatWaitedIsUnavailableWhenTheTableWasDropped) {
  EXPECT_EQ(file("1"), "a");
  (*writer_)("BEGIN EXCLUSIVE; DROP TABLE music_song");
  start("1");
  run_what_is_ready();
  (*writer_)("COMMIT");
  run_until([&] { return !ended_.empty(); });
  ASSERT_FALSE(ended_.front());
  EXPECT_EQ(ended_.front().error().detail,
            path() +
                ": no table music_song (there is none at all); create it, or set "
                "catalog.lookup to read another schema");
}

TEST_F(Locking, ManyWaitersWaitTogether) {
  (*writer_)("BEGIN EXCLUSIVE");
  const auto since = Clock::now();
  for (int i = 0; i < 50; ++i) start(std::to_string(i));
  run_until([&] { return ended_.size() == 50; });
  EXPECT_LT(Clock::now() - since, std::chrono::milliseconds(4000));
  for (const auto& found : ended_) EXPECT_FALSE(found);
  (*writer_)("COMMIT");
}

TEST_F(Locking, NobodyWaitsForTheSlowLookupsOfAllOthers) {
  // Some 20 ms each.
  use(
      options("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 60000)"
              " SELECT max(x) AS file, :id FROM c"));
  constexpr std::size_t count = 20;
  for (std::size_t i = 0; i < count; ++i) start(std::to_string(i));
  run_until([&] { return ended_.size() > 1; });
  run_what_is_ready();
  EXPECT_LT(ended_.size(), count);
  run_until([&] { return ended_.size() == count; });
  for (const auto& found : ended_) EXPECT_TRUE(found);
}

TEST_F(Locking, OfAWriteAheadLogHoldsNobodyUp) {
  (*writer_)("PRAGMA journal_mode = wal");
  EXPECT_EQ(file("1"), "a");
  (*writer_)("BEGIN IMMEDIATE; UPDATE music_song SET file = 'c'");
  EXPECT_EQ(file("1"), "a");
  EXPECT_EQ(file("2"), "b");
  (*writer_)("COMMIT");
  EXPECT_EQ(file("1"), "c");
}

TEST_F(Locking, AFindThatIsAbandonedHarmsNobody) {
  (*writer_)("BEGIN EXCLUSIVE");
  start("1");
  run_what_is_ready();
  store_.reset();
  (*writer_)("COMMIT");
  run_until([&] { return !ended_.empty(); });
  EXPECT_TRUE(ended_.front());
}

}  // namespace
}  // namespace tonearm::catalog
