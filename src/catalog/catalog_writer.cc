#include "tonearm/catalog/catalog_writer.h"

#include "tonearm/base/utf8.h"

#include "catalog/import_schema.h"
#include "catalog/sqlite_handles.h"

#include <chrono>
#include <new>
#include <thread>
#include <unordered_map>
#include <utility>

namespace tonearm::catalog {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds lock_timeout{10};
constexpr std::chrono::milliseconds lock_pause{10};

/// What is no text is a BLOB: a TEXT that is no UTF-8 makes other programs fail at reading the row.
void bind_value(sqlite3_stmt* statement, int parameter, std::string_view value) {
  if (is_utf8(value)) {
    bind_text(statement, parameter, value);
  } else {
    sqlite3_bind_blob(statement, parameter, value.data(), static_cast<int>(value.size()),
                      SQLITE_TRANSIENT);
  }
}

/// Runs a statement that yields nothing.
bool run(sqlite3_stmt* statement) {
  const int result = sqlite3_step(statement);
  sqlite3_reset(statement);
  return result == SQLITE_DONE;
}

/// Undone unless committed.
class WriteTransaction {
 public:
  explicit WriteTransaction(sqlite3* connection)
      : connection_(connection), open_(execute(connection, "BEGIN IMMEDIATE")) {}
  ~WriteTransaction() {
    if (open_) execute(connection_, "ROLLBACK");
  }
  WriteTransaction(const WriteTransaction&) = delete;
  WriteTransaction& operator=(const WriteTransaction&) = delete;

  bool is_open() const { return open_; }
  bool commit() {
    if (!execute(connection_, "COMMIT")) return false;
    open_ = false;
    return true;
  }

 private:
  sqlite3* connection_;
  bool open_;
};

}  // namespace

/// The open database, and what was in it: a table of others has no index on `file`. That is true
/// only while nobody else can write, and so it is asked for anew with each lock.
class CatalogWriter::Tables {
 public:
  Tables(std::string path, Connection connection, std::function<bool()> is_stopped)
      : path_(std::move(path)),
        connection_(std::move(connection)),
        is_stopped_(std::move(is_stopped)) {
    sqlite3_busy_handler(connection_.get(), &wait_for_lock, this);
  }
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  Result<void> prepare_all();
  /// Within a write transaction: takes in what others have written since the last one.
  Result<void> catch_up();
  /// The same, and of what it wrote itself: nobody tells which rows a REPLACE took away.
  Result<void> load();
  Error failure() const { return unavailable(path_, connection_.get()); }
  /// Why a constraint or a trigger kept out the row that was not written, and it alone; nothing
  /// where all of the transaction has failed.
  std::optional<Error> refusal() const;
  sqlite3* connection() const { return connection_.get(); }

  struct Seen {
    std::int64_t size = 0;
    std::int64_t modified = 0;
  };
  std::unordered_map<std::string, std::int64_t> ids;
  std::unordered_map<std::string, Seen> seen;

  // Whether the row was written.
  bool insert(const ImportedSong& song);
  bool update(const ImportedSong& song, std::int64_t id);
  bool remember(const ImportedSong& song);

  // Within a write transaction.
  Result<void> make_playlist_tables();
  /// The id of the first playlist of this name, which is made unless it is there.
  Result<Value> playlist_of(const std::string& name);
  /// For each song whether the table took it; an error of all of them when it took none.
  Result<std::vector<Result<void>>> replace_songs(sqlite3_value* playlist,
                                                  const std::vector<std::int64_t>& songs);

 private:
  /// SQLite's busy handler: whether to try again.
  static int wait_for_lock(void* tables, int tries);
  /// The id of the first playlist of this name that serve would show; null when there is none.
  Result<Value> find_playlist(const std::string& name);
  /// In the order of imported_columns.
  static void bind_song(sqlite3_stmt* statement, const ImportedSong& song, const std::string& name,
                        const std::string& content_type);

