#include "tonearm/catalog/check_catalog.h"

#include "catalog/catalog_reader.h"
#include "unit/catalog/catalog_fixture.h"

#include <gmock/gmock.h>

namespace tonearm::catalog {
namespace {

using ::testing::HasSubstr;

class Lookup : public CatalogTest {
 protected:
  void SetUp() override {
    write(
        "CREATE TABLE tracks(key INTEGER PRIMARY KEY, path TEXT, mime TEXT, code TEXT);"
        "INSERT INTO tracks VALUES(1, 'one.mp3', 'audio/mpeg', '01')");
  }
  std::string complaint(const std::string& lookup) {
    const auto checked = check_catalog(options(lookup));
    return checked ? "none" : checked.error().detail;
  }
};

TEST_F(Lookup, ReadsAnySchemaByTheNamesOfItsResult) {
  use(
      options("SELECT path AS file, mime AS Content_Type, 'me' AS author FROM tracks "
              "WHERE key = :id;  -- done"));
  const auto found = find("1");
  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ((*found)->id, "1");
  EXPECT_EQ((*found)->file, "one.mp3");
  EXPECT_EQ((*found)->content_type, "audio/mpeg");
  EXPECT_EQ((*found)->artist, "me");
  EXPECT_EQ(file("2"), "song_not_found");
}

TEST_F(Lookup, BindsCanonicalIntegersAsSuchAndAllElseAsText) {
  use(options("SELECT typeof(:id) || ' ' || :id AS file"));
  EXPECT_EQ(file("7"), "integer 7");
  EXPECT_EQ(file("-7"), "integer -7");
  EXPECT_EQ(file("07"), "text 07");
  EXPECT_EQ(file("7e0"), "text 7e0");
  EXPECT_EQ(file("9223372036854775808"), "text 9223372036854775808");
  EXPECT_EQ(file("abc"), "text abc");
}

TEST_F(Lookup, AnIntegerKeyMatchesOnlyItsCanonicalForm) {
  use(options("SELECT path AS file FROM tracks WHERE key = :id"));
  EXPECT_EQ(file("1"), "one.mp3");
  EXPECT_EQ(file("01"), "song_not_found");
  EXPECT_EQ(file("1e0"), "song_not_found");
  EXPECT_EQ(file("1.0"), "song_not_found");
}

TEST_F(Lookup, ATextKeyMatchesWhatLooksLikeANumber) {
  use(options("SELECT path AS file FROM tracks WHERE code = :id"));
  EXPECT_EQ(file("01"), "one.mp3");
  EXPECT_EQ(file("1"), "song_not_found");
}

TEST_F(Lookup, NeedsNoTableInMemory) {
  CatalogOptions memory;
  memory.path = ":memory:";
  memory.lookup = "SELECT 'yt:https://www.youtube.com/watch?v=' || :id AS file";
  use(memory);
  EXPECT_EQ(file("dQw4w9WgXcQ"), "yt:https://www.youtube.com/watch?v=dQw4w9WgXcQ");
  EXPECT_TRUE(test::run(loop_, store_->check()));
}

TEST_F(Lookup, EndsOnceAStopIsRequested) {
  std::stop_source stop;
  CatalogOptions options = this->options(
      "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
      " SELECT max(x) AS file FROM c WHERE :id");
  options.path = ":memory:";
  options.stop = stop.get_token();
  use(std::move(options));
  stop.request_stop();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(file("1"), "catalog_unavailable");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST_F(Lookup, WhatDependsOnTheClockIsAskedEachTime) {
  use(options("SELECT random() AS file, :id AS id"));
  EXPECT_NE(file("1"), file("1"));
}

TEST_F(Lookup, OneThatIsPreparedAnewForEachIdIsNotOpenedAnew) {
  CatalogReader reader(options("SELECT path AS file FROM tracks WHERE path LIKE :id"));
  CatalogReader::Batch batch;
  batch.ids = {"one.mp3", "two.mp3"};
  batch.since = std::chrono::steady_clock::now();
  EXPECT_TRUE(reader.look_up(batch).detector);
  const auto again = reader.look_up(batch);
  EXPECT_FALSE(again.detector);
  EXPECT_EQ((*again.songs.at(0))->file, "one.mp3");
}

TEST_F(Lookup, AColumnThatGoesIsUnavailableUntilItIsBack) {
  use(options("SELECT path AS file FROM tracks WHERE key = :id"));
  EXPECT_EQ(file("1"), "one.mp3");
  write("ALTER TABLE tracks RENAME COLUMN path TO way");
  EXPECT_EQ(file("1"), "catalog_unavailable");
  write("ALTER TABLE tracks RENAME COLUMN way TO path");
  EXPECT_EQ(file("1"), "one.mp3");
}

TEST_F(Lookup, AValueThatIsTooLongIsTheErrorOfItsSong) {
  write(
      "INSERT INTO tracks VALUES(2, zeroblob(9000000), '', ''), (3, 'three.mp3', '', '');"
      "ALTER TABLE tracks ADD COLUMN cover BLOB;"
      "UPDATE tracks SET cover = zeroblob(9000000) WHERE key = 3");
  use(options("SELECT path AS file, code AS name FROM tracks WHERE key = :id"));
  EXPECT_EQ(file("1"), "one.mp3");
  EXPECT_EQ(file("2"), "bad_locator");
  EXPECT_EQ(find("2").error().detail, path() + ": song 2 holds a value of more than 8 MiB");
  EXPECT_EQ(file("3"), "three.mp3") << "what is not asked for may be of any size";
}

TEST_F(Lookup, ComplaintsSayWhereItStandsAndWhatWouldBeRight) {
  CatalogOptions wrong = options("SELECT path AS file FROM tracs WHERE key = :id");
  wrong.lookup_place = "t.toml:3: ";
  wrong.list_place = "t.toml:5: ";
  EXPECT_EQ(check_catalog(wrong).error().detail,
            "t.toml:3: catalog.lookup: no such table: tracs in " + path() +
                "; give one such as \"SELECT path AS file FROM tracks WHERE key = :id\"");
  wrong.lookup = "SELECT path AS file FROM tracks WHERE key = :id";
  wrong.list = "SELECT path AS file FROM tracks";
  EXPECT_EQ(check_catalog(wrong).error().detail,
            "t.toml:5: catalog.list: must return a column id; give one such as \"SELECT key AS id, "
            "title AS name FROM tracks\"");
}

TEST_F(Lookup, ComplaintsSayWhatIsWrong) {
  EXPECT_EQ(complaint("SELECT path AS file FROM tracks WHERE key = :id"), "none");
  EXPECT_THAT(complaint("SELEC 1"), HasSubstr("catalog.lookup: near \"SELEC\": syntax error"));
  EXPECT_THAT(complaint("SELECT nope AS file FROM tracks WHERE key = :id"),
              HasSubstr("catalog.lookup: no such column: nope"));
  EXPECT_THAT(complaint("SELECT path FROM tracks WHERE key = :id"),
              HasSubstr("catalog.lookup: must return a column file"));
  EXPECT_THAT(complaint("SELECT path AS file FROM tracks"), HasSubstr("must use :id"));
  EXPECT_THAT(complaint("SELECT path AS file FROM tracks WHERE key = ?"),
              HasSubstr("has a parameter ?; only :id is known"));
  EXPECT_THAT(complaint("SELECT path AS file FROM tracks WHERE key = :key"),
              HasSubstr("has a parameter :key"));
  EXPECT_THAT(complaint("DELETE FROM tracks WHERE key = :id RETURNING path AS file"),
              HasSubstr("must be a single read-only SELECT"));
  EXPECT_THAT(complaint("ATTACH :id AS other"), HasSubstr("must be a single read-only SELECT"));
  EXPECT_THAT(complaint("SELECT :id AS file; DELETE FROM tracks"),
              HasSubstr("there is a second statement"));
  EXPECT_THAT(complaint("SELECT :id AS file; nonsense"), HasSubstr("there is a second statement"));
  EXPECT_THAT(complaint("  -- nothing"), HasSubstr("catalog.lookup: is empty"));
}

}  // namespace
}  // namespace tonearm::catalog
