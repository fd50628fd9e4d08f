#include "catalog/song_table.h"

#include "catalog/song_query.h"
#include "unit/catalog/catalog_fixture.h"

namespace tonearm::catalog {
namespace {

class SongTable : public CatalogTest {};

TEST_F(SongTable, ReadsTheSchemaFoundInTheWild) {
  write(real_schema)(
      "INSERT INTO songs VALUES(1, 'not this one');"
      "INSERT INTO music_song VALUES(1, 'So What', 'Miles', 545, '/t/1.png', 'songs/so what.mp3')");
  const auto found = find("1");
  ASSERT_TRUE(found) << found.error().detail;
  const Song& song = **found;
  EXPECT_EQ(song.id, "1");
  EXPECT_EQ(song.name, "So What");
  EXPECT_EQ(song.artist, "Miles");
  EXPECT_EQ(song.duration, 545.0);
  EXPECT_EQ(song.thumbnail, "/t/1.png");
  EXPECT_EQ(song.file, "songs/so what.mp3");
  EXPECT_EQ(song.content_type, "");
  EXPECT_FALSE(song.growing);
  EXPECT_EQ(song.pcm_format, "");
}

TEST_F(SongTable, NeedsOnlyIdAndFile) {
  write("CREATE TABLE music_song(id, file); INSERT INTO music_song VALUES(1, 'a.mp3')");
  const auto found = find("1");
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)->file, "a.mp3");
  EXPECT_EQ((*found)->duration, std::nullopt);
}

TEST_F(SongTable, ReadsAuthorForArtistAndTheOptionalColumns) {
  write(
      "CREATE TABLE Music_Song(ID INTEGER PRIMARY KEY, Author TEXT, FILE TEXT, content_type TEXT,"
      " growing BOOL, pcm_format TEXT, duration REAL);"
      "INSERT INTO music_song VALUES(1, 'Nina', 'a.pcm', 'audio/x', 1, 's16le/16000/1', 1.5)");
  const auto found = find("1");
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)->artist, "Nina");
  EXPECT_EQ((*found)->content_type, "audio/x");
  EXPECT_TRUE((*found)->growing);
  EXPECT_EQ((*found)->pcm_format, "s16le/16000/1");
  EXPECT_EQ((*found)->duration, 1.5);
}

TEST_F(SongTable, MayBeAView) {
  write(
      "CREATE TABLE track(key INTEGER PRIMARY KEY, path TEXT); INSERT INTO track VALUES(7, "
      "'v.ogg');"
      "CREATE VIEW music_song AS SELECT key AS id, path AS file FROM track");
  EXPECT_EQ(file("7"), "v.ogg");
}

TEST_F(SongTable, AViewThatDependsOnTheClockIsAskedEachTime) {
  write("CREATE VIEW music_song AS SELECT 1 AS id, random() AS file");
  EXPECT_NE(file("1"), file("1"));
}

struct CacheableRow {
  const char* schema;
  const char* lookup;  ///< Empty: the table.
  bool cacheable;
};

class CacheableSong : public CatalogTest, public ::testing::WithParamInterface<CacheableRow> {};

TEST_P(CacheableSong, IsOneThatDependsOnTheDatabaseOnly) {
  const auto& row = GetParam();
  write(std::string("CREATE TABLE track(id INTEGER PRIMARY KEY, at TEXT, file TEXT);") +
        row.schema);
  Writer connection(path());
  const auto query = SongQuery::prepare(connection.connection(), options(row.lookup));
  ASSERT_TRUE(query) << query.error().detail;
  EXPECT_EQ(query->is_cacheable(), row.cacheable) << row.schema << row.lookup;
}

