#include "cache/disk.h"

#include "cache/geometry.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <thread>

namespace tonearm::cache {
namespace {

class DiskTest : public testing::Test {
 protected:
  static constexpr std::uint64_t slice_size = 2 * block_size;

  void SetUp() override {
    std::string pattern = testing::TempDir() + "tonearm-disk-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  static SongRecord record_of(std::uint64_t version) {
    SongRecord record;
    record.key = "key";
    record.version = version;
    record.slice_size = slice_size;
    record.what.length = slice_size;
    return record;
  }
  static bool keep(Disk& disk, std::uint64_t version, std::uint64_t slice) {
    return disk.create_piece({song, version, slice}, slice_size) != nullptr &&
           disk.store_record(song, [&] { return std::optional(record_of(version)); });
  }

  inline static const std::string song = std::string(32, 'a');
  std::string directory_;
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
  const auto nobody = [](const std::string&, std::uint64_t, std::uint64_t, bool) {};
  Disk disk(directory_, 24 * 1024, nobody);  // two records and four indexes
  ASSERT_TRUE(disk.wait_until_scanned(std::chrono::seconds(10)));
  ASSERT_TRUE(keep(disk, 1, 0));
  disk.pin(song, 1);
  const std::string other(32, 'b');
  for (std::uint64_t slice = 0; slice < 8; ++slice) {
    EXPECT_TRUE(disk.create_piece({other, 1, slice}, slice_size));
  }
  EXPECT_TRUE(disk.may_hold({song, 1, 0}));
  EXPECT_LE(disk.totals().bytes, disk.size());
  disk.unpin(song, 1);
  for (std::uint64_t slice = 8; slice < 16; ++slice) {
    EXPECT_TRUE(disk.create_piece({other, 1, slice}, slice_size));
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
  EXPECT_FALSE(keep(disk, 1, 1));
  EXPECT_FALSE(disk.writable());
  for (int i = 0; i < 6000 && !disk.writable(); ++i) {  // a minute, on a busy machine
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(keep(disk, 1, 0));
  EXPECT_EQ(disk.totals().pieces, 1U);
  EXPECT_EQ(gone, 2);
}

}  // namespace
}  // namespace tonearm::cache
