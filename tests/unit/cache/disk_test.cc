#include "cache/disk.h"

#include "tonearm/io/owned_descriptor.h"

#include "cache/geometry.h"
#include "unit/cache/directory_fixture.h"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/sink.h>
#include <spdlog/spdlog.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tonearm::cache {
namespace {

/// Counts what is logged while it lives.
class CountedLog {
 public:
  ~CountedLog() { spdlog::set_default_logger(usual_); }
  int warnings() const { return sink_->warnings; }
  int others() const { return sink_->others; }

 private:
  struct Sink final : spdlog::sinks::sink {
    void log(const spdlog::details::log_msg& message) override {
      ++(message.level == spdlog::level::warn ? warnings : others);
    }
    void flush() override {}
    void set_pattern(const std::string&) override {}
    void set_formatter(std::unique_ptr<spdlog::formatter>) override {}
    std::atomic<int> warnings = 0;
    std::atomic<int> others = 0;
  };
  static std::shared_ptr<spdlog::logger> replace_with(const std::shared_ptr<Sink>& sink) {
    auto usual = spdlog::default_logger();
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("", sink));
    return usual;
  }

  const std::shared_ptr<Sink> sink_ = std::make_shared<Sink>();
  const std::shared_ptr<spdlog::logger> usual_ = replace_with(sink_);
};

class DiskTest : public DirectoryTest {
 protected:
  static constexpr std::uint64_t slice_size = 2 * block_size;

  static SongRecord record_of(std::uint64_t version) {
    SongRecord record;
    record.key = "key";
    record.version = version;
    record.slice_size = slice_size;
    record.what.length = slice_size;
    return record;
  }
  static bool keep(Disk& disk, std::uint64_t version, std::uint64_t slice) {
    return disk.create_piece({song, version, slice}, {slice_size, endless}) != nullptr &&
           disk.store_record(song, [&] { return std::optional(record_of(version)); });
  }

  static void nobody(const std::string&, std::uint64_t, std::uint64_t, bool) {}

  inline static const std::string song = std::string(32, 'a');
};

// All versions' records have one name.
TEST_F(DiskTest, WhatReplacesAVersionWhileThatIsRemovedKeepsItsRecord) {
  Disk* disk = nullptr;
  const auto on_evicted = [&](const std::string&, std::uint64_t version, std::uint64_t, bool last) {
    EXPECT_FALSE(last && version == 1);
    if (version == 1 && !disk->may_hold({song, 2, 0})) {
      EXPECT_TRUE(keep(*disk, 2, 0));
    }
  };
  Disk the(directory_, 1 << 20, on_evicted);
  disk = &the;
  ASSERT_TRUE(the.wait_until_scanned(std::chrono::seconds(10)));
  ASSERT_TRUE(keep(the, 1, 0));
  ASSERT_TRUE(keep(the, 1, 1));
  the.forget(song, 1);
  const auto record = the.load_record(song);
  ASSERT_TRUE(record && *record);
  EXPECT_EQ((*record)->version, 2U);
  EXPECT_TRUE(the.open_piece({song, 2, 0}).value());
}

TEST_F(DiskTest, WhatIsPinnedIsNotEvicted) {
  Disk disk(directory_, 24 * 1024, nobody);  // two records and four indexes
  ASSERT_TRUE(disk.wait_until_scanned(std::chrono::seconds(10)));
  ASSERT_TRUE(keep(disk, 1, 0));
  disk.pin(song, 1);
  const std::string other(32, 'b');
  for (std::uint64_t slice = 0; slice < 8; ++slice) {
    EXPECT_TRUE(disk.create_piece({other, 1, slice}, {slice_size, endless}));
  }
  EXPECT_TRUE(disk.may_hold({song, 1, 0}));
  EXPECT_LE(disk.totals().bytes, disk.size());
  disk.unpin(song, 1);
  for (std::uint64_t slice = 8; slice < 16; ++slice) {
    EXPECT_TRUE(disk.create_piece({other, 1, slice}, {slice_size, endless}));
  }
  EXPECT_FALSE(disk.may_hold({song, 1, 0}));
}

TEST_F(DiskTest, ARemovedDirectoryIsMadeAgain) {
  std::atomic<int> gone = 0;
  const auto on_evicted = [&](const std::string&, std::uint64_t, std::uint64_t, bool) { ++gone; };
  Disk disk(directory_, 1 << 20, on_evicted);
  ASSERT_TRUE(disk.wait_until_scanned(std::chrono::seconds(10)));
  ASSERT_TRUE(keep(disk, 1, 0));
  std::filesystem::remove_all(directory_);
  ASSERT_TRUE(comes_true([&] { return gone == 1 && disk.writable(); }));
  EXPECT_TRUE(keep(disk, 1, 0));
  EXPECT_EQ(disk.totals().pieces, 1U);
}

