#include "tonearm/catalog/check_catalog.h"

#include "unit/catalog/catalog_fixture.h"

#include <gmock/gmock.h>

#include <sys/stat.h>

#include <fstream>

namespace tonearm::catalog {
namespace {

using ::testing::ElementsAre;

class CheckCatalog : public CatalogTest {
 protected:
  std::string complaint() {
    const auto checked = check_catalog(options());
    if (checked) return "none";
    EXPECT_EQ(checked.error().kind, ErrorKind::catalog_unavailable);
    return checked.error().detail.substr(path().size());
  }
};

TEST_F(CheckCatalog, SaysWhatItFound) {
  write("CREATE TABLE music_song(id, title, Author, file)");
  const auto checked = check_catalog(options());
  ASSERT_TRUE(checked) << checked.error().detail;
  EXPECT_EQ(checked->source, "table music_song");
  EXPECT_THAT(checked->columns, ElementsAre("id", "Author", "file"));
  EXPECT_EQ(checked->access, "live");
}

TEST_F(CheckCatalog, NamesTheProblemAndWhatWouldBeRight) {
  EXPECT_EQ(complaint(), ": does not exist; set catalog.path, or make it with tonearm import");
  std::ofstream(path()) << "";
  EXPECT_EQ(complaint(),
            ": no table music_song (there is none at all); create it, or set catalog.lookup to "
            "read another schema");
  write("CREATE TABLE songs(id, file); CREATE TABLE auth_user(id)");
  EXPECT_EQ(complaint(),
            ": no table music_song (there are: auth_user, songs); create it, or set "
            "catalog.lookup to read another schema");
  write("CREATE TABLE music_song(id, name)");
  EXPECT_EQ(complaint(),
            ": table music_song has no column file (it has: id, name); add it, or set "
            "catalog.lookup");
  std::ofstream(path(), std::ios::trunc) << std::string(5000, 'x');
  EXPECT_EQ(complaint(), ": is not a database");
  std::filesystem::remove(path());
  std::filesystem::create_directory(path());
  EXPECT_EQ(complaint(), ": is not a regular file");
  std::filesystem::remove(path());
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  EXPECT_EQ(complaint(), ": is not a regular file");
}

TEST_F(CheckCatalog, SaysThatAFileIsCutShort) {
  write("CREATE TABLE music_song(id, file)");
  std::filesystem::resize_file(path(), std::filesystem::file_size(path()) - 100);
  EXPECT_EQ(complaint(), ": is damaged: it is shorter than it says");
}

TEST_F(CheckCatalog, MemoryNeedsALookup) {
  CatalogOptions memory;
  memory.path = ":memory:";
  EXPECT_EQ(check_catalog(memory).error().detail,
            ":memory:: needs catalog.lookup: there is no table in it");
  memory.lookup = "SELECT :id AS file";
  const auto checked = check_catalog(memory);
  ASSERT_TRUE(checked) << checked.error().detail;
  EXPECT_EQ(checked->source, "catalog.lookup");
  EXPECT_EQ(checked->access, "memory");
}

TEST_F(CheckCatalog, StatementsAreRefusedOnlyByACatalogThatCanBeRead) {
  auto wrong = options("SELECT path AS file FROM tracks WHERE key = :id");
  EXPECT_TRUE(check_statements(wrong)) << "there is no catalog yet";
  write("CREATE TABLE music_song(id, file)");
  EXPECT_EQ(check_statements(wrong).error().detail, check_catalog(wrong).error().detail);
  write("CREATE TABLE tracks(key, path)");
  EXPECT_TRUE(check_statements(wrong));
  wrong.list = "SELECT path FROM tracks";
  EXPECT_EQ(check_statements(wrong).error().detail, check_catalog(wrong).error().detail);
  wrong.list = "SELECT key AS id FROM tracks";
  EXPECT_TRUE(check_statements(wrong));
}

TEST_F(CheckCatalog, NoStatementsNeedNoTable) {
  write("CREATE TABLE other(id)");
  EXPECT_TRUE(check_statements(options()));
}

TEST_F(CheckCatalog, PathsMayHoldWhatUrisGiveAMeaningTo) {
  for (const char* name : {"a?mode=rw", "a#b", "100%41", "a b&c", "ä"}) {
    CatalogOptions odd;
    odd.path = directory_.file(name);
    Writer(odd.path)("CREATE TABLE music_song(id, file)");
    EXPECT_TRUE(check_catalog(odd)) << name;
  }
}

TEST_F(CheckCatalog, FollowsALinkToAFileWithALog) {
  const auto real = directory_.file("real");
  Writer writer(real);
  writer("PRAGMA journal_mode=wal; CREATE TABLE music_song(id, file)");
  std::filesystem::create_symlink(real, path());
  EXPECT_EQ(complaint(), "none");
  writer("INSERT INTO music_song VALUES(1, 'a')");
  EXPECT_EQ(file("1"), "a");
  writer("INSERT INTO music_song VALUES(2, 'b')");
  EXPECT_EQ(file("2"), "b");
}

}  // namespace
}  // namespace tonearm::catalog
