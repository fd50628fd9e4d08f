#include "tonearm/catalog/check_catalog.h"

#include "catalog/catalog_browser.h"
#include "catalog/search_index.h"
#include "catalog/song_list.h"
#include "unit/catalog/catalog_fixture.h"

#include <gmock/gmock.h>

namespace tonearm::catalog {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* songs =
    "INSERT INTO music_song(id, name, artist, duration, thumbnail, file) VALUES"
    " (1, 'Déjà Vu', 'Björk', 60, '', 'a.mp3'), (2, 'so what', 'Miles Davis', 545, '', 'b.mp3'),"
    " (3, 'ÉCOLE d''été', 'AC/DC', 1, '', 'c.mp3'), (4, '100%', 'Вольта', 2, '', 'd.mp3'),"
    " (5, 'So_What', '', 0, '', 'e.mp3');";

std::string indexed_schema() {
  std::string sql =
      "CREATE TABLE music_song(id INTEGER PRIMARY KEY, name TEXT NOT NULL, artist TEXT NOT NULL,"
      " duration INTEGER, thumbnail TEXT NOT NULL, file TEXT NOT NULL);";
  sql += std::string(create_search_index) + ";";
  for (const auto trigger : create_search_triggers) sql += std::string(trigger) + ";";
  return sql;
}

class Browse : public CatalogTest {
 protected:
  std::vector<std::string> ids(const std::string& words, PageWindow window = {}) {
    if (!store_) use(options());
    const auto page = test::run(loop_, store_->search(words, window));
    if (!page) return {std::string(to_string(page.error().kind))};
    total = page->total;
    std::vector<std::string> found;
    for (const Song& song : page->songs) found.push_back(song.id);
    return found;
  }
  std::vector<std::string> playlist_ids(const std::string& id, PageWindow window = {}) {
    if (!store_) use(options());
    const auto page = test::run(loop_, store_->playlist(id, window));
    if (!page) return {std::string(to_string(page.error().kind))};
    total = page->playlist.songs;
    std::vector<std::string> found;
    for (const Song& song : page->songs) found.push_back(song.id);
    return found;
  }
  /// The name of a song as it is listed, or why there is none.
  std::string listed_name(const std::string& id) {
    const auto song = test::run(loop_, store_->listed(id));
    return song ? (*song)->name : std::string(to_string(song.error().kind));
  }
  /// Of all playlists, in their order.
  std::vector<std::uint64_t> playlist_lengths() {
    const auto lists = test::run(loop_, store_->playlists());
    std::vector<std::uint64_t> lengths;
    if (lists) {
      for (const Playlist& playlist : *lists) lengths.push_back(playlist.songs);
    }
    return lengths;
  }

  std::uint64_t total = 0;
};

// SQLite makes the triggers write the column of the old name, whatever it is called by then.
TEST_F(Browse, AnIndexOfARenamedColumnIsNotAsked) {
  write(indexed_schema())(songs)(
      "ALTER TABLE music_song RENAME COLUMN name TO old_name;"
      "ALTER TABLE music_song ADD COLUMN name TEXT; UPDATE music_song SET name = 'fresh ' || id");
  EXPECT_THAT(ids("fresh 4"), ElementsAre("4"));
  EXPECT_THAT(ids("deja"), IsEmpty());
}

/// How the songs are found: by the index, by a scan of the table, by catalog.list.
class Search : public Browse, public testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    write(GetParam() == "index" ? indexed_schema() : real_schema)(songs);
    CatalogOptions with = options();
    if (GetParam() == "list") {
      with.lookup = "SELECT file FROM music_song WHERE id = :id";
      with.list = "SELECT id, name, artist FROM music_song ORDER BY id";
    }
    use(with);
  }
};

TEST_P(Search, FindsWordsByTheirBeginningsInAnyOrder) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> rows = {
      {"", {"1", "2", "3", "4", "5"}},
      {" \t ", {"1", "2", "3", "4", "5"}},
      {"so", {"2", "5"}},
      {"davis so", {"2"}},
      {"SO miles", {"2"}},
      {"ma", {}},
      {"hat", {}},  // not within a word
      {"deja", {"1"}},
      {"BJORK vu", {"1"}},
      {"bjo\u0308rk", {"1"}},  // decomposed
      {"ecole", {"3"}},
      {"ete", {"3"}},
      {"ac/dc", {"3"}},
      {"dc ecole", {"3"}},
      {"вол", {"4"}},
      {"ВОЛЬТА", {"4"}},
      {"100%", {"4"}},
      {"%", {}},
      {"\"", {}},
      {"so\" OR \"deja", {}},
      {"so*", {"2", "5"}},
      {"name:so", {}},
      {"so so so", {"2", "5"}},
      {std::string("so\0what", 7), {"2", "5"}},
      {"\xFF\xFE", {}},
      {std::string(4000, 'a'), {}},
  };
  for (const auto& [words, expected] : rows) {
    EXPECT_EQ(ids(words), expected) << words;
    EXPECT_EQ(total, expected.size()) << words;
  }
}

