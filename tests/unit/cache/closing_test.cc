#include "cache/version.h"
#include "unit/cache/cache_fixture.h"
#include "unit/cache/directory_fixture.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tonearm::cache {
namespace {

bool comes_to_be_open(std::size_t count) {
  return comes_true([count] { return File::open_count() == count; });
}

void write_blocks(Version& version, std::uint64_t count) {
  for (std::uint64_t block = 0; block < count; ++block) {
    std::vector<std::shared_ptr<ArrivingBlock>> one{std::make_shared<ArrivingBlock>(block)};
    one.front()->size = block_size;
    ASSERT_TRUE(version.write(one));
  }
}

/// A version with two open pieces, and a disk whose thread stands still until it is let go: what is
/// closed meanwhile was closed here.
class ClosingTest : public DirectoryTest {
 protected:
  static constexpr std::uint64_t slice_size = 2 * block_size;

  void SetUp() override {
    DirectoryTest::SetUp();
    disk_ = std::make_unique<Disk>(
        directory_, 1 << 20, [this](const std::string& of, std::uint64_t, std::uint64_t, bool) {
          if (of == victim) stand_still();
        });
    ASSERT_TRUE(disk_->wait_until_scanned(std::chrono::minutes(1)));
    // One of them makes room, on the disk's own thread.
    ASSERT_TRUE(disk_->create_piece({victim, 1, 0}, {slice_size, endless}));
    ASSERT_TRUE(disk_->create_piece({victim, 1, 1}, {slice_size, endless}));
    SongRecord record;
    record.key = "key";
    record.version = 1;
    record.slice_size = slice_size;
    record.what.length = 2 * slice_size;
    version_ = std::make_shared<Version>(*disk_, song, std::move(record), false);
    write_blocks(*version_, 4);
    disk_->resize(disk_->totals().bytes - 1);
    ASSERT_EQ(stands_.get_future().wait_for(std::chrono::minutes(1)), std::future_status::ready);
    ASSERT_EQ(File::open_count(), 2U);
  }
  void TearDown() override {
    let_go();
    version_.reset();
    disk_.reset();
    DirectoryTest::TearDown();
  }

  void stand_still() {
    stands_.set_value();
    let_go_.get_future().wait();
  }
  void let_go() {
    if (std::exchange(is_let_go_, true)) return;
    let_go_.set_value();
  }
  inline static const std::string song = std::string(32, 'a');
  inline static const std::string victim = std::string(32, 'b');
  std::promise<void> stands_;
  std::promise<void> let_go_;
  bool is_let_go_ = false;
  std::unique_ptr<Disk> disk_;
  std::shared_ptr<Version> version_;
};

// The file system frees all of the song then.
TEST_F(ClosingTest, WhoStopsPlayingARemovedSongDoesNotCloseItsFiles) {
  {
    const Version::Hold hold(version_);
    version_->kill();
    disk_->forget(song, 1);
    EXPECT_EQ(File::open_count(), 2U) << "who plays it reads on";
  }
  EXPECT_EQ(File::open_count(), 2U);
  version_.reset();
  EXPECT_EQ(File::open_count(), 2U);
  let_go();
  EXPECT_TRUE(comes_to_be_open(0));
}

TEST_F(ClosingTest, WhoRemovesASongThatNobodyPlaysDoesNotCloseItsFiles) {
  version_->kill();
  EXPECT_EQ(File::open_count(), 2U);
  let_go();
  EXPECT_TRUE(comes_to_be_open(0));
}

TEST_F(ClosingTest, WhoFindsAFileRemovedDoesNotCloseIt) {
  std::filesystem::remove(directory_ + '/' + piece_name({song, 1, 0}));
  EXPECT_EQ(version_->look(0, 1).kind, Version::Look::Kind::unknown);
  EXPECT_EQ(File::open_count(), 2U);
  let_go();
  EXPECT_TRUE(comes_to_be_open(1));
}

TEST_F(ClosingTest, WhatWaitsToBeClosedIsClosedWithTheDisk) {
  version_->kill();
  std::thread stopping([this] { disk_.reset(); });
  let_go();
  stopping.join();
  EXPECT_EQ(File::open_count(), 0U);
}

// Nothing would ever remove it before the next start.
TEST_F(DirectoryTest, AVersionThatDiesWhileItsFirstPieceIsMadeLeavesNone) {
  constexpr std::uint64_t slice_size = 2 * block_size;
  const std::string song(32, 'a');
  std::unique_ptr<Version> version;
  const auto on_evicted = [&](const std::string&, std::uint64_t, std::uint64_t, bool) {
    version->kill();
  };
  Disk disk(directory_, 1 << 20, on_evicted);
  ASSERT_TRUE(disk.wait_until_scanned(std::chrono::minutes(1)));
  ASSERT_TRUE(disk.create_piece({std::string(32, 'b'), 1, 0}, {slice_size, endless}));
  SongRecord record;
  record.key = "key";
  record.version = 1;
  record.slice_size = slice_size;
  record.what.length = slice_size;
  version = std::make_unique<Version>(disk, song, std::move(record), false);
  disk.resize(disk.totals().bytes);
  const auto block = std::make_shared<ArrivingBlock>(0);
  block->size = block_size;
  EXPECT_FALSE(version->write(std::vector{block}));
  EXPECT_TRUE(version->dead());
  EXPECT_FALSE(std::filesystem::exists(directory_ + '/' + piece_name({song, 1, 0})));
}

using SweepTest = CacheTest;

// They may have many files open, and each loop asks for an entry with each request.
TEST_F(SweepTest, WhoComesWhenThereAreManySongsDoesNotCloseTheirFiles) {
  open(std::make_shared<ScriptedSong>(9 * B));
  Store& store = cache_->store();
  http::Representation what;
  what.length = 8 * B;
  const auto victim = store.make_version("victim", what, false);
  write_blocks(*victim, 8);
  const auto entry = store.entry("victim");
  get();
  settle();
  ASSERT_EQ(File::open_count(), 5U);
  {
    // The disk's thread stands still when it has removed a piece, and comes to tell.
    const std::lock_guard lock(entry->mutex);
    Policy smaller = options_;
    smaller.size = cache_->statistics().bytes - 1;
    cache_->change(smaller);
    ASSERT_TRUE(comes_true([&] { return cache_->statistics().evictions > 0; }));
    for (int i = 0; i < 10'001; ++i) store.entry("song " + std::to_string(i));
    EXPECT_EQ(File::open_count(), 5U);
  }
  EXPECT_TRUE(comes_to_be_open(2)) << "those of the one that is in use";
  EXPECT_EQ(get().use.state, source::CacheUse::State::hit);
}

}  // namespace
}  // namespace tonearm::cache