  std::string path_;
  Connection connection_;
  std::function<bool()> is_stopped_;
  Clock::time_point waiting_since_;
  std::int64_t loaded_version_ = 0;
  Statement version_;  ///< Another number after each transaction of another connection.
  Statement insert_;
  Statement update_;
  Statement remember_;
};

int CatalogWriter::Tables::wait_for_lock(void* tables, int tries) {
  auto& self = *static_cast<Tables*>(tables);
  const auto now = Clock::now();
  if (tries == 0) self.waiting_since_ = now;
  if (self.is_stopped_() || now - self.waiting_since_ >= lock_timeout) return 0;
  std::this_thread::sleep_for(lock_pause);
  return 1;
}

Result<void> CatalogWriter::Tables::prepare_all() {
  WriteTransaction transaction(connection());
  if (!transaction.is_open()) return failure();
  const auto statements = prepare_import(connection(), path_);
  if (!statements) return statements.error();
  const auto make = [this](Statement& statement, std::string_view sql) {
    statement = prepare(connection(), sql);
    return statement != nullptr;
  };
  if (!make(insert_, statements->insert) || !make(update_, statements->update) ||
      !make(remember_,
            "INSERT OR REPLACE INTO main.tonearm_import(file, size, modified)"
            " VALUES (?1, ?2, ?3)") ||
      !make(version_, "PRAGMA main.data_version")) {
    return failure();
  }
  if (const auto loaded = load(); !loaded) return loaded;
  if (!transaction.commit()) return failure();
  return {};
}

Result<void> CatalogWriter::Tables::catch_up() {
  const auto version = read_integer(version_.get());
  if (!version) return failure();
  return *version == loaded_version_ ? Result<void>() : load();
}

Result<void> CatalogWriter::Tables::load() {
  const auto version = read_integer(version_.get());
  if (!version) return failure();
  ids.clear();
  seen.clear();
  const auto songs = prepare(connection(), "SELECT file, id FROM main.music_song ORDER BY id");
  if (!songs) return failure();
  const auto files = prepare(connection(), "SELECT file, size, modified FROM main.tonearm_import");
  if (!files) return failure();
  const auto add_song = [&, song = songs.get()] {
    ids.emplace(column_text(song, 0), sqlite3_column_int64(song, 1));
  };
  const auto add_file = [&, file = files.get()] {
    seen[column_text(file, 0)] = Seen{sqlite3_column_int64(file, 1), sqlite3_column_int64(file, 2)};
  };
  if (!for_each_row(songs.get(), add_song)) return failure();
  if (!for_each_row(files.get(), add_file)) return failure();
  loaded_version_ = *version;
  return {};
}

std::optional<Error> CatalogWriter::Tables::refusal() const {
  if (sqlite3_get_autocommit(connection()) != 0) return std::nullopt;
  switch (sqlite3_errcode(connection()) & 0xff) {
    case SQLITE_CONSTRAINT:
      return failure();
    case SQLITE_OK:
      return unavailable(path_, "the table leaves this row out (ON CONFLICT IGNORE, or a trigger)");
    default:
      return std::nullopt;
  }
}

void CatalogWriter::Tables::bind_song(sqlite3_stmt* statement, const ImportedSong& song,
                                      const std::string& name, const std::string& content_type) {
  int parameter = 0;
  for (const std::string* text : {&name, &song.artist, &song.album, &content_type}) {
    bind_value(statement, ++parameter, *text);
  }
  sqlite3_bind_int64(statement, ++parameter, song.duration);
  bind_value(statement, ++parameter, song.file);
}

bool CatalogWriter::Tables::insert(const ImportedSong& song) {
  const std::string& name = song.name.empty() ? song.guessed_name : song.name;
  bind_song(insert_.get(), song, name, song.guessed_type);
  return run(insert_.get()) && sqlite3_changes64(connection()) > 0;
}

