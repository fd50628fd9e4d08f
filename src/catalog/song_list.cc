#include "catalog/song_list.h"

#include "catalog/lookup_check.h"
#include "catalog/search_index.h"
#include "catalog/search_words.h"
#include "catalog/song_columns.h"
#include "catalog/song_id.h"
#include "catalog/song_table.h"
#include "catalog/sqlite_handles.h"

#include <functional>
#include <optional>
#include <utility>

namespace tonearm::catalog {
namespace {

/// Sets the values of a statement's parameters in their order.
class Binder {
 public:
  explicit Binder(sqlite3_stmt* statement) : statement_(statement) {}
  Binder& operator<<(std::uint64_t value) {
    sqlite3_bind_int64(statement_, ++last_, static_cast<std::int64_t>(value));
    return *this;
  }
  Binder& operator<<(std::string_view text) {
    bind_text(statement_, ++last_, text);
    return *this;
  }
  Binder& operator<<(const LastSong& song) {
    const auto integer = song.id_is_text ? std::nullopt : canonical_integer(song.id);
    if (!integer) return *this << std::string_view(song.id);
    sqlite3_bind_int64(statement_, ++last_, *integer);
    return *this;
  }

 private:
  sqlite3_stmt* statement_;
  int last_ = 0;
};

/// All songs of a statement, which is bound and not yet stepped.
Result<std::vector<Song>> read_all(sqlite3* connection, const std::string& path,
                                   sqlite3_stmt* statement) {
  const SongColumns columns(statement);
  std::vector<Song> songs;
  const auto add = [&] { songs.push_back(columns.read(statement, {})); };
  if (!for_each_row(statement, add)) return unavailable(path, connection);
  return songs;
}

/// What a song fulfils that comes behind another one in the table.
constexpr std::string_view is_behind = "music_song.\"id\" > ?";

/// The same window in the table music_song: behind the song that came last, or by offset.
PageWindow table_window(sqlite3* connection, PageWindow window) {
  if (window.after && !has_unique_ids(connection)) window.after.reset();
  if (window.after) window.offset = 0;
  return window;
}

/// A part of the table, and how many there are in all: by two statements, whose parameters are
/// `match` if there is one, and of the second also the window's.
Result<SongPage> read_page(sqlite3* connection, const std::string& path, const std::string& count,
                           const std::string& page, const std::optional<std::string>& match,
                           const PageWindow& window) {
  const auto counting = prepare(connection, count);
  const auto paging = counting ? prepare(connection, page) : nullptr;
  if (!counting || !paging) return unavailable(path, connection);
  Binder count_binder(counting.get());
  Binder page_binder(paging.get());
  if (match) {
    count_binder << *match;
    page_binder << *match;
  }
  if (window.after) page_binder << *window.after;
  page_binder << window.limit << window.offset;
  const auto total = window.after ? 0 : read_integer(counting.get());
  if (!total) return unavailable(path, connection);
  auto songs = read_all(connection, path, paging.get());
  if (!songs) return songs.error();
  return SongPage{std::move(*songs), static_cast<std::uint64_t>(*total)};
}

/// Reads every row of a statement, and counts and keeps those that can be played and hold all the
/// words.
Result<SongPage> scan(sqlite3* connection, const std::string& path, sqlite3_stmt* statement,
                      const std::function<bool(std::string_view)>& matches,
                      const PageWindow& window) {
  const SongColumns columns(statement);
  SongPage page;
  const auto count_and_keep = [&] {
    if (!columns.can_be_asked_for(statement)) return;
    if (matches && !matches(columns.searched_text(statement))) return;
    const std::uint64_t place = page.total++;
    if (place < window.offset || page.songs.size() >= window.limit) return;
    page.songs.push_back(columns.read(statement, {}));
  };
  if (!for_each_row(statement, count_and_keep)) return unavailable(path, connection);
  return page;
}

Result<SongPage> search_table(sqlite3* connection, const CatalogOptions& options,
                              const WordFolder& folder, const std::vector<std::string>& wanted,
                              const PageWindow& asked) {
  const auto select = song_table_select(connection, options.path);
  if (!select) return select.error();
  const PageWindow window = table_window(connection, asked);
  if (has_search_index(connection)) {
    const std::string found =
        " FROM main.music_song_search WHERE music_song_search MATCH ? AND EXISTS"
        " (SELECT 1 FROM main.music_song WHERE music_song.\"id\" = music_song_search.rowid)";
    return read_page(connection, options.path, "SELECT count(*)" + found,
                     *select + " WHERE music_song.\"id\" IN (SELECT rowid" + found +
                         (window.after ? " AND rowid > ?" : "") +
                         " ORDER BY rowid LIMIT ? OFFSET ?) ORDER BY music_song.\"id\"",
                     match_expression(wanted), window);
  }
  const std::string where = window.after ? " WHERE " + std::string(is_behind) : "";
  const auto statement = prepare(connection, *select + where + " ORDER BY music_song.\"id\"");
  if (!statement) return unavailable(options.path, connection);
  if (window.after) Binder(statement.get()) << *window.after;
  return scan(
      connection, options.path, statement.get(),
      [&](std::string_view text) { return folder.matches(text, wanted); }, window);
}

Result<SongPage> list_table(sqlite3* connection, const CatalogOptions& options,
                            const PageWindow& asked) {
  const auto select = song_table_select(connection, options.path);
  if (!select) return select.error();
  const PageWindow window = table_window(connection, asked);
  const std::string listed =
      has_rowids_for_ids(connection) ? "" : " WHERE tonearm_is_song_id(music_song.\"id\")";
  std::string wanted = listed;
  if (window.after) wanted += (listed.empty() ? " WHERE " : " AND ") + std::string(is_behind);
  return read_page(connection, options.path, "SELECT count(*) FROM main.music_song" + listed,
                   *select + wanted + " ORDER BY music_song.\"id\" LIMIT ? OFFSET ?", std::nullopt,
                   window);
}

/// catalog.list, but of its rows only those whose id SQLite holds for equal to this one: it finds
/// them by an index where there is one. Null when the list is not to be had so (a comment that does
/// not end).
Statement prepare_narrowed(sqlite3* connection, sqlite3_stmt* list, int id_column,
                           std::string_view id) {
  std::string_view sql = sqlite3_sql(list);
  if (sql.ends_with(';')) sql.remove_suffix(1);
  // Names of its own for all columns: those of the list may be anything, and there twice.
  std::string columns;
  for (int column = 0; column < sqlite3_column_count(list); ++column) {
    columns += (column > 0 ? ", c" : "c") + std::to_string(column);
  }
  auto narrowed = prepare(connection, "WITH listed(" + columns + ") AS (\n" + std::string(sql) +
                                          "\n) SELECT * FROM listed WHERE c" +
                                          std::to_string(id_column) + " IN (?1, ?2)");
  if (!narrowed) return narrowed;
  // A column without a type tells '1' from 1.
  bind_text(narrowed.get(), 1, id);
  if (const auto integer = canonical_integer(id)) sqlite3_bind_int64(narrowed.get(), 2, *integer);
  return narrowed;
}

/// Whether SQLite may take the text for a number. In a list of two tables with ids of two types it
/// then compares some of them in the wrong one.
bool is_like_number(std::string_view id) {
  return id.find_first_not_of("0123456789.eE-") == std::string_view::npos;
}

/// The first row whose id is written so, null when there is none. Affinities and collations find
/// more than is meant (01, 1e0).
Result<std::shared_ptr<const Song>> find_in_rows(sqlite3* connection, const std::string& path,
                                                 sqlite3_stmt* rows, const SongColumns& columns,
                                                 std::string_view id) {
  int result = sqlite3_step(rows);
  for (; result == SQLITE_ROW; result = sqlite3_step(rows)) {
    if (!columns.can_be_asked_for(rows) || !columns.has_id(rows, id)) continue;
    return std::make_shared<const Song>(columns.read(rows, id));
  }
  if (result != SQLITE_DONE) return unavailable(path, connection);
  return std::shared_ptr<const Song>();
}

}  // namespace

Result<SongPage> search_songs(sqlite3* connection, const CatalogOptions& options,
                              std::string_view words, const PageWindow& window) {
  const bool table = is_listed_by_table(options);
  if (table && is_blank(words)) return list_table(connection, options, window);

  std::optional<Statement> list;
  if (!table) {
    auto checked = prepare_checked_list(connection, options);
    if (!checked) return checked.error();
    list.emplace(std::move(*checked));
    if (is_blank(words)) return scan(connection, options.path, list->get(), {}, window);
  }
  const auto folder = WordFolder::make(connection, options.path);
  if (!folder) return folder.error();
  const auto wanted = wanted_words(*folder, words);
  // Nothing but punctuation: there is no word to find.
  if (wanted.empty()) return SongPage();
  if (table) return search_table(connection, options, *folder, wanted, window);
  return scan(
      connection, options.path, list->get(),
      [&](std::string_view text) { return folder->matches(text, wanted); }, window);
}

Result<std::unordered_map<std::string, Song>> find_all_listed(
    sqlite3* connection, const CatalogOptions& options,
    const std::unordered_set<std::string>& wanted) {
  const auto list = prepare_checked_list(connection, options);
  if (!list) return list.error();
  const SongColumns columns(list->get());
  std::unordered_map<std::string, Song> found;
  const auto keep = [&] {
    if (!columns.can_be_asked_for(list->get())) return;
    std::string id = columns.id(list->get());
    if (wanted.contains(id)) found.try_emplace(std::move(id), columns.read(list->get(), {}));
  };
  if (!for_each_row(list->get(), keep)) return unavailable(options.path, connection);
  return found;
}

Result<std::shared_ptr<const Song>> find_listed(sqlite3* connection, const CatalogOptions& options,
                                                std::string_view id) {
  const auto list = prepare_checked_list(connection, options);
  if (!list) return list.error();
  const SongColumns columns(list->get());
  const auto narrowed = prepare_narrowed(connection, list->get(), columns.id_column(), id);
  if (narrowed) {
    auto found = find_in_rows(connection, options.path, narrowed.get(), columns, id);
    if (!found || *found || !is_like_number(id)) return found;
  }
  return find_in_rows(connection, options.path, list->get(), columns, id);
}

}  // namespace tonearm::catalog
