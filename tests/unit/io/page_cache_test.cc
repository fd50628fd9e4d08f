#include "tonearm/io/page_cache.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace tonearm::io {
namespace {

constexpr std::uint64_t size = 1024 * 1024;

/// A file that nobody else sees.
class PageCacheTest : public testing::Test {
 protected:
  PageCacheTest() {
    std::string name = (std::filesystem::current_path() / "page_cache-XXXXXX").string();
    descriptor_ = ::mkstemp(name.data());
    ::unlink(name.c_str());
    const std::string bytes(size, 'x');
    EXPECT_EQ(::pwrite(descriptor_, bytes.data(), size, 0), static_cast<ssize_t>(size));
  }
  ~PageCacheTest() override { ::close(descriptor_); }

  /// False where the file system keeps everything in memory.
  bool drop() {
    ::fdatasync(descriptor_);
    ::posix_fadvise(descriptor_, 0, 0, POSIX_FADV_DONTNEED);
    return !is_in_page_cache(descriptor_, 0, size);
  }

  int descriptor_ = -1;
};

TEST_F(PageCacheTest, WhatWasWrittenIsThereAndWhatWasDroppedIsLoaded) {
  EXPECT_TRUE(is_in_page_cache(descriptor_, 0, size));
  if (!drop()) GTEST_SKIP() << "the file system drops nothing";
  load_into_page_cache(descriptor_, 0, size);
  EXPECT_TRUE(is_in_page_cache(descriptor_, 0, size));
  EXPECT_TRUE(is_in_page_cache(descriptor_, size - 1, 1));
}

TEST_F(PageCacheTest, PastTheEndNothingIsWaitedFor) {
  EXPECT_TRUE(is_in_page_cache(descriptor_, size, 100));
  load_into_page_cache(descriptor_, size - 10, 100);
}

TEST(PageCache, AFileSystemInMemoryNeedsNoDisk) {
  const int descriptor = ::memfd_create("page_cache_test", MFD_CLOEXEC);
  ASSERT_EQ(::ftruncate(descriptor, static_cast<off_t>(size)), 0);
  EXPECT_TRUE(is_in_page_cache(descriptor, 0, size));
  ::close(descriptor);
}

}  // namespace
}  // namespace tonearm::io
