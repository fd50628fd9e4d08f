#include "source/file_version.h"

#include "file_fixture.h"

#include <boost/asio/co_spawn.hpp>

#include <filesystem>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace tonearm::source {
namespace {

class FileVersionTest : public FileFixture {
 protected:
  ~FileVersionTest() override { one_thread_.join(); }

  static std::string take(unsigned seed) {
    std::mt19937 random(seed);
    std::string bytes(300'000, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
  }
  FileVersion open(FileVersion::Writing writing = FileVersion::Writing::with_header) {
    auto file = open_beneath(root_.string(), "a").value();
    const io::FileStamp stamp = file->stamp().value();
    return FileVersion(std::move(file), stamp, writing, one_thread_);
  }
  void drop_from_memory(const FileVersion& version) {
    ASSERT_EQ(::fdatasync(version.descriptor()), 0);
    ASSERT_EQ(::posix_fadvise(version.descriptor(), 0, 0, POSIX_FADV_DONTNEED), 0);
  }
  /// Everything that was put to the pool before has been done, and the loop does not know it yet.
  void run_pool() {
    const auto nothing = [] { return true; };
    tonearm::test::run(other_, one_thread_.run(nothing));
  }
  /// The kernel's clock for file times ticks every few milliseconds.
  template <class Change>
  void until_changed(const Change& change) {
    const auto time = [&] {
      return open_beneath(root_.string(), "a").value()->stamp().value().changed;
    };
    const auto before = time();
    while (time() == before) change();
  }
  void overwrite(const std::string& content) { write("a", content, std::ios::in | std::ios::out); }

  io::BlockingPool one_thread_{1};
  io::asio::io_context other_{1};
};

/// What is remembered of a recording is what was handed on, not what stands there a moment later.
TEST_F(FileVersionTest, TakesAreNotMixedWhenOneIsMadeAnewDuringTheFirstLoad) {
  write("a", take(1));
  FileVersion version = open();
  drop_from_memory(version);
  std::optional<Result<io::Chunk>> first;
  io::asio::co_spawn(loop_, version.load(8192, 64 * 1024),
                     [&](std::exception_ptr, Result<io::Chunk> chunk) { first = chunk; });
  loop_.poll();
  if (first) GTEST_SKIP() << "the file system drops nothing";
  run_pool();
  overwrite(take(2));
  loop_.restart();
  while (!first) loop_.run_one();
  EXPECT_FALSE(*first && run(version.load(8192 + 64 * 1024, 64 * 1024)));
}

TEST_F(FileVersionTest, OfOneThatHasEndedNothingIsWrittenOver) {
  write("a", take(1));
  make_old("a");
  FileVersion version = open(FileVersion::Writing::ended);
  ASSERT_TRUE(run(version.load(0, 1000)));
  overwrite(take(1).substr(0, 290'000) + take(2).substr(290'000));
  EXPECT_EQ(run(version.load(290'000, 1000)).error().kind, ErrorKind::representation_changed);
}

TEST_F(FileVersionTest, OneThatHasEndedMayBeAppendedToButNotWithinSilence) {
  for (const bool silent : {false, true}) {
    const std::string begin = silent ? std::string(100'000, '\0') : take(1);
    write("a", begin);
    make_old("a");
    FileVersion version = open(FileVersion::Writing::ended);
    ASSERT_TRUE(run(version.load(0, 50'000)));
    append("a", take(2));
    EXPECT_EQ(run(version.load(50'000, 1000)).has_value(), !silent);
  }
}

/// The kernel sets the time of a write before it sets the size.
TEST_F(FileVersionTest, OneThatHasEndedIsNotWrittenOverByWhoIsAboutToAppend) {
  for (const bool appends : {true, false}) {
    write("a", take(1));
    make_old("a");
    FileVersion version = open(FileVersion::Writing::ended);
    ASSERT_TRUE(run(version.load(0, 1000)));
    std::filesystem::last_write_time(root_ / "a", std::filesystem::file_time_type::clock::now());
    std::optional<Result<io::Chunk>> next;
    io::asio::co_spawn(loop_, version.load(1000, 1000),
                       [&](std::exception_ptr, Result<io::Chunk> chunk) { next = chunk; });
    loop_.restart();
    loop_.poll();
    if (appends) append("a", take(2));
    while (!next) loop_.run_one();
    EXPECT_EQ(next->has_value(), appends);
  }
}

TEST_F(FileVersionTest, WhatWasOnlyMovedLinkedOrLabelledIsAsItWas) {
  namespace fs = std::filesystem;
  const std::vector<std::function<void()>> disturbances = {
      [&] {
        fs::rename(root_ / "a", root_ / "b");
        fs::rename(root_ / "b", root_ / "a");
      },
      [&] {
        fs::create_hard_link(root_ / "a", root_ / "b");
        fs::remove(root_ / "b");
      },
      [&] {
        fs::permissions(root_ / "a", fs::perms::owner_read);
        fs::permissions(root_ / "a", fs::perms::owner_read | fs::perms::owner_write);
      },
      [&] { ASSERT_EQ(::chown((root_ / "a").c_str(), ::getuid(), ::getgid()), 0); },
  };
  for (const auto writing : {FileVersion::Writing::over, FileVersion::Writing::ended}) {
    for (std::size_t which = 0; which < disturbances.size(); ++which) {
      write("a", take(1));
      make_old("a");
      fs::permissions(root_ / "a", fs::perms::owner_read | fs::perms::owner_write);
      FileVersion version = open(writing);
      ASSERT_TRUE(run(version.load(0, 1000)));
      until_changed(disturbances[which]);
      EXPECT_TRUE(run(version.load(1000, 1000))) << which;
      until_changed(disturbances[which]);
      EXPECT_TRUE(run(version.load(2000, 1000))) << which;
    }
  }
}

/// As by rsync --inplace, and by editors of tags that keep the date.
TEST_F(FileVersionTest, ADateThatIsSetBackHidesNothingThatWasWritten) {
  using Writing = FileVersion::Writing;
  const std::string old = take(1);
  const std::string fresh = take(2);
  struct Written {
    Writing writing;
    std::string content;
  };
  const std::vector<Written> ways = {
      {Writing::over, fresh},
      {Writing::over, fresh.substr(0, 4096) + old.substr(4096)},
      {Writing::over, old.substr(0, 150'000) + fresh.substr(150'000)},
      {Writing::ended, fresh},
      {Writing::ended,
       old.substr(0, 150'000) + fresh.substr(150'000, 60'000) + old.substr(210'000)},
      {Writing::ended, old.substr(0, 290'000) + fresh.substr(290'000)},
  };
  for (std::size_t way = 0; way < ways.size(); ++way) {
    write("a", old);
    make_old("a");
    const auto date = std::filesystem::last_write_time(root_ / "a");
    FileVersion version = open(ways[way].writing);
    if (ways[way].writing == Writing::ended) run(version.remember_end());
    ASSERT_TRUE(run(version.load(0, 1000)));
    ASSERT_TRUE(run(version.load(200'000, 1000)));
    until_changed([&] {
      overwrite(ways[way].content);
      std::filesystem::last_write_time(root_ / "a", date);
    });
    EXPECT_FALSE(run(version.load(201'000, 1000))) << way;
  }
}

TEST_F(FileVersionTest, SilenceIsNoSignThatNothingWasWritten) {
  const std::string silence(300'000, '\0');
  write("a", silence);
  make_old("a");
  const auto date = std::filesystem::last_write_time(root_ / "a");
  FileVersion version = open(FileVersion::Writing::over);
  ASSERT_TRUE(run(version.load(0, 1000)));
  until_changed([&] {
    overwrite(silence.substr(0, 150'000) + take(1).substr(150'000));
    std::filesystem::last_write_time(root_ / "a", date);
  });
  EXPECT_FALSE(run(version.load(1000, 1000)));
}

/// Nothing of it is known before it is loaded.
TEST_F(FileVersionTest, ADateThatIsSetBackBeforeTheFirstLoadHidesNothingEither) {
  write("a", take(1));
  make_old("a");
  const auto date = std::filesystem::last_write_time(root_ / "a");
  FileVersion version = open(FileVersion::Writing::over);
  until_changed([&] {
    overwrite(take(2));
    std::filesystem::last_write_time(root_ / "a", date);
  });
  EXPECT_EQ(run(version.load(0, 1000)).error().kind, ErrorKind::representation_changed);
}

TEST_F(FileVersionTest, ShortPiecesBelongToOneTakeToo) {
  write("a", take(1));
  FileVersion version = open();
  for (std::uint64_t at = 100'000; at < 110'000; at += 1000) {
    ASSERT_EQ(text(run(version.load(at, 1000)).value()), take(1).substr(at, 1000));
  }
  overwrite(take(2));
  EXPECT_EQ(run(version.load(110'000, 1000)).error().kind, ErrorKind::representation_changed);
}

}  // namespace
}  // namespace tonearm::source
