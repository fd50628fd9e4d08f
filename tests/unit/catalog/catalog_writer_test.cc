#include "tonearm/catalog/catalog_writer.h"

#include "unit/catalog/catalog_fixture.h"

#include <gmock/gmock.h>

#include <array>

namespace tonearm::catalog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Written = CatalogWriter::Written;

ImportedSong song_of(const std::string& file, const std::string& name) {
  ImportedSong song;
  song.file = file;
  song.name = name;
  song.size = 10;
  song.modified = 1;
  return song;
}

class Importing : public CatalogTest {
 protected:
  std::unique_ptr<CatalogWriter> open() const {
    auto opened = CatalogWriter::open(path());
    EXPECT_TRUE(opened) << opened.error().detail;
    return opened ? std::move(*opened) : nullptr;
  }
  /// Why the catalog cannot be imported into; empty when it can.
  std::string refusal() const {
    const auto opened = CatalogWriter::open(path());
    return opened ? std::string() : opened.error().detail;
  }
  static Written written(CatalogWriter& writer, const ImportedSong& song) {
    const auto all = writer.write({song});
    EXPECT_TRUE(all && all->front());
    return *all->front();
  }
  /// The first column of all rows.
  std::vector<std::string> rows(const std::string& sql) const {
    const Connection connection = connect();
    const auto statement = prepare(connection.get(), sql);
    EXPECT_TRUE(statement) << sqlite3_errmsg(connection.get());
    std::vector<std::string> found;
    const auto add = [&] { found.push_back(column_text(statement.get(), 0)); };
    EXPECT_TRUE(statement && for_each_row(statement.get(), add));
    return found;
  }

 private:
  Connection connect() const {
    sqlite3* opened = nullptr;
    sqlite3_open(path().c_str(), &opened);
    return Connection(opened);
  }
};

TEST_F(Importing, TwoAtOnceAddAFileOnce) {
  const auto one = open();
  const auto other = open();
  EXPECT_EQ(written(*one, song_of("file:a.mp3", "A")), Written::added);
  EXPECT_EQ(written(*other, song_of("file:a.mp3", "A")), Written::unchanged);
  EXPECT_EQ(written(*other, song_of("file:b.mp3", "B")), Written::added);
  EXPECT_EQ(written(*one, song_of("file:b.mp3", "B")), Written::unchanged);
  EXPECT_THAT(rows("SELECT file FROM music_song"), ElementsAre("file:a.mp3", "file:b.mp3"));
}

TEST_F(Importing, UpdatesARowThatAnotherProgramWroteMeanwhile) {
  const auto writer = open();
  write("INSERT INTO music_song(name, file) VALUES ('Old', 'file:a.mp3')");
  EXPECT_EQ(written(*writer, song_of("file:a.mp3", "New")), Written::updated);
  EXPECT_THAT(rows("SELECT name FROM music_song"), ElementsAre("New"));
}

TEST_F(Importing, AddsAgainWhatAnotherProgramDeletedMeanwhile) {
  const auto writer = open();
  EXPECT_EQ(written(*writer, song_of("file:a.mp3", "A")), Written::added);
  write("DELETE FROM music_song");
  EXPECT_EQ(written(*writer, song_of("file:a.mp3", "A")), Written::added);
}

TEST_F(Importing, AGuessIsForANewRowAlone) {
  const auto writer = open();
  ImportedSong song = song_of("file:a.mp3", "");
  song.guessed_name = "a";
  song.guessed_type = "audio/mpeg";
  EXPECT_EQ(written(*writer, song), Written::added);
  const char* const both = "SELECT name || ' ' || content_type FROM music_song";
  EXPECT_THAT(rows(both), ElementsAre("a audio/mpeg"));
  write("UPDATE music_song SET name = 'So What', content_type = 'audio/aac'");
  song.modified = 2;
  EXPECT_EQ(written(*writer, song), Written::updated);
  EXPECT_THAT(rows(both), ElementsAre("So What audio/aac"));
  song.modified = 3;
  song.name = "Tagged";
  EXPECT_EQ(written(*writer, song), Written::updated);
  EXPECT_THAT(rows(both), ElementsAre("Tagged audio/aac"));
}

