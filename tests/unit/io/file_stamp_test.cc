#include "tonearm/io/file_stamp.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace tonearm::io {
namespace {

/// A file of four bytes, last written in 2001.
class FileStampTest : public testing::Test {
 protected:
  FileStampTest() {
    descriptor_ = ::mkstemp(name_.data());
    EXPECT_EQ(::pwrite(descriptor_, "abcd", 4, 0), 4);
    set_back();
  }
  ~FileStampTest() override {
    ::close(descriptor_);
    std::filesystem::remove(name_);
  }

  FileStamp now() const {
    struct stat file {};
    EXPECT_EQ(::fstat(descriptor_, &file), 0);
    return stamp_of(file);
  }

  void set_back() {
    const timespec then[2] = {{1'000'000'000, 7}, {1'000'000'000, 7}};
    EXPECT_EQ(::futimens(descriptor_, then), 0);
  }

  /// The kernel's clock for file times ticks every few milliseconds.
  template <class Change>
  FileStamp after(const Change& change) {
    const FileStamp before = now();
    FileStamp changed = before;
    while (changed.changed == before.changed) {
      change();
      changed = now();
    }
    return changed;
  }

  std::string name_ = (std::filesystem::current_path() / "file_stamp-XXXXXX").string();
  int descriptor_ = -1;
};

TEST_F(FileStampTest, SaysSizeAndTimesToTheNanosecond) {
  const FileStamp stamp = now();
  EXPECT_EQ(stamp.size, 4U);
  EXPECT_EQ(stamp.modified.time_since_epoch().count(), 1'000'000'000'000'000'007);
  EXPECT_GT(stamp.changed, stamp.modified);
  EXPECT_EQ(stamp.attributes.links, 1U);
  EXPECT_EQ(stamp, now());
}

TEST_F(FileStampTest, TimesThatNanosecondsDoNotReachAreTheFarthestThatTheyDo) {
  constexpr std::int64_t century = 100 * std::int64_t{31'556'952};
  struct stat file {};
  file.st_mtim = {4 * century, 5};
  file.st_ctim = {-4 * century, 5};
  EXPECT_EQ(stamp_of(file).modified, FileStamp::Time::max());
  EXPECT_EQ(stamp_of(file).changed, FileStamp::Time::min());
  file.st_mtim = {2 * century, 5};
  file.st_ctim = {-2 * century, 5};
  EXPECT_EQ(stamp_of(file).modified.time_since_epoch().count(), 2 * century * 1'000'000'000 + 5);
  EXPECT_EQ(stamp_of(file).changed.time_since_epoch().count(), -2 * century * 1'000'000'000 + 5);
}

TEST_F(FileStampTest, WhatWasWrittenIsAnotherVersion) {
  const FileStamp before = now();
  ASSERT_EQ(::pwrite(descriptor_, "x", 1, 0), 1);
  EXPECT_FALSE(has_same_bytes(before, now()));
}

TEST_F(FileStampTest, TimeThatIsSetBackHidesNoWrite) {
  const FileStamp before = now();
  const FileStamp written = after([&] {
    ASSERT_EQ(::pwrite(descriptor_, "x", 1, 0), 1);
    set_back();
  });
  EXPECT_EQ(written.modified, before.modified);
  EXPECT_FALSE(has_same_bytes(before, written));
}

TEST_F(FileStampTest, WhatWasOnlyUnlinkedOrGotAnotherModeHasItsBytes) {
  const FileStamp before = now();
  const FileStamp open_to_all = after([&] { ASSERT_EQ(::fchmod(descriptor_, 0644), 0); });
  EXPECT_TRUE(has_same_bytes(before, open_to_all));
  ASSERT_EQ(::unlink(name_.c_str()), 0);
  const FileStamp unlinked = now();
  EXPECT_NE(unlinked, before);
  EXPECT_TRUE(has_same_bytes(before, unlinked));
}

TEST_F(FileStampTest, ShorterFileIsAnotherVersion) {
  const FileStamp before = now();
  ASSERT_EQ(::ftruncate(descriptor_, 3), 0);
  set_back();
  EXPECT_FALSE(has_same_bytes(before, now()));
}

}  // namespace
}  // namespace tonearm::io
