#include "catalog/catalog_reader.h"
#include "unit/catalog/catalog_fixture.h"

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>

namespace tonearm::catalog {
namespace {

namespace fs = std::filesystem;

constexpr unsigned nobody = 65534;

/// Runs `body` in a process of the user nobody; it prints what failed.
bool holds_for_nobody(const std::function<void()>& body) {
  std::cout.flush();
  const pid_t child = ::fork();
  if (child == 0) {
    const bool became =
        ::setresgid(nobody, nobody, nobody) == 0 && ::setresuid(nobody, nobody, nobody) == 0;
    if (became) body();
    std::cout.flush();
    ::_exit(became && !::testing::Test::HasFailure() ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

class WithoutPermission : public CatalogTest {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
  }
  /// What a process of nobody reads as song 1.
  void expect_for_nobody(const std::string& wanted) {
    const auto before = directory_.names();
    EXPECT_TRUE(holds_for_nobody([&] {
      // The store without its threads, which a fork does not have.
      CatalogReader reader(options());
      CatalogReader::Batch batch;
      batch.ids = {"1"};
      batch.since = std::chrono::steady_clock::now();
      for (const bool reopen : {false, false, true}) {
        batch.reopen = reopen;
        const auto found = reader.look_up(batch).songs.front();
        EXPECT_EQ(found ? (*found)->file : found.error().detail, wanted);
      }
    }));
    EXPECT_EQ(directory_.names(), before);
  }
  void copy_as_it_is(const std::string& from) const {
    for (const char* suffix : {"", "-wal", "-journal"}) {
      const auto source = from + suffix;
      if (fs::exists(source)) fs::copy_file(source, path() + suffix);
    }
  }
  void make_read_only() const {
    for (const char* suffix : {"", "-wal", "-journal"}) {
      if (fs::exists(path() + suffix)) fs::permissions(path() + suffix, fs::perms(0444));
    }
  }
  static constexpr const char* rows =
      "CREATE TABLE music_song(id INTEGER PRIMARY KEY, file TEXT);"
      "INSERT INTO music_song VALUES(1, 'a');";
};

TEST_F(WithoutPermission, ARollbackJournalIsRead) {
  write(rows);
  expect_for_nobody("a");
}

TEST_F(WithoutPermission, ALogWithALiveWriterIsRead) {
  auto writer = write(std::string("PRAGMA journal_mode=wal;") + rows);
  expect_for_nobody("a");
  writer("UPDATE music_song SET file = 'b'");
  expect_for_nobody("b");
}

TEST_F(WithoutPermission, ALogThatIsClosedIsRead) {
  write(std::string("PRAGMA journal_mode=wal;") + rows);
  ASSERT_EQ(directory_.names(), std::set<std::string>{"catalog.sqlite3"});
  expect_for_nobody("a");
}

TEST_F(WithoutPermission, ALogThatACrashLeftIsRead) {
  const auto other = directory_.file("other");
  Writer writer(other);
  writer(std::string("PRAGMA journal_mode=wal; PRAGMA wal_autocheckpoint=0;") + rows);
  copy_as_it_is(other);
  ASSERT_GT(fs::file_size(path() + "-wal"), 0U);
  expect_for_nobody("a");
  make_read_only();
  expect_for_nobody("a");
  EXPECT_EQ(file("1"), "a");  // Root might write, and must not.
  EXPECT_FALSE(fs::exists(path() + "-shm"));
}

TEST_F(WithoutPermission, AJournalThatACrashLeftIsRolledBackInACopy) {
  const auto other = directory_.file("other");
  Writer writer(other);
  // A cache of one page spills changed pages into the file before the commit.
  writer(std::string("PRAGMA cache_size=1; PRAGMA synchronous=FULL;") + rows +
         "CREATE TABLE filler(x); BEGIN; UPDATE music_song SET file = 'uncommitted';"
         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)"
         " INSERT INTO filler SELECT randomblob(2000) FROM n");
  copy_as_it_is(other);
  ASSERT_GT(fs::file_size(path() + "-journal"), 512U);
  expect_for_nobody("a");
  make_read_only();
  expect_for_nobody("a");
  EXPECT_EQ(file("1"), "a");
  EXPECT_TRUE(fs::exists(path() + "-journal"));
}

TEST_F(WithoutPermission, AFileThatMayNotBeReadIsSaidToBeSo) {
  write(rows);
  fs::permissions(path(), fs::perms::owner_read | fs::perms::owner_write);
  expect_for_nobody(path() + ": cannot be opened: Permission denied");
}

TEST_F(WithoutPermission, TheCopysDirectoryIsGoneAtOnce) {
  const auto other = directory_.file("other");
  Writer writer(other);
  writer(std::string("PRAGMA journal_mode=wal;") + rows);
  copy_as_it_is(other);
  const auto temporary = directory_.file("tmp");
  fs::create_directory(temporary);
  ::setenv("TMPDIR", temporary.c_str(), 1);
  EXPECT_EQ(file("1"), "a");
  ::unsetenv("TMPDIR");
  EXPECT_TRUE(fs::is_empty(temporary));
}

TEST_F(WithoutPermission, ACopyIsRefreshedWhenTheLogGrows) {
  const auto other = directory_.file("other");
  Writer writer(other);
  writer(std::string("PRAGMA journal_mode=wal; PRAGMA wal_autocheckpoint=0;") + rows);
  copy_as_it_is(other);
  EXPECT_EQ(file("1"), "a");
  for (const char* next : {"b", "c", "d"}) {
    writer(std::string("UPDATE music_song SET file = '") + next + "'");
    fs::copy_file(other + "-wal", path() + "-wal", fs::copy_options::overwrite_existing);
    EXPECT_EQ(file("1"), next);
  }
}

}  // namespace
}  // namespace tonearm::catalog