const CacheableRow cacheable_rows[] = {
    {"CREATE TABLE music_song(id INTEGER PRIMARY KEY, file TEXT DEFAULT (datetime('now')))", "",
     true},
    {"CREATE TABLE music_song(id INTEGER PRIMARY KEY, at TEXT, name TEXT AS (date(at)),"
     " file TEXT AS (lower(name)) STORED)",
     "", true},
    {"CREATE VIEW music_song AS SELECT id, 'file:' || lower(trim(file)) AS file FROM track", "",
     true},
    {"CREATE VIEW music_song AS SELECT max(id) AS id, coalesce(file, '') AS file FROM track"
     " GROUP BY file",
     "", true},
    {"CREATE VIEW music_song AS SELECT id, file FROM track WHERE at <= strftime('%s', 'now')", "",
     false},
    {"CREATE VIEW music_song AS SELECT id, file FROM track WHERE at <= CURRENT_TIMESTAMP", "",
     false},
    {"CREATE VIEW due AS SELECT * FROM track WHERE at <= datetime('now');"
     "CREATE VIEW music_song AS SELECT id, file FROM due",
     "", false},
    {"CREATE VIEW music_song AS SELECT id, file FROM track"
     " WHERE EXISTS (SELECT 1 FROM track AS other WHERE other.at < unixepoch())",
     "", false},
    {"", "SELECT lower(file) AS file FROM track WHERE id = :id", true},
    {"", "SELECT file FROM track WHERE id = :id AND at <= date()", false},
};
INSTANTIATE_TEST_SUITE_P(All, CacheableSong, ::testing::ValuesIn(cacheable_rows));

TEST_F(SongTable, NullAndUselessValuesAreEmpty) {
  write(
      "CREATE TABLE music_song(id, name, duration, growing, file);"
      "INSERT INTO music_song VALUES(1, NULL, NULL, NULL, NULL), (2, 5, 'long', 'no', ''),"
      " (3, 'x', -1, 'true', 'a'), (4, 'x', '2.5', 0, 5)");
  ASSERT_TRUE(find("1"));
  EXPECT_EQ((*find("1"))->file, "");
  EXPECT_EQ((*find("1"))->duration, std::nullopt);
  EXPECT_EQ((*find("2"))->name, "5");
  EXPECT_EQ((*find("2"))->duration, std::nullopt);
  EXPECT_FALSE((*find("2"))->growing);
  EXPECT_EQ((*find("3"))->duration, std::nullopt);
  EXPECT_TRUE((*find("3"))->growing);
  EXPECT_EQ((*find("4"))->duration, 2.5);
  EXPECT_EQ((*find("4"))->file, "5");
}

TEST_F(SongTable, PassesBytesThatAreNoText) {
  write(
      "CREATE TABLE music_song(id, name, file);"
      "INSERT INTO music_song VALUES(1, CAST(x'ff00fe' AS TEXT), x'61006280')");
  const auto found = find("1");
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)->name, std::string("\xff\0\xfe", 3));
  EXPECT_EQ((*found)->file, std::string("a\0b\x80", 4));
}

TEST_F(SongTable, ReadsUtf16Databases) {
  write(
      "PRAGMA encoding='UTF-16'; CREATE TABLE music_song(id TEXT, file TEXT);"
      "INSERT INTO music_song VALUES('a', 'ä.mp3')");
  EXPECT_EQ(file("a"), "ä.mp3");
}

TEST_F(SongTable, TellsAnIdThatIsTextFromANumber) {
  write(
      "CREATE TABLE music_song(id, file);"
      "INSERT INTO music_song VALUES('1', 'a'), (2, 'b'), (3.0, 'c')");
  const std::pair<const char*, bool> rows[] = {{"1", true}, {"2", false}, {"3", false}};
  for (const auto& [id, is_text] : rows) {
    const auto found = find(id);
    ASSERT_TRUE(found) << id;
    EXPECT_EQ((*found)->id_is_text, is_text) << id;
  }
}

struct IdRow {
  const char* type;    ///< Of the column.
  const char* stored;  ///< An SQL literal.
  const char* asked;
  bool found;
};

class SongId : public CatalogTest, public ::testing::WithParamInterface<IdRow> {};

TEST_P(SongId, MatchesAsItIsWritten) {
  const auto& row = GetParam();
  write(std::string("CREATE TABLE music_song(id ") + row.type + ", file TEXT);" +
        "INSERT INTO music_song VALUES(" + row.stored + ", 'it')");
  EXPECT_EQ(file(row.asked), row.found ? "it" : "song_not_found")
      << row.type << " " << row.stored << " asked as " << row.asked;
}