TEST_P(Search, PagesThroughWhatItFinds) {
  EXPECT_THAT(ids("", {2, 0}), ElementsAre("1", "2"));
  EXPECT_EQ(total, 5U);
  EXPECT_THAT(ids("", {2, 4}), ElementsAre("5"));
  EXPECT_THAT(ids("", {2, 9}), IsEmpty());
  EXPECT_EQ(total, 5U);
  EXPECT_THAT(ids("so", {1, 1}), ElementsAre("5"));
  EXPECT_EQ(total, 2U);
}

TEST_P(Search, GoesOnBehindTheSongThatCameLast) {
  const PageWindow behind_two{2, 2, LastSong{"2"}};
  auto writer = write("DELETE FROM music_song WHERE id < 3");
  if (GetParam() == "list") {
    EXPECT_THAT(ids("", behind_two), ElementsAre("5")) << "by number: it may have any order";
    return;
  }
  EXPECT_THAT(ids("", behind_two), ElementsAre("3", "4"));
  EXPECT_THAT(ids("so", behind_two), ElementsAre("5"));
  writer("UPDATE music_song SET id = 15 WHERE id = 5");
  EXPECT_THAT(ids("so", {2, 2, LastSong{"4"}}), ElementsAre("15"));
  EXPECT_THAT(ids("", {2, 2, LastSong{"15"}}), IsEmpty());
  EXPECT_THAT(ids("so", {2, 2, LastSong{"15"}}), IsEmpty());
}

TEST_P(Search, SeesWhatIsWrittenMeanwhile) {
  EXPECT_THAT(ids("zebra"), IsEmpty());
  auto writer = write("INSERT INTO music_song VALUES (9, 'Zebra', '', 0, '', 'z')");
  EXPECT_THAT(ids("zebra"), ElementsAre("9"));
  writer("UPDATE music_song SET name = 'Okapi' WHERE id = 9");
  EXPECT_THAT(ids("zebra"), IsEmpty());
  EXPECT_THAT(ids("okapi"), ElementsAre("9"));
  writer("DELETE FROM music_song WHERE id = 9");
  EXPECT_THAT(ids("okapi"), IsEmpty());
}

TEST_P(Search, FindsNothingByTheWordsOfARowThatWasReplaced) {
  auto writer = write("INSERT OR REPLACE INTO music_song VALUES (1, 'Okapi', '', 0, '', 'a.mp3')");
  EXPECT_THAT(ids("deja"), IsEmpty());
  EXPECT_EQ(total, 0U);
  EXPECT_THAT(ids("okapi"), ElementsAre("1"));
  writer("UPDATE OR REPLACE music_song SET id = 3 WHERE id = 1");
  EXPECT_THAT(ids("ecole"), IsEmpty());
  EXPECT_THAT(ids("okapi"), ElementsAre("3"));
  writer("DELETE FROM music_song WHERE id = 3");
  EXPECT_THAT(ids("okapi"), IsEmpty());
  EXPECT_EQ(total, 0U);
}

TEST_P(Search, DoesNotCountWhatWasReplacedForAnotherColumnsSake) {
  auto writer = write("CREATE UNIQUE INDEX one_file ON music_song(file)");
  writer("INSERT OR REPLACE INTO music_song VALUES (9, 'Okapi', '', 0, '', 'b.mp3')");
  EXPECT_THAT(ids("so"), ElementsAre("5"));
  EXPECT_EQ(total, 1U);
  EXPECT_THAT(ids("so", {1, 0}), ElementsAre("5"));
  writer("INSERT INTO music_song VALUES (2, 'Tapir', '', 0, '', 'z.mp3')");
  EXPECT_THAT(ids("tapir"), ElementsAre("2"));
  EXPECT_THAT(ids("so"), ElementsAre("5"));
}

