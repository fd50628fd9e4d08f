#include "tonearm/catalog/read_turns.h"

#include "catalog/catalog_browser.h"
#include "unit/catalog/catalog_fixture.h"
#include "unit/catalog/writer_process.h"

#include <atomic>
#include <future>
#include <optional>
#include <thread>

namespace tonearm::catalog {
namespace {

class ReadTurnsTest : public testing::Test {
 protected:
  ReadTurns::Turn begin() {
    return turns_.begin(
        [this] {
          ++looks_;
          return writer_waits_.load();
        },
        [this] { return may_wait_.load(); });
  }
  /// Begins on another thread; over once it could.
  std::future<void> begin_elsewhere() {
    return std::async(std::launch::async, [this] { const auto turn = begin(); });
  }
  /// Whoever begins elsewhere has seen why not to, and so waits.
  void await_looks(int count) {
    while (looks_ < count) std::this_thread::yield();
  }

  ReadTurns turns_;
  std::atomic<bool> writer_waits_ = false;
  std::atomic<bool> may_wait_ = true;
  std::atomic<int> looks_ = 0;
};

TEST_F(ReadTurnsTest, ReadsOverlapWhileNobodyWrites) {
  const auto first = begin();
  const auto second = begin();
  begin_elsewhere().get();
}

TEST_F(ReadTurnsTest, TheFirstReadIsSQLitesBusinessAlone) {
  writer_waits_ = true;
  const auto first = begin();
  EXPECT_EQ(looks_, 0);
}

TEST_F(ReadTurnsTest, WhoComesAfterTheWriterWaitsForTheEndOfWhatWasRead) {
  std::optional<std::future<void>> second;
  {
    const auto first = begin();
    writer_waits_ = true;
    second = begin_elsewhere();
    await_looks(3);
    EXPECT_EQ(second->wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  }
  second->get();  // though the writer waits still: it is SQLite that says no now
}

TEST_F(ReadTurnsTest, AWriterThatHasCommittedIsWaitedForNoMore) {
  const auto first = begin();
  writer_waits_ = true;
  auto second = begin_elsewhere();
  await_looks(2);
  writer_waits_ = false;
  second.get();
}

TEST_F(ReadTurnsTest, WhoMayWaitNoLongerReadsAllTheSame) {
  const auto first = begin();
  writer_waits_ = true;
  auto second = begin_elsewhere();
  await_looks(2);
  may_wait_ = false;
  second.get();
}

/// Two that look through the catalog one read after the other, so that one begins before the other
/// has ended wherever it may.
class OverlappingReads : public CatalogTest {
 protected:
  void read_until(const std::function<bool()>& reached) {
    CatalogBrowsers browsers(options());
    const auto read_on = [&] {
      while (!reached()) {
        const auto done = browsers.read(
            [this](sqlite3* connection) { return hold_until_another_reads(connection); },
            TimeLimit::from(ReadTurns::Clock::now(), {}));
        ASSERT_TRUE(done) << done.error().detail;
      }
    };
    std::thread other(read_on);
    read_on();
    other.join();
  }

 private:
  Result<void> hold_until_another_reads(sqlite3* connection) {
    const auto until = ReadTurns::Clock::now() + std::chrono::milliseconds(50);
    const int mine = ++begun_;
    sqlite3_exec(connection, "SELECT count(*) FROM music_song", nullptr, nullptr, nullptr);
    while (begun_ == mine && ReadTurns::Clock::now() < until) std::this_thread::yield();
    return {};
  }

  std::atomic<int> begun_ = 0;
};

TEST_F(OverlappingReads, KeepNoOtherProgramFromWriting) {
  write("CREATE TABLE music_song(id INTEGER PRIMARY KEY, file TEXT)");
  const WriterProcess other([this](int i) {
    write("PRAGMA busy_timeout=10000; INSERT INTO music_song(file) VALUES('" + std::to_string(i) +
          "')");
  });
  const auto until = ReadTurns::Clock::now() + std::chrono::seconds(30);
  read_until([&] { return other.committed() >= 5 || ReadTurns::Clock::now() > until; });
  EXPECT_GE(other.committed(), 5);
}

}  // namespace
}  // namespace tonearm::catalog
