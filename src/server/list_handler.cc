#include "server/list_handler.h"

#include "tonearm/base/number.h"
#include "tonearm/http/target.h"

#include "server/document.h"
#include "server/json_line.h"
#include "server/song_text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

namespace tonearm::server {
namespace {

using catalog::PageWindow;
using catalog::PlaylistPage;
using catalog::Song;
using catalog::SongPage;
using nlohmann::ordered_json;

constexpr std::uint64_t default_limit = 50;
constexpr std::uint64_t most_songs = 500;
/// Of a playlist, which comes whole up to here, and of a list that cannot go on behind a song.
constexpr std::uint64_t most_at_once = 10'000;

constexpr std::string_view json_type = "application/json";
constexpr std::string_view m3u_type = "audio/x-mpegurl; charset=utf-8";

/// A parameter that is a whole number; nothing when it is absent.
Result<std::optional<std::uint64_t>> number(const Request& request, std::string_view name,
                                            std::uint64_t least, std::uint64_t most) {
  const auto text = request.target.parameter(name);
  if (!text) return std::optional<std::uint64_t>();
  const auto value = parse_number<std::uint64_t>(*text);
  if (!value || *value < least || *value > most) {
    return Error{ErrorKind::bad_request,
                 std::string(name) + " is a whole number from " + std::to_string(least) + " to " +
                     std::to_string(most) + ".",
                 {}};
  }
  return value;
}

/// limit and offset; `unlimited` is the limit where none was asked for.
Result<PageWindow> window_of(const Request& request, std::uint64_t unlimited) {
  const auto limit = number(request, "limit", 1, most_songs);
  if (!limit) return limit.error();
  const auto offset = number(request, "offset", 0, INT64_MAX);
  if (!offset) return offset.error();
  PageWindow window;
  window.limit = limit->value_or(unlimited);
  window.offset = offset->value_or(0);
  return window;
}

std::string words_of(const Request& request) {
  return std::string(request.target.parameter("q").value_or(std::string_view()));
}

/// What `make` returns, made of so many songs or playlists. Of thousands it would stop a loop for
/// tens of milliseconds. `make` owns what it uses. Never refused: the catalog let the request in,
/// and has read its songs.
template <class Make>
io::Task<Result<std::string>> make_text(const Request& request, std::size_t count, Make make) {
  io::BlockingPool* const pool = request.shared.list_pool;
  const bool is_long = count > most_songs;
  if (is_long && pool != nullptr) {
    auto job = [make = std::move(make)](const std::stop_token&) { return make(); };
    co_return co_await pool->run_while_wanted(std::move(job));
  } else {
    co_return make();
  }
}

/// Adds songs, total, limit and offset.
void add_songs(ordered_json& list, const std::vector<Song>& songs, std::uint64_t total,
               const PageWindow& window, const SongLinks& links) {
  ordered_json& shown = list["songs"] = ordered_json::array();
  for (const Song& song : songs) shown.push_back(song_json(song, links));
  list["total"] = total;
  list["limit"] = window.limit;
  list["offset"] = window.offset;
}

ordered_json playlist_json(const PlaylistPage& page, const PageWindow& window,
                           const SongLinks& links) {
  ordered_json list;
  list["id"] = id_json(page.playlist.id, page.playlist.id_is_text);
  list["name"] = page.playlist.name;
  add_songs(list, page.songs, page.playlist.songs, window, links);
  return list;
}

ordered_json playlists_json(const std::vector<catalog::Playlist>& playlists) {
  ordered_json shown = ordered_json::array();
  for (const catalog::Playlist& playlist : playlists) {
    shown.push_back({{"id", id_json(playlist.id, playlist.id_is_text)},
                     {"name", playlist.name},
                     {"songs", playlist.songs}});
  }
  return {{"playlists", std::move(shown)}, {"total", playlists.size()}};
}

/// `id` of the path, which may be any text: the catalog knows which there are.
io::Task<Result<PlaylistPage>> find_playlist(const Request& request, PageWindow window) {
  return request.serving.store.playlist(std::string(request.id), window);
}

io::Task<Result<SongPage>> page_of_search(const Request& request, PageWindow window) {
  return request.serving.store.search(words_of(request), window);
}

io::Task<Result<SongPage>> page_of_playlist(const Request& request, PageWindow window) {
  Result<PlaylistPage> found = co_await find_playlist(request, window);
  if (!found) co_return found.error();
  SongPage page{std::move(found->songs), found->playlist.songs};
  co_return page;
}

/// A list from a song on, of which a page has been read.
struct SongList {
  using Read = io::Task<Result<SongPage>> (*)(const Request&, PageWindow);