INSTANTIATE_TEST_SUITE_P(All, Search, testing::Values("index", "scan", "list"),
                         [](const auto& test) { return test.param; });

TEST_F(Browse, GoesOnBehindASongWhereIdsAreUniqueElseByNumber) {
  struct Row {
    const char* columns;
    const char* ids;
    LastSong last;
    std::vector<std::string> rest;
  };
  const Row rows[] = {
      {"id TEXT PRIMARY KEY, name, file", "('a'), ('b'), ('c'), ('d')", {"b", true}, {"c", "d"}},
      {"id PRIMARY KEY, name, file", "(1), (2.0), (10), ('1')", {"2"}, {"10", "1"}},
      {"id PRIMARY KEY, name, file", "(1), (2), ('1'), ('10')", {"1", true}, {"10"}},
      {"id REAL UNIQUE, name, file", "(1), (2), (10), (4.5)", {"2"}, {"10"}},
      {"id TEXT, name, file, PRIMARY KEY(id)) WITHOUT ROWID; CREATE TABLE x(x",
       "('10'), ('11'), ('9')",
       {"11", true},
       {"9"}},
      // By number: here of all, since nothing comes before.
      {"id TEXT COLLATE NOCASE, name, file", "('a'), ('A'), ('b')", {"A", true}, {"a", "A", "b"}},
      {"id TEXT, n, name, file, PRIMARY KEY(id, n)", "('a'), ('a')", {"a", true}, {"a", "a"}},
  };
  for (const auto& [columns, ids, last, rest] : rows) {
    write(std::string("DROP TABLE IF EXISTS music_song; DROP TABLE IF EXISTS x;") +
          "CREATE TABLE music_song(" + columns + "); INSERT INTO music_song(id) VALUES " + ids +
          "; UPDATE music_song SET name = 'so'");
    for (const char* const words : {"", "so"}) {
      EXPECT_EQ(this->ids(words, {10, 0, last}), rest) << columns << words;
    }
  }
}

TEST_F(Browse, OnlyWhatCanBePlayedIsListed) {
  write(
      "CREATE TABLE music_song(id, name, artist, file);"
      "INSERT INTO music_song(id) VALUES (3.0), (4.5), (NULL), (''), ('a/b'), ('..'), ('ok'),"
      " (x'6162'), (1), (1e30), (CAST(zeroblob(2) AS TEXT)), (printf('%.129c', 'x')), ('3.0');"
      "UPDATE music_song SET name = 'n' || coalesce(id, ''), file = 'f' || rowid;"
      "CREATE TABLE playlist(id INTEGER PRIMARY KEY, name TEXT);"
      "CREATE TABLE playlist_song(playlist_id, song_id, position);"
      "INSERT INTO playlist VALUES (1, 'all');"
      "INSERT INTO playlist_song SELECT 1, id, rowid FROM music_song");
  CatalogOptions listed = options("SELECT file FROM music_song WHERE id = :id");
  listed.list = "SELECT id, name FROM music_song ORDER BY id";
  for (const auto& with : {options(), listed}) {
    use(with);
    EXPECT_THAT(ids(""), ElementsAre("1", "3", "3.0", "ok"));
    EXPECT_EQ(total, 4U);
    EXPECT_THAT(ids("", {2, 1}), ElementsAre("3", "3.0"));
    EXPECT_EQ(total, 4U);
    EXPECT_THAT(ids("n3"), ElementsAre("3", "3.0"));
    EXPECT_THAT(ids("na"), IsEmpty());
    EXPECT_THAT(playlist_ids("1"), ElementsAre("3", "ok", "1", "3.0"));
    EXPECT_THAT(playlist_lengths(), ElementsAre(4U));
    for (const auto& id : ids("")) {
      EXPECT_TRUE(find(id)) << id;
      EXPECT_EQ(listed_name(id), id == "3" ? "n3.0" : "n" + id);
    }
    for (const std::string id : {"4.5", "ab", "1e30", "1.0", "01", "OK"}) {
      EXPECT_EQ(listed_name(id), "song_not_found") << id;
    }
  }
}

