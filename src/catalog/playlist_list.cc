#include "catalog/playlist_list.h"

#include "tonearm/http/target.h"

#include "catalog/id_value.h"
#include "catalog/lookup_check.h"
#include "catalog/song_columns.h"
#include "catalog/song_list.h"
#include "catalog/song_query.h"
#include "catalog/song_table.h"
#include "catalog/sqlite_handles.h"

#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace tonearm::catalog {
namespace {

/// A catalog in which no song could be found is broken, and not merely without playlists.
Error no_playlists(sqlite3* connection, const CatalogOptions& options) {
  const auto songs = SongQuery::prepare(connection, options);
  if (!songs) return songs.error();
  return Error{ErrorKind::path_not_found, "The catalog has no playlists.", {}};
}

Result<bool> has_columns(sqlite3* connection, const std::string& path, std::string_view table,
                         std::initializer_list<const char*> wanted) {
  const auto columns = table_columns(connection, path, table);
  if (!columns) return columns.error();
  for (const char* const name : wanted) {
    if (!contains_column(*columns, name)) return false;
  }
  return true;
}

Result<bool> has_tables(sqlite3* connection, const std::string& path) {
  const auto playlists = has_columns(connection, path, "playlist", {"id", "name"});
  if (!playlists || !*playlists) return playlists;
  return has_columns(connection, path, "playlist_song", {"playlist_id", "song_id", "position"});
}

/// The ids of a playlist's songs in their order.
Result<std::vector<std::string>> song_ids(sqlite3* connection, const std::string& path,
                                          std::string_view playlist) {
  const auto statement = prepare(
      connection,
      "SELECT song_id FROM main.playlist_song WHERE playlist_id IN"
      " (SELECT id FROM main.playlist WHERE CAST(id AS TEXT) = ?1) ORDER BY position, song_id");
  if (!statement) return unavailable(path, connection);
  bind_text(statement.get(), 1, playlist);
  std::vector<std::string> ids;
  const auto add = [&] { ids.push_back(id_text(sqlite3_column_value(statement.get(), 0))); };
  if (!for_each_row(statement.get(), add)) return unavailable(path, connection);
  return ids;
}

/// The ids of all playlists' songs; none without catalog.list, when each is looked up by itself.
Result<std::unordered_set<std::string>> listed_song_ids(sqlite3* connection,
                                                        const CatalogOptions& options) {
  if (!options.has_list()) return std::unordered_set<std::string>();
  const std::string& path = options.path;
  const auto statement = prepare(connection, "SELECT DISTINCT song_id FROM main.playlist_song");
  if (!statement) return unavailable(path, connection);
  std::unordered_set<std::string> ids;
  const auto add = [&] { ids.insert(id_text(sqlite3_column_value(statement.get(), 0))); };
  if (!for_each_row(statement.get(), add)) return unavailable(path, connection);
  return ids;
}

/// Finds songs by their ids: one by one in a table or by the lookup, from one pass over the rows of
/// catalog.list.
class SongsById {
 public:
  /// `wanted`: of which find() and has() will be asked; needed with catalog.list alone.
  static Result<SongsById> make(sqlite3* connection, const CatalogOptions& options,
                                const std::unordered_set<std::string>& wanted) {
    SongsById songs;
    if (!options.has_list()) {
      auto query = SongQuery::prepare(connection, options);
      if (!query) return query.error();
      songs.query_.emplace(std::move(*query));
      return songs;
    }
    auto listed = find_all_listed(connection, options, wanted);
    if (!listed) return listed.error();
    songs.listed_ = std::move(*listed);
    return songs;
  }

  /// Of songs that are in many playlists each is looked up once.
  Result<bool> has(const std::string& id) {
    const auto asked = asked_.find(id);
    if (asked != asked_.end()) return asked->second;
    const auto found = find(id);
    if (!found) return found.error();
    return asked_.emplace(id, found->has_value()).first->second;
  }

