#include "source/file_version.h"

#include "file_fixture.h"

#include <boost/asio/co_spawn.hpp>

#include <optional>
#include <random>
#include <string>

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
