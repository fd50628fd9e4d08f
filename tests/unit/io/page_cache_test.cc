#include "tonearm/io/page_cache.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <span>
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
    // As a fill does: what is written at once may come to lie in one folio.
    const std::string bytes(size / 4, 'x');
    for (std::uint64_t at = 0; at < size; at += bytes.size()) {
      EXPECT_EQ(::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(at)),
                static_cast<ssize_t>(bytes.size()));
    }
  }
  ~PageCacheTest() override { ::close(descriptor_); }

  /// Lets go of so much of the start. False where the file system keeps everything in memory. Of
  /// what the kernel looks at for reasons of its own it does not let go at once.
  bool drop(std::uint64_t count) {
    ::fdatasync(descriptor_);
    for (int tries = 0; tries < 100 && !is_dropped(count); ++tries) {
      ::posix_fadvise(descriptor_, 0, static_cast<off_t>(count), POSIX_FADV_DONTNEED);
    }
    return is_dropped(count);
  }
  /// No page of it is there.
  bool is_dropped(std::uint64_t count) {
    for (std::uint64_t at = 0; at < count; at += 4096) {
      if (has(at, at + 1)) return false;
    }
    return true;
  }
  bool has(std::uint64_t first, std::uint64_t end) {
    return is_in_page_cache(descriptor_, first, end - first);
  }
  /// Whether what is read is found in memory. A machine that is short of memory may let go of it
  /// between the reading and the look, but not each time.
  bool has_once_read(std::uint64_t first, std::uint64_t end) {
    std::string bytes(end - first, 0);
    for (int tries = 0; tries < 100; ++tries) {
      EXPECT_EQ(read_from_disk(descriptor_, first, std::as_writable_bytes(std::span(bytes))),
                bytes.size());
      if (has(first, end)) return true;
    }
    return false;
  }

  int descriptor_ = -1;
};

TEST_F(PageCacheTest, WhatWasWrittenIsThereAndWhatWasDroppedIsNotUntilItIsRead) {
  EXPECT_TRUE(has(0, size) || has_once_read(0, size));
  if (!drop(size)) GTEST_SKIP() << "the file system drops nothing";
  EXPECT_FALSE(has(0, size));
  EXPECT_TRUE(has_once_read(0, size));
  EXPECT_TRUE(has_once_read(size - 1, size));
}

TEST_F(PageCacheTest, APartThatIsMissingIsSeenWhereverTheRegionBegins) {
  constexpr std::uint64_t lost = size / 4;
  if (!drop(lost)) GTEST_SKIP() << "the file system drops nothing";
  ASSERT_TRUE(has_once_read(lost, size));
  if (!drop(lost)) GTEST_SKIP() << "the kernel has read it again";
  for (const std::uint64_t first : {std::uint64_t{0}, lost / 3, lost / 2, lost * 5 / 8, lost - 1}) {
    for (const std::uint64_t end : {lost + 1, lost * 4 / 3, lost * 2, size}) {
      EXPECT_FALSE(has(first, end)) << first << "-" << end;
    }
  }
}

TEST_F(PageCacheTest, PastTheEndNothingIsWaitedFor) {
  EXPECT_TRUE(is_in_page_cache(descriptor_, size, 100));
}

TEST(PageCache, AFileSystemInMemoryNeedsNoDisk) {
  const int descriptor = ::memfd_create("page_cache_test", MFD_CLOEXEC);
  ASSERT_EQ(::ftruncate(descriptor, static_cast<off_t>(size)), 0);
  EXPECT_TRUE(is_in_page_cache(descriptor, 0, size));
  ::close(descriptor);
}

}  // namespace
}  // namespace tonearm::io