TEST_F(Importing, MakesAnIndexAnewThatHoldsNoText) {
  write(
      "CREATE TABLE music_song(id INTEGER PRIMARY KEY, name TEXT, artist TEXT, file TEXT);"
      "CREATE VIRTUAL TABLE music_song_search USING fts5(name, artist, content='music_song',"
      " content_rowid='id', tokenize='unicode61 remove_diacritics 2', detail=none, columnsize=0,"
      " prefix='1 2 3');"
      "CREATE TRIGGER music_song_search_insert AFTER INSERT ON music_song BEGIN"
      " INSERT INTO music_song_search(rowid, name, artist) VALUES (new.id, new.name, new.artist);"
      " END;"
      "CREATE TRIGGER music_song_search_delete AFTER DELETE ON music_song BEGIN SELECT 1; END;"
      "CREATE TRIGGER music_song_search_update AFTER UPDATE ON music_song BEGIN SELECT 1; END;"
      "INSERT INTO music_song VALUES (1, 'Zebra', '', 'a.mp3');"
      "REPLACE INTO music_song VALUES (1, 'Okapi', '', 'a.mp3');");
  const auto found = [&](const std::string& word) {
    const auto page = test::run(loop_, store_->search(word, {}));
    return page ? page->total : 99;
  };
  use(options());
  EXPECT_EQ(found("zebra"), 0U);
  EXPECT_EQ(found("okapi"), 1U);
  open();
  EXPECT_EQ(found("zebra"), 0U);
  EXPECT_EQ(found("okapi"), 1U);
  EXPECT_THAT(rows("SELECT rowid FROM music_song_search('okapi')"), ElementsAre("1"));
  EXPECT_THAT(rows("SELECT rowid FROM music_song_search('zebra')"), ElementsAre());
  write("REPLACE INTO music_song VALUES (1, 'Tapir', '', 'a.mp3')");
  EXPECT_THAT(rows("SELECT rowid FROM music_song_search('okapi')"), ElementsAre());
}

TEST_F(Importing, MakesAnIndexAnewThatNothingKeepsInStep) {
  open();
  write(
      "INSERT INTO music_song(id, name, artist, file) VALUES (1, '', 'Zebra', 'a.mp3');"
      "ALTER TABLE music_song RENAME COLUMN artist TO old_artist;"
      "ALTER TABLE music_song ADD COLUMN artist TEXT; UPDATE music_song SET artist = 'Okapi'");
  open();
  EXPECT_THAT(rows("SELECT rowid FROM music_song_search('okapi')"), ElementsAre("1"));
  EXPECT_THAT(rows("SELECT rowid FROM music_song_search('zebra')"), ElementsAre());
  write("UPDATE music_song SET artist = 'Tapir'");
  EXPECT_THAT(rows("SELECT rowid FROM music_song_search('tapir')"), ElementsAre("1"));
  write("ALTER TABLE music_song RENAME COLUMN artist TO author");
  open();
  EXPECT_THAT(rows("SELECT rowid FROM music_song_search('tapir')"), ElementsAre("1"));
}

TEST_F(Importing, AddsOnlyWhereIdsAreMade) {
  for (const std::string columns :
       {"id INTEGER, lang TEXT, name TEXT, file TEXT, PRIMARY KEY(id, lang)",
        "id INTEGER PRIMARY KEY DESC, name TEXT, file TEXT",
        "id TEXT PRIMARY KEY, name TEXT, file TEXT", "id INTEGER, name TEXT, file TEXT"}) {
    write("DROP TABLE IF EXISTS music_song; CREATE TABLE music_song(" + columns + ")");
    EXPECT_THAT(refusal(), HasSubstr("music_song.id is no INTEGER PRIMARY KEY")) << columns;
  }
}

TEST_F(Importing, AddsOnlyWhereFileCanBeWritten) {
  for (const std::string kind : {"VIRTUAL", "STORED"}) {
    for (const std::string others : {"path TEXT", "path TEXT, name TEXT"}) {
      write("DROP TABLE IF EXISTS music_song; CREATE TABLE music_song(id INTEGER PRIMARY KEY, " +
            others + ", file TEXT GENERATED ALWAYS AS ('file:' || path) " + kind + ")");
      EXPECT_THAT(refusal(), HasSubstr("music_song.file is GENERATED")) << kind << ' ' << others;
    }
  }
}