const IdRow id_rows[] = {
    {"INTEGER PRIMARY KEY", "1", "1", true},
    {"INTEGER PRIMARY KEY", "1", "01", false},
    {"INTEGER PRIMARY KEY", "1", "1e0", false},
    {"INTEGER PRIMARY KEY", "1", "1.0", false},
    {"INTEGER PRIMARY KEY", "1", "10e-1", false},
    {"INTEGER PRIMARY KEY", "0", "-0", false},
    {"INTEGER PRIMARY KEY", "-5", "-5", true},
    {"INTEGER PRIMARY KEY", "9223372036854775807", "9223372036854775807", true},
    {"INTEGER PRIMARY KEY", "9223372036854775807", "9223372036854775808", false},
    {"INTEGER", "1", "1", true},
    {"INTEGER", "1", "01", false},
    {"INTEGER", "'x1'", "x1", true},
    {"", "1", "1", true},
    {"", "'1'", "1", true},
    {"", "'01'", "01", true},
    {"", "1", "01", false},
    {"", "1.0", "1", true},
    {"TEXT", "'1'", "1", true},
    {"TEXT", "'01'", "01", true},
    {"TEXT", "'01'", "1", false},
    {"TEXT", "'1'", "01", false},
    {"TEXT", "'a'", "A", false},
    {"TEXT COLLATE NOCASE", "'a'", "A", false},
    {"TEXT COLLATE NOCASE", "'a'", "a", true},
    {"TEXT PRIMARY KEY", "'a-b_c.d~e'", "a-b_c.d~e", true},
    {"REAL", "2", "2", true},
    {"REAL", "2", "2.0", false},
    {"CHAR(32)", "'00112233445566778899aabbccddeeff'", "00112233445566778899aabbccddeeff", true},
    {"TEXT", "'99999999999999999999'", "99999999999999999999", true},
    {"TEXT", "'a/b'", "a/b", false},  // No id that a request could name.
    {"TEXT", "''", "", false},
};
INSTANTIATE_TEST_SUITE_P(All, SongId, ::testing::ValuesIn(id_rows));

// Pages of a list go on behind the id that came last, in the column's order: two that are one there
// must not be two songs.
TEST_F(SongTable, HasUniqueIdsWhereItsOwnOrderTellsThemApart) {
  struct Row {
    const char* index;
    bool unique;
  };
  const Row rows[] = {
      {"CREATE INDEX i ON music_song(id)", false},
      {"CREATE UNIQUE INDEX i ON music_song(id)", true},
      {"CREATE UNIQUE INDEX i ON music_song(id COLLATE BINARY)", false},
      {"CREATE UNIQUE INDEX i ON music_song(id, file)", false},
      {"CREATE UNIQUE INDEX i ON music_song(file, id)", false},
      {"CREATE UNIQUE INDEX i ON music_song(id, lower(file))", false},
      {"CREATE UNIQUE INDEX i ON music_song(lower(id))", false},
      {"CREATE UNIQUE INDEX i ON music_song(id) WHERE id <> ''", false},
  };
  for (const Row& row : rows) {
    write(
        "DROP TABLE IF EXISTS music_song; CREATE TABLE music_song(id TEXT COLLATE NOCASE, file);" +
        std::string(row.index));
    Writer connection(path());
    EXPECT_EQ(has_unique_ids(connection.connection()), row.unique) << row.index;
  }
}

TEST_F(SongTable, FindsTheExactOneAmongThoseThatCompareEqual) {
  write(
      "CREATE TABLE music_song(id TEXT COLLATE NOCASE, file TEXT);"
      "INSERT INTO music_song VALUES('A', 'upper'), ('a', 'lower')");
  EXPECT_EQ(file("a"), "lower");
  EXPECT_EQ(file("A"), "upper");
}

}  // namespace
}  // namespace tonearm::catalog
