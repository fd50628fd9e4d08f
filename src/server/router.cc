#include "server/router.h"

#include "server/page.h"
#include "server/song_handler.h"

#include <algorithm>
#include <optional>

namespace tonearm::server {
namespace {

io::Task<Result<void>> answer_options(const Request&, Responder& responder) {
  return responder.send_preflight();
}

/// A path with its last segment as the id.
struct Route {
  std::string_view prefix;
  Handler handler;
};

constexpr Route routes[] = {
    {"/songs/listen/", &stream_song},
};

std::ptrdiff_t slashes(std::string_view path) { return std::ranges::count(path, '/'); }

/// The path as received: %2F is a part of a segment here, and after decoding no longer.
std::string_view raw_path(std::string_view target) {
  if (const auto scheme = target.find("://"); !target.starts_with('/') && scheme != target.npos) {
    target.remove_prefix(scheme + 3);
    target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
  }
  return target.substr(0, target.find('?'));
}

std::optional<Match> match(std::string_view path, std::ptrdiff_t depth) {
  if (path == "/") return Match{&send_page, {}};
  for (const Route& route : routes) {
    if (depth != slashes(route.prefix) || !path.starts_with(route.prefix)) continue;
    if (path.size() == route.prefix.size()) continue;
    return Match{route.handler, path.substr(route.prefix.size())};
  }
  return std::nullopt;
}

bool is_read(http::verb method) { return method == http::verb::get || method == http::verb::head; }

}  // namespace

Result<Match> find_route(const http::RequestHead& head, const http::Target& target) {
  const bool options = head.method == http::verb::options;
  if (options && target.path == "*") return Match{&answer_options, {}};
  std::optional<Match> found = match(target.path, slashes(raw_path(head.target)));
  if (!found) return Error{ErrorKind::path_not_found, {}, {}};
  if (options) found->handler = &answer_options;
  if (!options && !is_read(head.method)) return Error{ErrorKind::method_not_allowed, {}, {}};
  return *found;
}

io::Task<Result<void>> handle_client_request(const Request& request, Responder& responder) {
  const Result<Match> match = find_route(request.head, request.target);
  if (!match) co_return match.error();
  Request routed = request;
  routed.id = match->id;
  co_return co_await match->handler(routed, responder);
}

}  // namespace tonearm::server