TEST_F(Importing, ARowThatTheTableLeavesOutIsRefused) {
  for (const std::string leave_out :
       {"CREATE TABLE music_song(id INTEGER PRIMARY KEY, name UNIQUE ON CONFLICT IGNORE, file)",
        "CREATE TABLE music_song(id INTEGER PRIMARY KEY, name, file);"
        "CREATE TABLE left_out(name);"
        "CREATE TRIGGER other_row BEFORE INSERT ON music_song"
        " WHEN new.name IN (SELECT name FROM music_song) BEGIN"
        " INSERT INTO left_out VALUES (new.name); SELECT RAISE(IGNORE); END;"
        "CREATE TRIGGER other_name BEFORE UPDATE ON music_song"
        " WHEN new.name IN (SELECT name FROM music_song WHERE id <> new.id) BEGIN"
        " SELECT RAISE(IGNORE); END"}) {
    write("DROP TABLE IF EXISTS music_song; DROP TABLE IF EXISTS tonearm_import;" + leave_out);
    const auto writer = open();
    const auto songs = {song_of("file:a.mp3", "A"), song_of("file:b.mp3", "A"),
                        song_of("file:c.mp3", "C"), song_of("file:b.mp3", "A")};
    const auto all = writer->write(songs);
    ASSERT_TRUE(all) << all.error().detail;
    EXPECT_TRUE((*all)[0] && (*all)[2]) << leave_out;
    for (const std::size_t place : {1U, 3U}) {
      ASSERT_FALSE((*all)[place]) << leave_out;
      EXPECT_THAT((*all)[place].error().detail, HasSubstr("leaves this row out"));
    }
    EXPECT_EQ(writer->find("file:b.mp3"), std::nullopt) << leave_out;
    EXPECT_THAT(rows("SELECT file FROM tonearm_import ORDER BY file"),
                ElementsAre("file:a.mp3", "file:c.mp3"));
    ImportedSong renamed = song_of("file:c.mp3", "A");
    renamed.modified = 2;
    const auto update = writer->write({renamed});
    ASSERT_TRUE(update) << update.error().detail;
    EXPECT_FALSE(update->front()) << leave_out;
    EXPECT_FALSE(writer->is_unchanged("file:c.mp3", 10, 2)) << leave_out;
  }
}

TEST_F(Importing, APlaylistNamesNoRowThatAnotherOneReplaced) {
  write("CREATE TABLE music_song(id INTEGER PRIMARY KEY, name UNIQUE ON CONFLICT REPLACE, file)");
  const auto writer = open();
  ASSERT_TRUE(writer->write({song_of("file:a.mp3", "A"), song_of("file:b.mp3", "A")}));
  const auto choose = [&] {
    EXPECT_EQ(writer->find("file:a.mp3"), std::nullopt);
    return std::vector{writer->find("file:b.mp3").value_or(-1)};
  };
  ASSERT_TRUE(writer->write_playlist("Mix", choose));
  EXPECT_EQ(rows("SELECT song_id FROM playlist_song"), rows("SELECT id FROM music_song"));
}

TEST_F(Importing, SaysWhatATableOfOthersLacks) {
  write(
      "CREATE TABLE tonearm_import(x);"
      "CREATE TABLE music_song(id INTEGER PRIMARY KEY, name TEXT, file TEXT)");
  EXPECT_THAT(refusal(), HasSubstr("tonearm_import has no column named file"));
  write("DROP TABLE tonearm_import");
  const auto writer = open();
  for (const auto& [columns, entry_columns, lacking] :
       {std::array{"name", "playlist_id, song_id, position", "no such column: playlist.id"},
        std::array{"id INTEGER PRIMARY KEY, title", "playlist_id, song_id, position",
                   "no such column: playlist.name"},
        std::array{"id INTEGER PRIMARY KEY, name", "song_id, position",
                   "no such column: playlist_song.playlist_id"},
        std::array{"id INTEGER PRIMARY KEY, name", "playlist_id, song_id",
                   "playlist_song has no column named position"}}) {
    write("DROP TABLE IF EXISTS playlist; CREATE TABLE playlist(" + std::string(columns) +
          "); DROP TABLE IF EXISTS playlist_song; CREATE TABLE playlist_song(" + entry_columns +
          ")");
    const auto written = writer->write_playlist("Mix", [] { return std::vector<std::int64_t>(); });
    ASSERT_FALSE(written) << lacking;
    EXPECT_THAT(written.error().detail, HasSubstr(lacking));
  }
}