TEST_F(Browse, AValueThatIsTooLongIsToldAndNotRead) {
  write(real_schema)(songs)("UPDATE music_song SET name = zeroblob(9000000) WHERE id = 2");
  use(options());
  const auto page = test::run(loop_, store_->search("", {}));
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().detail, path() + ": holds a value of more than 8 MiB");
  EXPECT_EQ(ids("so"), std::vector<std::string>{"catalog_unavailable"});
  EXPECT_EQ(test::run(loop_, store_->listed("2")).error().kind, ErrorKind::bad_locator);
  EXPECT_TRUE(test::run(loop_, store_->listed("1")));
  EXPECT_EQ(ids("", {1, 0}), std::vector<std::string>{"1"}) << "another page than the row's";
}

TEST_F(Browse, APlaylistLacksASongThatCannotBeReadAndNoOther) {
  write(real_schema)(songs)("UPDATE music_song SET name = zeroblob(9000000) WHERE id = 2")(
      "CREATE TABLE playlist(id INTEGER PRIMARY KEY, name TEXT NOT NULL)")(
      "CREATE TABLE playlist_song(playlist_id INTEGER, song_id INTEGER, position INTEGER)")(
      "INSERT INTO playlist VALUES (1, 'all')")(
      "INSERT INTO playlist_song VALUES (1, 3, 1), (1, 2, 2), (1, 1, 3)");
  use(options());
  EXPECT_THAT(playlist_ids("1"), ElementsAre("3", "1"));
  EXPECT_THAT(playlist_lengths(), ElementsAre(2U));
}

TEST_F(Browse, AFileReplacedByRenameCounts) {
  write(real_schema)(songs);
  EXPECT_EQ(ids("").size(), 5U);
  {
    Writer other(directory_.file("other"));
    other(real_schema)("INSERT INTO music_song VALUES (7, 'Other', '', 0, '', 'o')");
  }
  std::filesystem::rename(directory_.file("other"), path());
  EXPECT_THAT(ids(""), ElementsAre("7"));
}

TEST_F(Browse, AWriteAheadLogIsReadWithoutATrace) {
  write("PRAGMA journal_mode = WAL;")(real_schema)(songs);
  const auto before = directory_.names();
  EXPECT_EQ(ids("so").size(), 2U);
  EXPECT_EQ(directory_.names(), before);
}

TEST_F(Browse, AMissingCatalogIsUnavailableUntilItIsThere) {
  EXPECT_THAT(ids("so"), ElementsAre("catalog_unavailable"));
  write(real_schema)(songs);
  EXPECT_THAT(ids("so"), ElementsAre("2", "5"));
}

TEST_F(Browse, ALookupWithoutAListCannotBeListed) {
  write(real_schema)(songs);
  use(options("SELECT file FROM music_song WHERE id = :id"));
  EXPECT_THAT(ids(""), ElementsAre("path_not_found"));
  const auto song = test::run(loop_, store_->listed("1"));
  ASSERT_FALSE(song);
  EXPECT_EQ(song.error().kind, ErrorKind::path_not_found);
}

TEST_F(Browse, AListWithoutALookupIsNotUsed) {
  write(real_schema)(
      "INSERT INTO music_song(id, name, artist, duration, thumbnail, file)"
      " VALUES(1, 'a', '', 0, '', 'a.mp3')");
  CatalogOptions with = options();
  with.list = "SELECT id + 100 AS id, 'other' AS name FROM music_song";
  use(with);
  EXPECT_THAT(ids(""), ElementsAre("1"));
  with.list = "no SQL";
  EXPECT_TRUE(check_statements(with));
}

TEST_F(Browse, AListMustBeOneSelectWithAnId) {
  write(real_schema);
  CatalogOptions with = options("SELECT file FROM music_song WHERE id = :id");
  for (const std::string list :
       {"SELECT name FROM music_song", "SELECT id FROM nowhere", "DELETE FROM music_song",
        "SELECT id FROM music_song; SELECT 1", "SELECT id FROM music_song WHERE id = :id"}) {
    with.list = list;
    use(with);
    EXPECT_THAT(ids(""), ElementsAre("catalog_unavailable")) << list;
  }
}

TEST_F(Browse, ListedIsTheRowOfTheList) {
  write(real_schema)(songs);
  CatalogOptions with = options("SELECT file FROM music_song WHERE id = :id");
  with.list = "SELECT id, upper(name) AS name FROM music_song WHERE id < 3";
  use(with);
  const auto song = test::run(loop_, store_->listed("2"));
  ASSERT_TRUE(song);
  EXPECT_EQ((*song)->name, "SO WHAT");
  EXPECT_EQ(test::run(loop_, store_->listed("4")).error().kind, ErrorKind::song_not_found);
  EXPECT_EQ(test::run(loop_, store_->listed("02")).error().kind, ErrorKind::song_not_found);
}

