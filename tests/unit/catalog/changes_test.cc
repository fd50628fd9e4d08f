#include "catalog/catalog_files.h"
#include "unit/catalog/catalog_fixture.h"
#include "unit/catalog/writer_process.h"

#include <boost/asio/post.hpp>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace tonearm::catalog {
namespace {

namespace fs = std::filesystem;

class Changes : public CatalogTest, public ::testing::WithParamInterface<const char*> {
 protected:
  std::string schema() const {
    return std::string("PRAGMA journal_mode=") + GetParam() + ";" + real_schema;
  }
  static std::string row(int id, const std::string& file) {
    return "INSERT OR REPLACE INTO music_song VALUES(" + std::to_string(id) + ",'n','a',1,'','" +
           file + "');";
  }
};

TEST_P(Changes, OfAWriterThatStaysCountAtTheNextFind) {
  auto writer = write(schema());
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(file("1"), "song_not_found") << i;
    writer(row(1, "first"));
    EXPECT_EQ(file("1"), "first") << i;
    writer("UPDATE music_song SET file = 'second'");
    EXPECT_EQ(file("1"), "second") << i;
    writer("DELETE FROM music_song");
  }
}

TEST_P(Changes, OfWritersThatComeAndGoCountAtTheNextFind) {
  write(schema());
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(file("1"), "song_not_found") << i;
    write(row(1, "first"));
    EXPECT_EQ(file("1"), "first") << i;
    write("UPDATE music_song SET file = 'second'");
    EXPECT_EQ(file("1"), "second") << i;
    write("DELETE FROM music_song");
  }
}

TEST_P(Changes, WithinATurnOfTheLoopCountFromTheNextOn) {
  auto writer = write(schema() + row(1, "first"));
  // A log's times tell of the next commit once they have moved on from the last.
  while (!CatalogFiles(path()).are_proof()) std::this_thread::yield();
  EXPECT_EQ(file("1"), "first");
  const auto finds = [&]() -> io::Task<std::vector<std::string>> {
    std::vector<std::string> files;
    files.push_back((*co_await store_->find("1"))->file);
    writer(row(1, "second"));
    files.push_back((*co_await store_->find("1"))->file);
    co_await io::asio::post(loop_.get_executor(), io::use_task);
    files.push_back((*co_await store_->find("1"))->file);
    co_return files;
  };
  EXPECT_EQ(test::run(loop_, finds()), (std::vector<std::string>{"first", "first", "second"}));
}

TEST_P(Changes, OfTheSchemaCount) {
  auto writer = write(schema() + row(1, "a"));
  EXPECT_EQ((*find("1"))->content_type, "");
  writer("ALTER TABLE music_song ADD COLUMN content_type TEXT DEFAULT 'audio/flac'");
  EXPECT_EQ((*find("1"))->content_type, "audio/flac");
}

TEST_P(Changes, ByRenameCount) {
  write(schema() + row(1, "old"));
  EXPECT_EQ(file("1"), "old");
  Writer(directory_.file("new"))(schema() + row(1, "new"));
  fs::rename(directory_.file("new"), path());
  EXPECT_EQ(file("1"), "new");
}

TEST_P(Changes, OfTheJournalModeCount) {
  write(schema() + row(1, "a"));
  EXPECT_EQ(file("1"), "a");
  for (const char* mode : {"wal", "delete", "wal"}) {
    write(std::string("PRAGMA journal_mode=") + mode + ";" + row(1, mode));
    EXPECT_EQ(file("1"), mode);
  }
}

TEST_P(Changes, MissingIsUnavailableUntilItIsThere) {
  const auto missing = find("1");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::catalog_unavailable);
  EXPECT_EQ(missing.error().retry_after, std::chrono::seconds(1));
  EXPECT_EQ(missing.error().detail,
            path() + ": does not exist; set catalog.path, or make it with tonearm import");
  EXPECT_FALSE(test::run(loop_, store_->check()));
  write("CREATE TABLE other(x)");
  EXPECT_EQ(file("1"), "catalog_unavailable");
  write(schema() + row(1, "there"));
  EXPECT_EQ(file("1"), "there");
  EXPECT_TRUE(test::run(loop_, store_->check()));
  fs::remove(path());
  fs::remove(path() + "-wal");
  fs::remove(path() + "-shm");
  EXPECT_EQ(file("1"), "catalog_unavailable");
}

TEST_P(Changes, BrokenIsUnavailableUntilItIsMended) {
  write(schema() + row(1, "good"));
  EXPECT_EQ(file("1"), "good");
  fs::copy_file(path(), directory_.file("backup"));
  store_.reset();
  std::ofstream(path(), std::ios::trunc) << std::string(9000, 'x');
  const auto broken = find("1");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().kind, ErrorKind::catalog_unavailable);
  EXPECT_EQ(broken.error().detail, path() + ": is not a database");
  fs::copy_file(directory_.file("backup"), path(), fs::copy_options::overwrite_existing);
  EXPECT_EQ(file("1"), "good");
  fs::resize_file(path(), 4096);
  EXPECT_EQ(file("1"), "catalog_unavailable");
  fs::copy_file(directory_.file("backup"), path(), fs::copy_options::overwrite_existing);
  EXPECT_EQ(file("1"), "good");
}

TEST_P(Changes, ThatCutTheFileShortAreUnavailableUntilItIsMended) {
  write(schema() + row(1, "good"));
  EXPECT_EQ(file("1"), "good");
  const auto backup = directory_.file("backup");
  fs::copy_file(path(), backup);
  const auto size = fs::file_size(path());
  constexpr std::uintmax_t page = 4096;
  for (const std::uintmax_t missing : {std::uintmax_t{1}, page / 2, page - 1, page, page + 1}) {
    for (const bool by_rename : {false, true}) {
      const auto target = by_rename ? directory_.file("cut") : path();
      fs::copy_file(backup, target, fs::copy_options::overwrite_existing);
      fs::resize_file(target, size - missing);
      fs::rename(target, path());
      EXPECT_EQ(file("1"), "catalog_unavailable") << missing << by_rename;
      EXPECT_FALSE(test::run(loop_, store_->check())) << missing << by_rename;
      EXPECT_FALSE(test::run(loop_, store_->search({}, {}))) << missing << by_rename;
      fs::copy_file(backup, path(), fs::copy_options::overwrite_existing);
      EXPECT_EQ(file("1"), "good") << missing << by_rename;
      EXPECT_TRUE(test::run(loop_, store_->search({}, {}))) << missing << by_rename;
    }
  }
}

TEST_P(Changes, LeaveNoFileBehind) {
  write(schema() + row(1, "a"));
  const auto before = directory_.names();
  EXPECT_EQ(file("1"), "a");
  EXPECT_EQ(file("1"), "a");
  EXPECT_EQ(directory_.names(), before);
  store_.reset();
  EXPECT_EQ(directory_.names(), before);
}

TEST_P(Changes, AFindNeverSeesLessThanWhatWasCommittedBeforeIt) {
  write(schema() + row(1, "0"));
  WriterProcess other([this](int i) {
    write("PRAGMA busy_timeout=10000; PRAGMA synchronous=OFF;" + row(1, std::to_string(i)));
  });
  for (int seen = 0; seen < 200;) {
    const int before = other.committed();
    const auto found = find("1");
    ASSERT_TRUE(found) << found.error().detail;
    seen = std::stoi((*found)->file);
    ASSERT_GE(seen, before);
  }
}

INSTANTIATE_TEST_SUITE_P(Journal, Changes, ::testing::Values("delete", "wal"));

}  // namespace
}  // namespace tonearm::catalog