TEST_F(Importing, APlaylistFindsWhatAnotherProgramWroteMeanwhile) {
  const auto writer = open();
  write("INSERT INTO music_song(id, name, file) VALUES (7, 'A', 'file:a.mp3')");
  const auto choose = [&] { return std::vector{writer->find("file:a.mp3").value_or(-1)}; };
  ASSERT_TRUE(writer->write_playlist("Mix", choose));
  EXPECT_THAT(rows("SELECT song_id FROM playlist_song"), ElementsAre("7"));
}

TEST_F(Importing, APlaylistIsTheOneOfItsNameWhateverItsId) {
  const auto writer = open();
  for (const std::string types : {"TEXT PRIMARY KEY", "TEXT", "", "BLOB"}) {
    write(
        "DROP TABLE IF EXISTS playlist; DROP TABLE IF EXISTS playlist_song;"
        "CREATE TABLE playlist(id " +
        types +
        ", name TEXT); CREATE TABLE playlist_song(playlist_id, song_id, position);"
        "INSERT INTO playlist VALUES ('80', 'Eighty'), ('80s', 'Mix'), (NULL, 'Mix');"
        "INSERT INTO playlist_song VALUES ('80', 1, 1), ('80s', 1, 1), ('80s', 1, 2)");
    ASSERT_TRUE(writer->write_playlist("Mix", [] { return std::vector<std::int64_t>{7}; }));
    EXPECT_THAT(rows("SELECT playlist_id || ' ' || song_id FROM playlist_song ORDER BY 1"),
                ElementsAre("80 1", "80s 7"))
        << types;
  }
}

TEST_F(Importing, APlaylistLosesAllThatServeFoundInIt) {
  const auto writer = open();
  write(
      "CREATE TABLE playlist(id INTEGER PRIMARY KEY, name TEXT);"
      "CREATE TABLE playlist_song(playlist_id, song_id, position);"
      "INSERT INTO playlist VALUES (1, 'Mix');"
      "INSERT INTO playlist_song VALUES ('1', 1, 1), (1, 1, 2)");
  ASSERT_TRUE(writer->write_playlist("Mix", [] { return std::vector<std::int64_t>{7}; }));
  EXPECT_THAT(rows("SELECT song_id FROM playlist_song"), ElementsAre("7"));
}

TEST_F(Importing, ANewPlaylistHasTheIdThatItsTableMakes) {
  const auto writer = open();
  for (const std::string table :
       {"CREATE TABLE playlist(id TEXT PRIMARY KEY DEFAULT ('a' || hex(randomblob(8))), name)",
        "CREATE TABLE playlist(id TEXT PRIMARY KEY DEFAULT ('a' || hex(randomblob(8))), name)"
        " WITHOUT ROWID",
        "CREATE TABLE playlist(id TEXT, name);"
        "CREATE TRIGGER made AFTER INSERT ON playlist BEGIN"
        " UPDATE playlist SET id = 'a' || new.name WHERE rowid = new.rowid; END"}) {
    write("DROP TABLE IF EXISTS playlist; DROP TABLE IF EXISTS playlist_song;" + table);
    for (const std::int64_t song : {7, 8}) {
      ASSERT_TRUE(writer->write_playlist("Mix", [&] { return std::vector{song}; })) << table;
      EXPECT_THAT(rows("SELECT song_id FROM playlist_song JOIN playlist ON playlist.id ="
                       " playlist_id"),
                  ElementsAre(std::to_string(song)))
          << table;
    }
    EXPECT_THAT(rows("SELECT count(*) FROM playlist_song"), ElementsAre("1")) << table;
  }
}