// Its lock keeps nobody out of what has the name now.
TEST_F(DiskTest, AReplacedDirectoryBelongsToWhoHasTheLockInIt) {
  Disk disk(directory_, 1 << 20, nobody);
  ASSERT_TRUE(disk.wait_until_scanned(std::chrono::seconds(10)));
  ASSERT_TRUE(keep(disk, 1, 0));
  const auto fresh = directory_ + "/another";
  std::optional<io::OwnedDescriptor> another(
      std::in_place, ::open(fresh.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(::flock(another->get(), LOCK_EX | LOCK_NB), 0);
  std::filesystem::rename(fresh, directory_ + "/lock");
  ASSERT_TRUE(comes_true([&] { return !disk.readable(); }));
  EXPECT_FALSE(disk.writable());
  EXPECT_EQ(disk.totals().pieces, 0U);
  another.reset();
  ASSERT_TRUE(comes_true([&] { return disk.writable(); }));
  EXPECT_TRUE(disk.may_hold({song, 1, 0})) << "what was there was not removed";
  EXPECT_TRUE(disk.load_record(song).value());
}

TEST_F(DiskTest, WhatSomebodyHasRemovedDoesNotCount) {
  std::atomic<int> gone = 0;
  const auto on_evicted = [&](const std::string&, std::uint64_t, std::uint64_t, bool) { ++gone; };
  Disk disk(directory_, 1 << 20, on_evicted);
  ASSERT_TRUE(disk.wait_until_scanned(std::chrono::seconds(10)));
  ASSERT_TRUE(keep(disk, 1, 0));
  ASSERT_TRUE(keep(disk, 1, 1));
  std::filesystem::remove(directory_ + '/' + piece_name({song, 1, 1}));
  EXPECT_FALSE(disk.open_piece({song, 1, 1}).value());
  EXPECT_EQ(disk.totals().pieces, 1U);
  EXPECT_EQ(gone, 1);
}

// A directory in its place is what no right of ours removes so.
TEST_F(DiskTest, WhatCannotBeRemovedCounts) {
  std::atomic<int> gone = 0;
  const auto on_evicted = [&](const std::string&, std::uint64_t, std::uint64_t, bool) { ++gone; };
  Disk disk(directory_, 1 << 20, on_evicted);
  ASSERT_TRUE(disk.wait_until_scanned(std::chrono::seconds(10)));
  ASSERT_TRUE(keep(disk, 1, 0));
  ASSERT_TRUE(keep(disk, 1, 1));
  const auto stuck = directory_ + '/' + piece_name({song, 1, 0});
  std::filesystem::remove(stuck);
  std::filesystem::create_directory(stuck);
  EXPECT_FALSE(disk.forget(song, 1));
  EXPECT_EQ(gone, 1);
  EXPECT_EQ(disk.totals().pieces, 1U);
  EXPECT_TRUE(disk.load_record(song).value());
  EXPECT_FALSE(disk.writable());
  std::filesystem::remove(stuck);
  EXPECT_TRUE(disk.forget(song, 1));
  EXPECT_EQ(gone, 2);
  EXPECT_EQ(disk.totals().pieces, 0U);
  EXPECT_FALSE(disk.load_record(song).value());
}

// Else everything in it would be beyond the bound.
TEST_F(DiskTest, ADirectoryThatCannotBeListedIsNotEmpty) {
  {
    Disk earlier(directory_, 1 << 20, nobody);
    ASSERT_TRUE(earlier.wait_until_scanned(std::chrono::seconds(10)));
    ASSERT_TRUE(keep(earlier, 1, 0));
  }
  Unlistable unlistable(directory_);
  const CountedLog log;
  Disk disk(directory_, 1 << 20, nobody);
  EXPECT_TRUE(comes_true([&] { return log.warnings() > 0 || disk.writable(); }));
  EXPECT_FALSE(disk.writable());
  EXPECT_TRUE(disk.load_record(song).value()) << "what is asked for by name is there";
  unlistable.end();
  EXPECT_TRUE(disk.wait_until_scanned(std::chrono::minutes(1)));
  EXPECT_EQ(disk.totals().pieces, 1U);
}

TEST_F(DiskTest, WhatIsForgottenBeforeItWasFoundGoesWhenItIs) {
  const std::string other(32, 'b');
  {
    Disk earlier(directory_, 1 << 20, nobody);
    ASSERT_TRUE(earlier.wait_until_scanned(std::chrono::seconds(10)));
    ASSERT_TRUE(keep(earlier, 1, 0));
    ASSERT_TRUE(keep(earlier, 1, 1));
    ASSERT_TRUE(earlier.create_piece({other, 1, 0}, {slice_size, endless}));
    ASSERT_TRUE(earlier.store_record(other, [&] { return std::optional(record_of(1)); }));
  }
  Unlistable unlistable(directory_);
  Disk disk(directory_, 1 << 20, nobody);
  EXPECT_FALSE(disk.is_scanned());
  EXPECT_TRUE(disk.forget(song));
  EXPECT_FALSE(disk.load_record(song).value()) << "a process that finds its pieces removes them";
  unlistable.end();
  EXPECT_TRUE(disk.wait_until_scanned(std::chrono::minutes(1)));
  EXPECT_EQ(disk.totals().pieces, 1U);
  EXPECT_FALSE(std::filesystem::exists(directory_ + '/' + piece_name({song, 1, 1})));
  EXPECT_TRUE(disk.load_record(other).value());
}

// Only a start compares the two, and only where pieces of several versions lie.
TEST_F(DiskTest, ForgettingASongRemovesAlsoWhatItsRecordDoesNotName) {
  Disk disk(directory_, 1 << 20, nobody);
  ASSERT_TRUE(disk.wait_until_scanned(std::chrono::seconds(10)));
  ASSERT_TRUE(disk.create_piece({song, 1, 0}, {slice_size, endless}));
  ASSERT_TRUE(disk.store_record(song, [&] { return std::optional(record_of(2)); }));
  EXPECT_TRUE(disk.forget(song));
  EXPECT_EQ(disk.totals().pieces, 0U);
  EXPECT_FALSE(std::filesystem::exists(directory_ + '/' + piece_name({song, 1, 0})));
  EXPECT_FALSE(disk.load_record(song).value());
}

TEST_F(DiskTest, OnAFullDiskWhatWasPlayedLongestAgoMakesRoom) {
  constexpr std::uint64_t slice = 1024 * 1024;
  std::atomic<int> gone = 0;
  const auto on_evicted = [&](const std::string&, std::uint64_t, std::uint64_t, bool) { ++gone; };
  Disk disk(directory_, 1 << 30, on_evicted);
  ASSERT_TRUE(disk.wait_until_scanned(std::chrono::seconds(10)));
  for (std::uint64_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(disk.create_piece({song, 1, i}, {slice, endless}));
    ASSERT_TRUE(disk.grow_piece({song, 1, i}, slice));
  }
  disk.fail("scripted", ENOSPC);
  EXPECT_FALSE(disk.writable());
  ASSERT_TRUE(comes_true([&] { return gone > 0 && disk.writable(); }));
  EXPECT_FALSE(disk.may_hold({song, 1, 0}));
  const std::uint64_t before = disk.totals().bytes;
  ASSERT_TRUE(disk.create_piece({song, 1, 7}, {slice, endless}));
  ASSERT_TRUE(disk.grow_piece({song, 1, 7}, slice));
  EXPECT_LE(disk.totals().bytes, before + slice / 2);
}

/// Many files that are removed once all are listed, for they have no record.
class LeftoversTest : public DiskTest {
 protected:
  void leave() const {
    for (std::uint64_t slice = 0; slice < 10'000; ++slice) {
      const auto name = directory_ + '/' + piece_name({other, 1, slice});
      ASSERT_TRUE(io::OwnedDescriptor(::open(name.c_str(), O_WRONLY | O_CREAT, 0600)).valid());
    }
  }
  std::ptrdiff_t files() const {
    return std::distance(std::filesystem::directory_iterator(directory_), {});
  }

  inline static const std::string other = std::string(32, 'b');
};

// A search of many files may last for longer than the process has to end.
TEST_F(LeftoversTest, WhoStopsDoesNotWaitUntilEverythingWasFound) {
  { const Disk makes_the_lock(directory_, 1 << 20, nobody); }
  leave();
  const auto left = std::filesystem::last_write_time(directory_);
  {
    const Disk disk(directory_, 1 << 20, nobody);
    // To count them takes as long as to remove many.
    const auto removes = [&] { return std::filesystem::last_write_time(directory_) != left; };
    ASSERT_TRUE(comes_true(removes));
  }
  EXPECT_GT(files(), 1) << "with the lock";
}

TEST_F(LeftoversTest, WhatIsForgottenWhenItIsListedAlreadyIsNotTakenOver) {
  {
    Disk earlier(directory_, 1 << 20, nobody);
    ASSERT_TRUE(earlier.wait_until_scanned(std::chrono::seconds(10)));
    ASSERT_TRUE(keep(earlier, 1, 0));
    ASSERT_TRUE(keep(earlier, 1, 1));
  }
  leave();
  const auto before = files();
  Disk disk(directory_, 1 << 20, nobody);
  ASSERT_TRUE(comes_true([&] { return files() < before; }));
  EXPECT_TRUE(disk.forget(song));
  ASSERT_TRUE(disk.wait_until_scanned(std::chrono::minutes(1)));
  EXPECT_EQ(disk.totals().pieces, 0U);
  EXPECT_EQ(files(), 1) << "the lock";
}

/// More pieces than the disk's thread takes at once.
class ManyPiecesTest : public DiskTest {
 protected:
  static constexpr std::uint64_t batch = Disk::pieces_in_batch;
  static constexpr std::uint64_t pieces = 2 * batch + 10;
  static constexpr std::uint64_t room_for_one = 16 * 1024;

  void SetUp() override {
    DiskTest::SetUp();
    Disk disk(directory_, 1 << 30, nobody);
    ASSERT_TRUE(disk.wait_until_scanned(std::chrono::minutes(1)));
    ASSERT_TRUE(keep(disk, 1, 0));
    for (std::uint64_t slice = 1; slice < pieces; ++slice) {
      ASSERT_TRUE(disk.create_piece({song, 1, slice}, {slice_size, endless}));
    }
  }
};

// Who is told of a piece needs the lock, as every request does.
TEST_F(ManyPiecesTest, WhatIsTooMuchAtTheStartGoesInBatches) {
  std::promise<Disk*> made;
  std::vector<std::uint64_t> seen;
  Disk disk(directory_, room_for_one,
            [&seen, made = made.get_future().share()](const std::string&, std::uint64_t,
                                                      std::uint64_t, bool) {
              EXPECT_FALSE(made.get()->writable());
              const std::uint64_t evictions = made.get()->totals().evictions;
              if (seen.empty() || evictions > seen.back()) seen.push_back(evictions);
            });
  made.set_value(&disk);
  ASSERT_TRUE(disk.wait_until_scanned(std::chrono::minutes(1)));
  EXPECT_TRUE(disk.writable());
  EXPECT_LE(disk.totals().bytes, room_for_one);
  EXPECT_EQ(seen, (std::vector{batch, 2 * batch, pieces - disk.totals().pieces}));
}

TEST_F(ManyPiecesTest, WhoNeedsRoomInASmallerCacheMakesItInBatches) {
  std::atomic<Disk*> made = nullptr;
  std::atomic<std::uint64_t> first = 0;
  Disk disk(directory_, 1 << 30, [&](const std::string&, std::uint64_t, std::uint64_t, bool) {
    std::uint64_t none = 0;
    first.compare_exchange_strong(none, made.load()->totals().evictions);
  });
  made = &disk;
  ASSERT_TRUE(disk.wait_until_scanned(std::chrono::minutes(1)));
  disk.resize(room_for_one);
  EXPECT_TRUE(disk.create_piece({song, 1, pieces}, {slice_size, endless}));
  EXPECT_LE(first, 2 * batch) << "by the disk's own thread at the same time, perhaps";
}

TEST_F(ManyPiecesTest, WhatCannotBeRemovedIsNotTriedForEver) {
  for (std::uint64_t slice = 0; slice < pieces; ++slice) {
    const auto stuck = directory_ + '/' + piece_name({song, 1, slice});
    std::filesystem::remove(stuck);
    std::filesystem::create_directory(stuck);
  }
  Disk disk(directory_, room_for_one, nobody);
  EXPECT_TRUE(disk.wait_until_scanned(std::chrono::minutes(1)));
  EXPECT_EQ(disk.totals().pieces, pieces);
  EXPECT_EQ(disk.totals().evictions, 0U);
}

TEST_F(DiskTest, ASongWhoseRecordIsTooLargeIsWarnedOfOnce) {
  Disk disk(directory_, 1 << 20, nobody);
  ASSERT_TRUE(disk.wait_until_scanned(std::chrono::seconds(10)));
  const CountedLog log;
  SongRecord large = record_of(1);
  large.key.assign(most_record_bytes, 'x');
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(disk.store_record(song, [&] { return std::optional(large); }));
  }
  EXPECT_EQ(log.warnings(), 1);
  EXPECT_TRUE(disk.writable());
}

TEST_F(DiskTest, ADiskThatTakesOneBlockAndNotTheNextIsWarnedOfOnce) {
  Disk disk(directory_, 1 << 20, nobody);
  ASSERT_TRUE(disk.wait_until_scanned(std::chrono::seconds(10)));
  const CountedLog log;
  for (int i = 0; i < 3; ++i) {
    disk.fail("scripted", EIO);
    disk.succeed();
  }
  EXPECT_EQ(log.warnings(), 1);
  EXPECT_EQ(log.others(), 0);
}

}  // namespace
}  // namespace tonearm::cache