bool CatalogWriter::Tables::update(const ImportedSong& song, std::int64_t id) {
  // A guess is no news: somebody may have corrected the last one.
  bind_song(update_.get(), song, song.name, {});
  sqlite3_bind_int64(update_.get(), static_cast<int>(std::size(imported_columns)) + 1, id);
  return run(update_.get()) && sqlite3_changes64(connection()) > 0;
}

bool CatalogWriter::Tables::remember(const ImportedSong& song) {
  bind_value(remember_.get(), 1, song.file);
  sqlite3_bind_int64(remember_.get(), 2, song.size);
  sqlite3_bind_int64(remember_.get(), 3, song.modified);
  return run(remember_.get());
}

CatalogWriter::CatalogWriter(std::unique_ptr<Tables> tables) : tables_(std::move(tables)) {}
CatalogWriter::~CatalogWriter() = default;

Result<std::unique_ptr<CatalogWriter>> CatalogWriter::open(const std::string& path,
                                                           std::function<bool()> is_stopped) {
  if (path == ":memory:") return unavailable(path, "is no file that could be imported into");
  // SQLite may be built to take any name that begins with `file:` for a URI, as Debian's is.
  const std::string name = path.starts_with("file:") ? "./" + path : path;
  sqlite3* opened = nullptr;
  const int result =
      sqlite3_open_v2(name.c_str(), &opened,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Connection connection(opened);
  if (result != SQLITE_OK) return unavailable(path, connection.get());
  sqlite3_extended_result_codes(connection.get(), 1);
  auto tables = std::make_unique<Tables>(path, std::move(connection), std::move(is_stopped));
  const auto prepared = tables->prepare_all();
  if (!prepared) return prepared.error();
  return std::unique_ptr<CatalogWriter>(new CatalogWriter(std::move(tables)));
}

bool CatalogWriter::is_unchanged(std::string_view file, std::int64_t size,
                                 std::int64_t modified) const {
  const std::string key(file);
  const auto found = tables_->seen.find(key);
  return found != tables_->seen.end() && found->second.size == size &&
         found->second.modified == modified && tables_->ids.contains(key);
}

std::optional<std::int64_t> CatalogWriter::find(std::string_view file) const {
  const auto found = tables_->ids.find(std::string(file));
  if (found == tables_->ids.end()) return std::nullopt;
  return found->second;
}

Result<std::vector<Result<CatalogWriter::Written>>> CatalogWriter::write(
    const std::vector<ImportedSong>& songs) {
  WriteTransaction transaction(tables_->connection());
  if (!transaction.is_open()) return tables_->failure();
  if (const auto current = tables_->catch_up(); !current) return current.error();
  std::vector<Result<Written>> written;
  std::unordered_map<std::string, std::int64_t> added;
  for (const ImportedSong& song : songs) {
    auto id = find(song.file);
    if (const auto found = added.find(song.file); found != added.end()) id = found->second;
    // The second: another import was here first.
    if (id && (song.modified == 0 || is_unchanged(song.file, song.size, song.modified))) {
      written.emplace_back(Written::unchanged);
      continue;
    }
    if (!(id ? tables_->update(song, *id) : tables_->insert(song))) {
      const auto refusal = tables_->refusal();
      if (!refusal) return tables_->failure();
      written.emplace_back(*refusal);
      continue;
    }
    if (!id) added.emplace(song.file, sqlite3_last_insert_rowid(tables_->connection()));
    written.emplace_back(id ? Written::updated : Written::added);
    if (song.modified != 0 && !tables_->remember(song)) return tables_->failure();
  }
  if (!transaction.commit()) return tables_->failure();
  tables_->ids.merge(added);
  for (std::size_t i = 0; i < songs.size(); ++i) {
    if (written[i]) tables_->seen[songs[i].file] = {songs[i].size, songs[i].modified};
  }
  return written;
}

Result<void> CatalogWriter::Tables::make_playlist_tables() {
  const bool made = execute(connection(),
                            "CREATE TABLE IF NOT EXISTS main.playlist(id INTEGER PRIMARY KEY"
                            " AUTOINCREMENT, name TEXT NOT NULL)") &&
                    execute(connection(),
                            "CREATE TABLE IF NOT EXISTS main.playlist_song(playlist_id INTEGER"
                            " NOT NULL, song_id INTEGER NOT NULL, position INTEGER NOT NULL)");
  if (!made) return failure();
  return {};
}

Result<Value> CatalogWriter::Tables::find_playlist(const std::string& name) {
  const auto statement = prepare(connection(),
                                 "SELECT playlist.id FROM main.playlist WHERE playlist.name = ?1"
                                 " AND CAST(id AS TEXT) <> '' ORDER BY id LIMIT 1");
  if (!statement) return failure();
  bind_value(statement.get(), 1, name);
  const int result = sqlite3_step(statement.get());
  if (result == SQLITE_DONE) return Value();
  if (result != SQLITE_ROW) return failure();
  Value id(sqlite3_value_dup(sqlite3_column_value(statement.get(), 0)));
  if (!id) throw std::bad_alloc();
  return id;
}

Result<Value> CatalogWriter::Tables::playlist_of(const std::string& name) {
  auto existing = find_playlist(name);
  if (!existing || *existing) return existing;
  const auto insert = prepare(connection(), "INSERT INTO main.playlist(name) VALUES (?1)");
  if (!insert) return failure();
  bind_value(insert.get(), 1, name);
  if (!run(insert.get())) return failure();
  // Not the rowid: an id of any other type than INTEGER PRIMARY KEY is something else.
  auto made = find_playlist(name);
  if (made && !*made) {
    return unavailable(path_,
                       "the table playlist leaves out a new row or gives it no id; make "
                       "playlist.id an INTEGER PRIMARY KEY, or add the playlist yourself");
  }
  return made;
}

Result<std::vector<Result<void>>> CatalogWriter::Tables::replace_songs(
    sqlite3_value* playlist, const std::vector<std::int64_t>& songs) {
  // As serve compares: the text '1' in a column without a type is the id 1 of a column INTEGER.
  const auto clear = prepare(connection(),
                             "DELETE FROM main.playlist_song WHERE playlist_song.playlist_id IN"
                             " (SELECT id FROM main.playlist WHERE id = ?1)");
  if (!clear) return failure();
  const auto add =
      prepare(connection(),
              "INSERT INTO main.playlist_song(playlist_id, song_id, position) VALUES (?1, ?2, ?3)");
  if (!add) return failure();
  sqlite3_bind_value(clear.get(), 1, playlist);
  if (!run(clear.get())) return failure();
  std::vector<Result<void>> written;
  std::int64_t taken = 0;
  for (const std::int64_t song : songs) {
    sqlite3_bind_value(add.get(), 1, playlist);
    sqlite3_bind_int64(add.get(), 2, song);
    sqlite3_bind_int64(add.get(), 3, taken + 1);
    // What a trigger writes counts too: playlist_song may be a view.
    const auto before = sqlite3_total_changes64(connection());
    if (run(add.get()) && sqlite3_total_changes64(connection()) > before) {
      ++taken;
      written.emplace_back();
      continue;
    }
    const auto refused = refusal();
    if (!refused) return failure();
    written.emplace_back(*refused);
  }
  if (taken == 0 && !written.empty()) return written.front().error();
  return written;
}

Result<std::vector<Result<void>>> CatalogWriter::write_playlist(const std::string& name,
                                                                const Choose& choose) {
  WriteTransaction transaction(tables_->connection());
  if (!transaction.is_open()) return tables_->failure();
  if (const auto made = tables_->make_playlist_tables(); !made) return made.error();
  if (const auto current = tables_->load(); !current) return current.error();
  const auto songs = choose();
  if (!songs) return std::vector<Result<void>>();
  const auto playlist = tables_->playlist_of(name);
  if (!playlist) return playlist.error();
  auto written = tables_->replace_songs(playlist->get(), *songs);
  if (!written) return written;
  if (!transaction.commit()) return tables_->failure();
  return written;
}

}  // namespace tonearm::catalog