TEST_F(Importing, ANewPlaylistWithoutAnIdIsRefused) {
  const auto writer = open();
  for (const std::string table :
       {"CREATE TABLE playlist(id, name)", "CREATE TABLE playlist(id TEXT PRIMARY KEY, name)",
        "CREATE TABLE playlist(id DEFAULT '', name)",
        "CREATE TABLE playlist(id INTEGER PRIMARY KEY, name);"
        "CREATE TRIGGER none BEFORE INSERT ON playlist BEGIN SELECT RAISE(IGNORE); END"}) {
    write("DROP TABLE IF EXISTS playlist;" + table);
    const auto written = writer->write_playlist("Mix", [] { return std::vector<std::int64_t>{7}; });
    ASSERT_FALSE(written) << table;
    EXPECT_THAT(written.error().detail, HasSubstr("gives it no id; make playlist.id an INTEGER"));
    EXPECT_THAT(rows("SELECT name FROM playlist"), ElementsAre()) << table;
    EXPECT_THAT(rows("SELECT name FROM sqlite_schema WHERE name = 'playlist_song'"), ElementsAre());
  }
}

TEST_F(Importing, AnEntryThatTheTableRefusesIsMissingFromAPlaylist) {
  const auto writer = open();
  for (const std::string conflict : {"", "ON CONFLICT IGNORE"}) {
    write(
        "DROP TABLE IF EXISTS playlist_song; CREATE TABLE playlist_song(playlist_id, song_id,"
        " position, UNIQUE(playlist_id, song_id) " +
        conflict + ")");
    const auto written = writer->write_playlist("Mix", [] {
      return std::vector<std::int64_t>{7, 7, 8};
    });
    ASSERT_TRUE(written) << written.error().detail;
    ASSERT_EQ(written->size(), 3U);
    EXPECT_TRUE((*written)[0] && !(*written)[1] && (*written)[2]) << conflict;
    EXPECT_THAT(rows("SELECT song_id || ' ' || position FROM playlist_song ORDER BY position"),
                ElementsAre("7 1", "8 2"));
  }
}

TEST_F(Importing, APlaylistMayBeWrittenThroughAView) {
  const auto writer = open();
  write(
      "CREATE TABLE entry(list, song, place);"
      "CREATE VIEW playlist_song AS SELECT list AS playlist_id, song AS song_id,"
      " place AS position FROM entry;"
      "CREATE TRIGGER added INSTEAD OF INSERT ON playlist_song BEGIN"
      " INSERT INTO entry VALUES (new.playlist_id, new.song_id, new.position); END;"
      "CREATE TRIGGER gone INSTEAD OF DELETE ON playlist_song BEGIN"
      " DELETE FROM entry WHERE list = old.playlist_id; END");
  for (const std::int64_t song : {7, 8}) {
    const auto written = writer->write_playlist("Mix", [&] { return std::vector{song}; });
    ASSERT_TRUE(written) << written.error().detail;
    EXPECT_THAT(rows("SELECT song FROM entry"), ElementsAre(std::to_string(song)));
  }
}

TEST_F(Importing, APlaylistOfWhichNothingIsTakenStaysAsItWas) {
  const auto writer = open();
  ASSERT_TRUE(writer->write_playlist("Mix", [] { return std::vector<std::int64_t>{7}; }));
  write(
      "CREATE TRIGGER none BEFORE INSERT ON playlist_song BEGIN"
      " SELECT RAISE(ABORT, 'none today'); END");
  const auto written = writer->write_playlist("Mix", [] {
    return std::vector<std::int64_t>{8, 9};
  });
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().detail, HasSubstr("none today"));
  EXPECT_THAT(rows("SELECT song_id FROM playlist_song"), ElementsAre("7"));
  ASSERT_TRUE(writer->write_playlist("Mix", [] { return std::vector<std::int64_t>(); }));
  EXPECT_THAT(rows("SELECT song_id FROM playlist_song"), ElementsAre());
}

}  // namespace
}  // namespace tonearm::catalog