  SongList(std::string before, SongPage first, PageWindow of_first, Read by)
      : head(std::move(before)), window(of_first), read(by) {
    take_in(std::move(first));
  }
  void take_in(SongPage next) {
    page = std::move(next);
    taken = 0;
    const std::size_t count = page.songs.size();
    is_last = count < window.limit;
    window.offset += count;
    if (count > 0) window.after = {page.songs.back().id, page.songs.back().id_is_text};
  }
  std::size_t left() const { return page.songs.size() - taken; }
  bool all_fit() const { return page.total <= window.offset; }

  std::string head;  ///< The lines before the first song.
  SongPage page;
  std::size_t taken = 0;  ///< Songs of the page whose lines were.
  PageWindow window;      ///< From the first song on that is in no page yet.
  Read read;
  bool is_last = false;  ///< Whether nothing comes behind the page.
};

/// The lines of so many songs of the page, at most.
io::Task<Result<std::string>> take_lines(const Request& request, SongList& list, std::size_t most) {
  const std::size_t count = std::min(most, list.left());
  const auto first = list.page.songs.begin() + static_cast<std::ptrdiff_t>(list.taken);
  std::vector<Song> songs(std::make_move_iterator(first),
                          std::make_move_iterator(first + static_cast<std::ptrdiff_t>(count)));
  list.taken += count;
  auto make = [songs = std::move(songs), links = SongLinks(request)] {
    std::string lines;
    for (const Song& song : songs) append_song_m3u(lines, song, links);
    return lines;
  };
  return make_text(request, count, std::move(make));
}

/// Goes to the next page where all of this one was taken; it is empty at the end. A list that
/// cannot go on behind a song may be sorted anew for each page, and has larger ones.
io::Task<Result<void>> turn_page(const Request& request, SongList& list) {
  if (list.left() > 0 || list.is_last) co_return Result<void>();
  Result<SongPage> next = co_await list.read(request, list.window);
  if (!next) co_return next.error();
  const bool by_offset = next->total > 0;
  list.take_in(std::move(*next));
  if (by_offset) list.window.limit = most_at_once;
  co_return Result<void>();
}

/// The same in one piece, for who could not tell its end from a failure: HTTP/1.0 over a unix
/// socket.
io::Task<Result<void>> send_whole_m3u(const Request& request, Responder& responder, SongList list) {
  Document document{m3u_type, std::move(list.head)};
  while (list.left() > 0) {
    const Result<std::string> lines = co_await take_lines(request, list, list.left());
    if (!lines) co_return lines.error();
    document.body += *lines;
    const Result<void> turned = co_await turn_page(request, list);
    if (!turned) co_return turned;
  }
  co_return co_await send_document(request, responder, std::move(document));
}

/// Page by page, and of a page little at a time: a client may be slow, and a list of any length.
io::Task<Result<void>> stream_m3u(const Request& request, Responder& responder, SongList list) {
  const bool until_close = request.head.version == 10;
  http::ResponseHead head = responder.begin(200, until_close);
  head.add("Content-Type", m3u_type);
  head.add("Cache-Control", "private, no-cache");
  if (!until_close) head.add("Transfer-Encoding", "chunked");
  responder.start(std::move(head), until_close ? BodyFraming::until_close : BodyFraming::chunked);
  std::string text = std::move(list.head);
  while (list.left() > 0 && request.head.method != http::verb::head) {
    Result<std::string> lines = co_await take_lines(request, list, most_songs);
    if (!lines) co_return lines.error();
    text += std::exchange(*lines, {});
    const io::Chunk chunk(std::as_bytes(std::span(text)));
    Result<void> written = co_await responder.writer().write(chunk);
    if (!written) co_return written;
    text.clear();
    const Result<void> turned = co_await turn_page(request, list);
    if (!turned) co_return turned;
  }
  co_return co_await responder.writer().finish();
}

/// The page alone where it is the rest of the list or `limit` asks for no more, else all.
io::Task<Result<void>> send_m3u(const Request& request, Responder& responder, SongList list) {
  if (!list.all_fit() && !request.target.parameter("limit")) {
    const bool in_one_piece = request.over_unix_socket && request.head.version == 10;
    const auto send = in_one_piece ? &send_whole_m3u : &stream_m3u;
    co_return co_await send(request, responder, std::move(list));
  }
  const Result<std::string> lines = co_await take_lines(request, list, list.left());
  if (!lines) co_return lines.error();
  Document document{m3u_type, list.head + *lines};
  co_return co_await send_document(request, responder, std::move(document));
}

}  // namespace

io::Task<Result<void>> list_songs(const Request& request, Responder& responder) {
  const Result<PageWindow> window = window_of(request, default_limit);
  if (!window) co_return window.error();
  const Result<SongPage> page = co_await page_of_search(request, *window);
  if (!page) co_return page.error();
  ordered_json list;
  add_songs(list, page->songs, page->total, *window, SongLinks(request));
  Document document{json_type, json_line(list)};
  co_return co_await send_document(request, responder, std::move(document));
}

io::Task<Result<void>> show_song(const Request& request, Responder& responder) {
  if (!http::is_song_id(request.id)) co_return bad_song_id();
  Result<std::shared_ptr<const Song>> song =
      co_await request.serving.store.listed(std::string(request.id));
  if (!song) co_return song.error();
  Document document{json_type, json_line(song_json(**song, SongLinks(request)))};
  co_return co_await send_document(request, responder, std::move(document));
}

io::Task<Result<void>> list_songs_as_m3u(const Request& request, Responder& responder) {
  const Result<PageWindow> window = window_of(request, most_songs);
  if (!window) co_return window.error();
  Result<SongPage> page = co_await page_of_search(request, *window);
  if (!page) co_return page.error();
  SongList list{"#EXTM3U\n", std::move(*page), *window, &page_of_search};
  co_return co_await send_m3u(request, responder, std::move(list));
}

io::Task<Result<void>> list_playlists(const Request& request, Responder& responder) {
  Result<std::vector<catalog::Playlist>> playlists = co_await request.serving.store.playlists();
  if (!playlists) co_return playlists.error();
  const std::size_t count = playlists->size();
  auto make = [playlists = std::move(*playlists)] { return json_line(playlists_json(playlists)); };
  Result<std::string> text = co_await make_text(request, count, std::move(make));
  if (!text) co_return text.error();
  Document document{json_type, std::move(*text)};
  co_return co_await send_document(request, responder, std::move(document));
}

io::Task<Result<void>> show_playlist(const Request& request, Responder& responder) {
  const Result<PageWindow> window = window_of(request, most_at_once);
  if (!window) co_return window.error();
  Result<PlaylistPage> page = co_await find_playlist(request, *window);
  if (!page) co_return page.error();
  const std::size_t count = page->songs.size();
  auto make = [page = std::move(*page), window = *window, links = SongLinks(request)] {
    return json_line(playlist_json(page, window, links));
  };
  Result<std::string> text = co_await make_text(request, count, std::move(make));
  if (!text) co_return text.error();
  Document document{json_type, std::move(*text)};
  co_return co_await send_document(request, responder, std::move(document));
}

io::Task<Result<void>> show_playlist_as_m3u(const Request& request, Responder& responder) {
  const Result<PageWindow> window = window_of(request, most_at_once);
  if (!window) co_return window.error();
  Result<PlaylistPage> found = co_await find_playlist(request, *window);
  if (!found) co_return found.error();
  SongPage page{std::move(found->songs), found->playlist.songs};
  SongList list{"#EXTM3U\n", std::move(page), *window, &page_of_playlist};
  list.head += "#PLAYLIST:" + m3u_text(found->playlist.name) + '\n';
  co_return co_await send_m3u(request, responder, std::move(list));
}

}  // namespace tonearm::server