TEST_F(Browse, AnAnswerIsOfOneStateOfTheCatalog) {
  auto writer = write("CREATE TABLE tracks(id TEXT, name TEXT, file TEXT)");
  writer("INSERT INTO tracks VALUES ('x', 'Name', 'secret')");
  CatalogOptions with = options("SELECT file FROM tracks WHERE id = :id");
  with.list = "SELECT * FROM tracks";
  CatalogBrowser browser(with);
  std::string change;
  const auto name = [&] {
    std::string found;
    const auto done = browser.read(
        [&](sqlite3* connection) -> Result<void> {
          // A lock keeps it away, or it counts from the first row on.
          sqlite3_exec(writer.connection(), change.c_str(), nullptr, nullptr, nullptr);
          const auto page = search_songs(connection, with, "", {});
          if (!page) return page.error();
          found = page->songs.at(0).name;
          return {};
        },
        TimeLimit::from(std::chrono::steady_clock::now(), {}));
    return done ? found : done.error().detail;
  };
  EXPECT_EQ(name(), "Name");
  change =
      "BEGIN; DROP TABLE tracks; CREATE TABLE tracks(id TEXT, file TEXT, name TEXT);"
      "INSERT INTO tracks VALUES ('x', 'secret', 'New'); COMMIT";
  EXPECT_EQ(name(), "Name");
  writer("ROLLBACK")(change);
  change.clear();
  EXPECT_EQ(name(), "New");
}

TEST_F(Browse, ListedReadsNoOtherRow) {
  write(real_schema)(songs)("UPDATE music_song SET name = zeroblob(9000000) WHERE id = 2");
  CatalogOptions with = options("SELECT file FROM music_song WHERE id = :id");
  with.list = "SELECT id, name FROM music_song ORDER BY name";
  use(with);
  EXPECT_EQ(listed_name("4"), "100%");
  EXPECT_EQ(listed_name("2"), "catalog_unavailable");
}

TEST_F(Browse, ListedIsTheFirstRowOfItsIdWhateverTheListLooksLike) {
  write(
      "CREATE TABLE a(id INTEGER PRIMARY KEY, name); CREATE TABLE b(code TEXT COLLATE NOCASE, "
      "name);"
      "INSERT INTO a VALUES (1, 'one'), (2, 'two'), (17, 'seventeen');"
      "INSERT INTO b VALUES ('2', 'b two'), ('01', 'b 01'), ('x', 'b x'), ('X', 'b X'),"
      " ('18', 'b eighteen'), ('1e0', 'b 1e0'), ('X', 'another X')");
  CatalogOptions with = options("SELECT :id AS file");
  const auto name = [&](const std::string& list, const std::string& id) {
    with.list = list;
    use(with);
    return listed_name(id);
  };
  for (const std::string list :
       {"SELECT id, name FROM a UNION ALL SELECT code, name FROM b",
        "SELECT * FROM (SELECT code AS id, name FROM b UNION ALL SELECT id, name FROM a)"
        " ORDER BY name DESC"}) {
    EXPECT_EQ(name(list, "1"), "one");
    EXPECT_EQ(name(list, "01"), "b 01");
    EXPECT_EQ(name(list, "1e0"), "b 1e0");
    EXPECT_EQ(name(list, "x"), "b x");
    EXPECT_EQ(name(list, "X"), "b X");
    EXPECT_EQ(name(list, "2"), "two");
    EXPECT_EQ(name(list, "17"), "seventeen");
    EXPECT_EQ(name(list, "18"), "b eighteen");
    EXPECT_EQ(name(list, "017"), "song_not_found");
  }
  EXPECT_EQ(name("SELECT code AS id, name FROM b ORDER BY name", "X"), "another X");
  EXPECT_EQ(name("SELECT code AS id, name FROM b ORDER BY name LIMIT 1", "X"), "another X");
  EXPECT_EQ(name("SELECT code AS id, name FROM b ORDER BY name LIMIT 1", "x"), "song_not_found");
  EXPECT_EQ(name("SELECT id AS \"ID\", id + 1 AS id, name FROM a;  -- all; of them", "2"), "two");
  EXPECT_EQ(name("SELECT id, name FROM a -- all;", "2"), "two");
  EXPECT_EQ(name("SELECT id, name FROM a /* all", "2"), "two");
  EXPECT_EQ(name("SELECT id || '' AS id, name FROM a", "2"), "two");
  EXPECT_EQ(name("SELECT count(*) AS id, name FROM a GROUP BY name", "1"), "one");
  EXPECT_EQ(name("WITH c AS (SELECT * FROM a) SELECT id, name FROM c", "2"), "two");
  EXPECT_EQ(name("VALUES (1)", "1"), "catalog_unavailable");
}

