#include "cache/entry.h"

#include "unit/cache/directory_fixture.h"

#include <memory>
#include <string>
#include <utility>

namespace tonearm::cache {
namespace {

using namespace std::chrono_literals;

/// A song that is fresh for an hour from `came` on, and may serve for another while its origin is
/// down.
class EntryTest : public DirectoryTest {
 protected:
  void SetUp() override {
    DirectoryTest::SetUp();
    policy_.stale_if_error = 1h;
    disk_ = std::make_unique<Disk>(directory_, 1 << 20,
                                   [](const std::string&, std::uint64_t, std::uint64_t, bool) {});
  }
  void TearDown() override {
    entry_.version.reset();
    disk_.reset();
    DirectoryTest::TearDown();
  }

  void keep(bool whole_only = false) {
    SongRecord record;
    record.key = entry_.key;
    record.version = 1;
    record.slice_size = block_size;
    record.whole_only = whole_only;
    record.what.length = block_size;
    record.what.caching.max_age = 1h;
    record.what.caching.received = came.date;
    entry_.version = std::make_shared<Version>(*disk_, std::string(32, 'a'), record, false);
  }
  Known known_after(std::chrono::minutes passed, bool writable = true) {
    return what_is_known(entry_, policy_, writable, {came.time + passed, came.date + passed});
  }

  static constexpr Moment came{Clock::time_point(24h), http::HttpTime(240'000h)};
  Policy policy_;
  Entry entry_{"key"};
  std::unique_ptr<Disk> disk_;
};

TEST_F(EntryTest, OfANewSongNothingIsKnown) {
  EXPECT_EQ(known_after(0min), Known::nothing);
  EXPECT_EQ(known_after(0min, false), Known::not_kept) << "asking would not have it kept";
  entry_.visit = std::make_shared<Visit>(nullptr);
  EXPECT_EQ(known_after(0min, false), Known::nothing) << "somebody asks already";
}

TEST_F(EntryTest, AVersionIsCurrentWhileItIsFresh) {
  keep();
  EXPECT_EQ(known_after(59min), Known::fresh);
  EXPECT_EQ(known_after(59min, false), Known::fresh);
  EXPECT_EQ(known_after(60min), Known::nothing);
}

TEST_F(EntryTest, AStaleOneServesWhileTheOriginIsDownAndNoLongerThanItMay) {
  keep();
  entry_.do_not_ask_until = came.time + 10h;
  EXPECT_EQ(known_after(59min), Known::fresh);
  EXPECT_EQ(known_after(60min), Known::stale);
  EXPECT_EQ(known_after(119min), Known::stale);
  EXPECT_EQ(known_after(120min), Known::nothing);
  entry_.do_not_ask_until = came.time + 70min;
  EXPECT_EQ(known_after(69min), Known::stale);
  EXPECT_EQ(known_after(70min), Known::nothing);
}

TEST_F(EntryTest, AStaleOneThatIsOnlyOnItsWayCannotBeAskedAbout) {
  keep(true);
  EXPECT_EQ(known_after(59min), Known::fresh);
  EXPECT_EQ(known_after(60min), Known::not_kept);
}

TEST_F(EntryTest, ADeadVersionCountsNoMore) {
  keep();
  entry_.version->kill();
  EXPECT_FALSE(may_serve_stale(entry_, policy_, came.date));
  EXPECT_EQ(known_after(0min), Known::nothing);
  EXPECT_TRUE(entry_.version) << "a question changes nothing";
  let_go_of_dead(entry_);
  EXPECT_FALSE(entry_.version);
}

TEST_F(EntryTest, WhatTheOriginDidNotHaveOrWouldNotHaveKeptIsRememberedForAWhile) {
  entry_.not_found_until = came.time + 1min;
  entry_.pass_until = came.time + 2min;
  EXPECT_EQ(known_after(0min), Known::not_found);
  EXPECT_EQ(known_after(1min), Known::not_kept);
  EXPECT_EQ(known_after(2min), Known::nothing);
  keep();
  EXPECT_EQ(known_after(0min), Known::fresh) << "a version counts before them";
}

}  // namespace
}  // namespace tonearm::cache
