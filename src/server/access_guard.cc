#include "server/access_guard.h"

#include <chrono>

namespace tonearm::server {
namespace {

Result<void> check_link(const Request& request) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return request.serving.links.verify(request.target, now, request.client);
}

/// A player is given a link instead of a token.
Result<void> check_playlist(const Request& request) {
  const Result<void> token = request.serving.tokens.verify(request.head);
  if (token || !request.serving.links.has_keys()) return token;
  if (!request.target.parameter("sig")) return token;
  const Result<void> link = check_link(request);
  if (link) return link;
  return Error{ErrorKind::unauthorized, link.error().detail, {}};
}

}  // namespace

Result<void> count_request(const Request& request) {
  const unsigned rate = request.serving.options.requests_per_second;
  if (rate == 0 || !request.client) return {};
  const auto wait =
      request.shared.requests.count(*request.client, rate, RequestLimiter::Clock::now());
  if (wait) return Error{ErrorKind::too_many_requests, {}, wait};
  return {};
}

Result<void> check_access(const Request& request, Access access) {
  switch (access) {
    case Access::open:
      return {};
    case Access::stream:
      return check_link(request);
    case Access::list:
      if (!request.serving.tokens.any()) return {};
      return request.serving.tokens.verify(request.head);
    case Access::m3u:
      if (!request.serving.tokens.any()) return {};
      return check_playlist(request);
  }
  return Error{ErrorKind::internal, "a route without a class of access", {}};
}

}  // namespace tonearm::server
