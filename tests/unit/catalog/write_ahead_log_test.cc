#include "catalog/database.h"
#include "catalog/log_tail.h"
#include "unit/catalog/catalog_fixture.h"

#include <filesystem>
#include <optional>
#include <string>

namespace tonearm::catalog {
namespace {

namespace fs = std::filesystem;

class WriteAheadLog : public CatalogTest {
 protected:
  static std::string rows(const std::string& file, int count) {
    return std::string("PRAGMA journal_mode = WAL;") + real_schema +
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
           std::to_string(count) + ") INSERT INTO music_song SELECT i, 'n', 'a', 1, '', '" + file +
           "' FROM n;";
  }
  std::uint64_t listed() {
    const auto page = test::run(loop_, store_->search({}, {}));
    return page ? page->total : 0;
  }
  const std::set<std::string> only_the_catalog_{"catalog.sqlite3"};
};

TEST_F(WriteAheadLog, GoesWithItsLastWriterWhoeverHasRead) {
  std::optional<Writer> writer(write(rows("a", 1)));
  EXPECT_EQ(file("1"), "a");
  (*writer)("UPDATE music_song SET file = 'b'");
  EXPECT_EQ(file("1"), "b");
  EXPECT_EQ(file("2"), "song_not_found");
  EXPECT_EQ(listed(), 1U);
  writer.reset();
  EXPECT_EQ(directory_.names(), only_the_catalog_);
  EXPECT_EQ(file("1"), "b");
}

TEST_F(WriteAheadLog, IsGivenUpWhileReadersAreIdle) {
  auto writer = write(rows("a", 1));
  EXPECT_EQ(file("1"), "a");
  EXPECT_EQ(listed(), 1U);
  writer("PRAGMA journal_mode = DELETE; UPDATE music_song SET file = 'b'");
  EXPECT_EQ(file("1"), "b");
  EXPECT_EQ(listed(), 1U);
  writer("PRAGMA journal_mode = WAL; UPDATE music_song SET file = 'c'");
  EXPECT_EQ(file("1"), "c");
}

// To take it for another's would be to read the catalog as it was long ago.
TEST_F(WriteAheadLog, IsNobodysWhileItsFileCannotBeLookedAt) {
  const auto writer = write(rows("a", 1));
  const CatalogFiles files(path());
  LogOwners owners;
  const auto owned = [&] { return owners.has_foreign_log(files); };
  EXPECT_FALSE(owned().value());
  fs::rename(path(), directory_.file("away"));
  ASSERT_FALSE(owned());
  EXPECT_EQ(owned().error().kind, ErrorKind::catalog_unavailable);
  fs::rename(directory_.file("away"), path());
  EXPECT_FALSE(owned().value());
}

TEST_F(WriteAheadLog, OfAFileThatWasReplacedIsGoneWithItsWriter) {
  for (const int count : {100, 5000}) {
    fs::remove(path());
    std::optional<Writer> writer(write(rows("a", 1)));
    EXPECT_EQ(file("1"), "a");
    (*writer)("UPDATE music_song SET file = 'b'");
    EXPECT_EQ(file("1"), "b");
    writer.reset();
    Writer(directory_.file("new"))(rows("c", count));
    fs::rename(directory_.file("new"), path());
    EXPECT_EQ(file("1"), "c");
    EXPECT_EQ(file(std::to_string(count)), "c");
    EXPECT_EQ(listed(), static_cast<std::uint64_t>(count));
    EXPECT_EQ(directory_.names(), only_the_catalog_);
  }
}

TEST_F(WriteAheadLog, ThatIsLeftBehindIsNotTakenForThatOfTheNextFile) {
  const auto other = directory_.file("other");
  Writer writer(other);
  writer("PRAGMA wal_autocheckpoint = 0;" + rows("a", 1));
  for (const char* suffix : {"", "-wal"}) fs::copy_file(other + suffix, path() + suffix);
  EXPECT_EQ(file("1"), "a");
  for (const std::string replaced : {"c", "d"}) {
    Writer(directory_.file("new"))(rows(replaced, 100));
    fs::rename(directory_.file("new"), path());
    EXPECT_EQ(file("1"), replaced);
    EXPECT_EQ(file("100"), replaced);
    EXPECT_EQ(listed(), 100U);
  }
  // Its owner begins it anew.
  fs::resize_file(path() + "-wal", 0);
  auto owner = write("UPDATE music_song SET file = 'e'");
  EXPECT_EQ(file("1"), "e");
  EXPECT_EQ(listed(), 100U);
}

TEST_F(WriteAheadLog, TellsOfACommitThatDoesNotCountYet) {
  write(rows("a", 1))("CREATE TABLE filler(x)");
  auto writer = write("SELECT count(*) FROM music_song");
  const auto is_under_way = [&] {
    const auto connection = open_live(path());
    const auto statement = prepare(connection.get(), "SELECT count(*) FROM music_song");
    EXPECT_EQ(sqlite3_step(statement.get()), SQLITE_ROW) << sqlite3_errmsg(connection.get());
    return has_commit_under_way(connection.get(), path() + "-wal");
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(is_under_way());
    // A cache of one page spills changed pages into the log before the commit.
    writer(
        "PRAGMA cache_size = 1; BEGIN;"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)"
        " INSERT INTO filler SELECT randomblob(2000) FROM n");
    EXPECT_TRUE(is_under_way());
    writer("COMMIT");
    EXPECT_FALSE(is_under_way());
    writer("PRAGMA wal_checkpoint(RESTART)");
  }
}

}  // namespace
}  // namespace tonearm::catalog
