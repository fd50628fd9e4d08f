#include "server/router.h"

#include "server/list_handler.h"
#include "server/page.h"
#include "server/sent_path.h"
#include "server/song_handler.h"
#include "server/thumbnail_handler.h"

#include <algorithm>
#include <optional>

namespace tonearm::server {
namespace {

io::Task<Result<void>> answer_options(const Request&, Responder& responder) {
  return responder.send_preflight();
}

/// A path, and who may ask for it. `{id}` is one segment or the beginning of one.
struct Route {
  constexpr Route(std::string_view path, Access who, Handler how)
      : prefix(path.substr(0, path.find(id))), access(who), handler(how) {
    has_id = prefix.size() < path.size();
    if (has_id) suffix = path.substr(prefix.size() + id.size());
  }

  static constexpr std::string_view id = "{id}";
  std::string_view prefix;
  std::string_view suffix;
  bool has_id = false;
  Access access;
  Handler handler;
};

/// The first that fits counts.
constexpr Route routes[] = {
    {"/", Access::open, &send_page},
    {"/songs/listen/{id}", Access::stream, &stream_song},
    {"/songs", Access::list, &list_songs},
    {"/songs.m3u", Access::m3u, &list_songs_as_m3u},
    {"/songs/{id}/thumbnail", Access::list, &send_thumbnail},
    {"/songs/{id}", Access::list, &show_song},
    {"/playlists", Access::list, &list_playlists},
    {"/playlists/{id}.m3u", Access::m3u, &show_playlist_as_m3u},
    {"/playlists/{id}", Access::list, &show_playlist},
};

std::ptrdiff_t slashes(std::string_view path) { return std::ranges::count(path, '/'); }

std::optional<Match> match(std::string_view path, std::ptrdiff_t depth) {
  for (const Route& route : routes) {
    if (depth != slashes(route.prefix) + slashes(route.suffix)) continue;
    if (!path.starts_with(route.prefix) || !path.ends_with(route.suffix)) continue;
    const std::size_t around = route.prefix.size() + route.suffix.size();
    if (route.has_id ? path.size() <= around : path.size() != around) continue;
    const auto id = path.substr(route.prefix.size(), path.size() - around);
    return Match{route.handler, route.access, id};
  }
  return std::nullopt;
}

bool is_read(http::verb method) { return method == http::verb::get || method == http::verb::head; }

}  // namespace

Result<Match> find_route(const http::RequestHead& head, const http::Target& target) {
  if (head.method == http::verb::options) return Match{&answer_options, Access::open, {}};
  // RFC 9112 §3.2.4.
  if (target.path == "*") return Error{ErrorKind::bad_request, "* is for OPTIONS alone", {}};
  std::optional<Match> found = match(target.path, slashes(sent_path(head.target)));
  if (!found) return Error{ErrorKind::path_not_found, {}, {}};
  if (!is_read(head.method)) return Error{ErrorKind::method_not_allowed, {}, {}};
  return *found;
}

io::Task<Result<void>> handle_client_request(const Request& request, Responder& responder) {
  if (const Result<void> counted = count_request(request); !counted) co_return counted.error();
  const Result<Match> match = find_route(request.head, request.target);
  if (!match) co_return match.error();
  const Result<void> allowed = check_access(request, match->access);
  if (!allowed) co_return allowed.error();
  Request routed = request;
  routed.id = match->id;
  co_return co_await match->handler(routed, responder);
}

}  // namespace tonearm::server
