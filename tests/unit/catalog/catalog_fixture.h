#pragma once

#include "tonearm/catalog/sqlite_song_store.h"

#include "catalog/sqlite_handles.h"
#include "support/run.h"

#include <gtest/gtest.h>

#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>

namespace tonearm::catalog {

/// A directory of its own for one test, which others may enter.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = std::filesystem::temp_directory_path() / "tonearm-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
    std::filesystem::permissions(path_, std::filesystem::perms(0755));
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string file(const std::string& name) const { return path_ / name; }
  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      found.insert(entry.path().filename());
    }
    return found;
  }

 private:
  std::filesystem::path path_;
};

/// Another program that writes the catalog.
class Writer {
 public:
  explicit Writer(const std::string& path) {
    sqlite3* opened = nullptr;
    const int result = sqlite3_open(path.c_str(), &opened);
    connection_.reset(opened);
    if (result != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(opened));
  }
  Writer& operator()(const std::string& sql) {
    char* message = nullptr;
    if (sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, &message) != SQLITE_OK) {
      const std::string what = message;
      sqlite3_free(message);
      throw std::runtime_error(sql + ": " + what);
    }
    return *this;
  }

  sqlite3* connection() const { return connection_.get(); }

 private:
  Connection connection_;
};

/// The table as it is found in the wild, with the table beside it that is not meant.
inline constexpr const char* real_schema =
    "CREATE TABLE songs(id INTEGER PRIMARY KEY, title TEXT);"
    "CREATE TABLE music_song(id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,"
    " name VARCHAR(200) NOT NULL, artist VARCHAR(200) NOT NULL, duration INTEGER NOT NULL,"
    " thumbnail VARCHAR(500) NOT NULL, file VARCHAR(500) NOT NULL);";

class CatalogTest : public ::testing::Test {
 protected:
  using Found = Result<std::shared_ptr<const Song>>;

  ~CatalogTest() override { pool_.join(); }

  std::string path() const { return directory_.file("catalog.sqlite3"); }
  CatalogOptions options(std::string lookup = {}) const {
    CatalogOptions made;
    made.path = path();
    made.lookup = std::move(lookup);
    return made;
  }
  Writer write(const std::string& sql) const { return std::move(Writer(path())(sql)); }
  void use(CatalogOptions options) {
    store_ = std::make_unique<SqliteSongStore>(loop_.get_executor(), pool_, std::move(options));
  }
  Found find(std::string_view id) {
    if (!store_) use(options());
    return test::run(loop_, store_->find(id));
  }
  /// The `file` of a song, or why there is none.
  std::string file(std::string_view id) {
    const auto found = find(id);
    return found ? (*found)->file : std::string(to_string(found.error().kind));
  }

  TemporaryDirectory directory_;
  io::asio::io_context loop_{1};
  io::BlockingPool pool_{2};
  std::unique_ptr<SqliteSongStore> store_;
};

}  // namespace tonearm::catalog