TEST_F(Browse, PlaylistsAreReadInTheirOrder) {
  write(real_schema)(songs)(
      "CREATE TABLE playlist(id INTEGER PRIMARY KEY, name TEXT);"
      "CREATE TABLE playlist_song(id INTEGER PRIMARY KEY, playlist_id, song_id, position);"
      "INSERT INTO playlist VALUES (1, 'b'), (2, 'A');"
      "INSERT INTO playlist_song(playlist_id, song_id, position) VALUES (1, 5, 1), (1, 1, 3),"
      " (1, 2, 2), (1, 99, 0), (1, 5, 4)");
  use(options());
  const auto lists = test::run(loop_, store_->playlists());
  ASSERT_TRUE(lists);
  ASSERT_EQ(lists->size(), 2U);
  EXPECT_EQ((*lists)[0].name, "A");
  EXPECT_THAT(playlist_lengths(), ElementsAre(0U, 4U));
  EXPECT_THAT(playlist_ids("1"), ElementsAre("5", "2", "1", "5"));
  EXPECT_EQ(total, 4U);
  EXPECT_THAT(playlist_ids("1", {2, 1}), ElementsAre("2", "1"));
  EXPECT_THAT(playlist_ids("2"), IsEmpty());
  EXPECT_THAT(playlist_ids("01"), ElementsAre("path_not_found"));
  CatalogOptions with = options("SELECT file FROM music_song WHERE id = :id");
  use(with);
  EXPECT_THAT(playlist_ids("1"), ElementsAre("5", "2", "1", "5"));
  EXPECT_THAT(playlist_lengths(), ElementsAre(0U, 4U));
  with.list = "SELECT id, name FROM music_song WHERE id > 1";
  use(with);
  EXPECT_THAT(playlist_ids("1"), ElementsAre("5", "2", "5"));
  EXPECT_THAT(playlist_lengths(), ElementsAre(0U, 3U));
}

TEST_F(Browse, PlaylistsThatNoUrlCouldNameAreNotListed) {
  write(real_schema)(songs)(
      "CREATE TABLE playlist(id, name TEXT); CREATE TABLE playlist_song(playlist_id, song_id, "
      "position);"
      "INSERT INTO playlist VALUES (NULL, 'none'), ('', 'empty'), (x'', 'bytes'), ('a b', 'text'),"
      " (0, 'zero');"
      "INSERT INTO playlist_song VALUES (NULL, 1, 1), ('', 1, 1), ('a b', 2, 1), (0, 1, 1)");
  use(options());
  const auto lists = test::run(loop_, store_->playlists());
  ASSERT_TRUE(lists);
  ASSERT_EQ(lists->size(), 2U);
  EXPECT_EQ((*lists)[0].id, "a b");
  EXPECT_EQ((*lists)[1].id, "0");
  for (const Playlist& playlist : *lists) {
    EXPECT_EQ(playlist_ids(playlist.id).size(), playlist.songs) << playlist.id;
  }
}

TEST_F(Browse, WithoutSongsThereIsNothingToReadPlaylistsFrom) {
  for (const char* sql : {"", "CREATE TABLE other(x)", "CREATE TABLE playlist(id, name)"}) {
    write(sql);
    EXPECT_THAT(playlist_ids("1"), ElementsAre("catalog_unavailable")) << sql;
    const auto lists = test::run(loop_, store_->playlists());
    ASSERT_FALSE(lists) << sql;
    EXPECT_EQ(lists.error().kind, ErrorKind::catalog_unavailable) << sql;
  }
}

TEST_F(Browse, WithoutItsTablesThereAreNoPlaylists) {
  write(real_schema);
  EXPECT_THAT(playlist_ids("1"), ElementsAre("path_not_found"));
  write("CREATE TABLE playlist(id, title)");
  EXPECT_THAT(playlist_ids("1"), ElementsAre("path_not_found"));
}

}  // namespace
}  // namespace tonearm::catalog