  Result<std::optional<Song>> find(const std::string& id) {
    if (!query_) {
      const auto found = listed_.find(id);
      if (found == listed_.end()) return std::optional<Song>();
      return std::optional<Song>(found->second);
    }
    if (!http::is_song_id(id)) return std::optional<Song>();
    const auto found = query_->find(id);
    // Of a song that cannot be read the others' playlist is none the worse.
    if (!found && found.error().kind == ErrorKind::bad_locator) return std::optional<Song>();
    if (!found) return found.error();
    return *found ? std::optional<Song>(**found) : std::optional<Song>();
  }

 private:
  std::optional<SongQuery> query_;
  std::unordered_map<std::string, Song> listed_;
  std::unordered_map<std::string, bool> asked_;
};

}  // namespace

Result<std::vector<Playlist>> list_playlists(sqlite3* connection, const CatalogOptions& options) {
  const auto there = has_tables(connection, options.path);
  if (!there) return there.error();
  if (!*there) return no_playlists(connection, options);
  const auto wanted = listed_song_ids(connection, options);
  if (!wanted) return wanted.error();
  auto songs = SongsById::make(connection, options, *wanted);
  if (!songs) return songs.error();
  const auto statement =
      prepare(connection,
              "SELECT playlist.id, playlist.name, playlist_song.song_id FROM main.playlist"
              " LEFT JOIN main.playlist_song ON playlist_song.playlist_id = playlist.id"
              " WHERE CAST(playlist.id AS TEXT) <> ''"  // no URL names it, nor NULL
              " ORDER BY playlist.name COLLATE NOCASE, playlist.id");
  if (!statement) return unavailable(options.path, connection);
  std::vector<Playlist> playlists;
  int result = sqlite3_step(statement.get());
  for (; result == SQLITE_ROW; result = sqlite3_step(statement.get())) {
    const bool is_text = sqlite3_column_type(statement.get(), 0) == SQLITE_TEXT;
    auto id = column_text(statement.get(), 0);
    if (playlists.empty() || playlists.back().id != id) {
      playlists.push_back({std::move(id), column_text(statement.get(), 1), 0, is_text});
    }
    const auto has_song = songs->has(id_text(sqlite3_column_value(statement.get(), 2)));
    if (!has_song) return has_song.error();
    if (*has_song) ++playlists.back().songs;
  }
  if (result != SQLITE_DONE) return unavailable(options.path, connection);
  return playlists;
}

Result<PlaylistPage> read_playlist(sqlite3* connection, const CatalogOptions& options,
                                   std::string_view id, const PageWindow& window) {
  const auto there = has_tables(connection, options.path);
  if (!there) return there.error();
  if (!*there) return no_playlists(connection, options);
  const auto statement =
      prepare(connection,
              "SELECT name, typeof(id) = 'text' FROM main.playlist WHERE CAST(id AS TEXT) = ?1");
  if (!statement) return unavailable(options.path, connection);
  bind_text(statement.get(), 1, id);
  const int result = sqlite3_step(statement.get());
  if (result == SQLITE_DONE) {
    return Error{ErrorKind::path_not_found, "There is no such playlist.", {}};
  }
  if (result != SQLITE_ROW) return unavailable(options.path, connection);

  PlaylistPage page;
  page.playlist.id = id;
  page.playlist.name = column_text(statement.get(), 0);
  page.playlist.id_is_text = sqlite3_column_int(statement.get(), 1) != 0;
  const auto ids = song_ids(connection, options.path, id);
  if (!ids) return ids.error();
  auto songs = SongsById::make(connection, options, {ids->begin(), ids->end()});
  if (!songs) return songs.error();
  for (const std::string& song_id : *ids) {
    auto song = songs->find(song_id);
    if (!song) return song.error();
    if (!*song) continue;
    const std::uint64_t place = page.playlist.songs++;
    if (place < window.offset || page.songs.size() >= window.limit) continue;
    page.songs.push_back(std::move(**song));
  }
  return page;
}

}  // namespace tonearm::catalog
