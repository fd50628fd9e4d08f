#pragma once

#include "server/request.h"

#include <cstdint>
#include <string_view>

namespace tonearm::server {

/// What lets a client in, where the configuration wants anything at all.
enum class Access : std::uint8_t {
  open,    ///< Everybody: the page, OPTIONS.
  stream,  ///< A signed link, where there are access.signing_keys.
  list,    ///< A bearer token, where there are access.api_tokens.
  m3u,     ///< The same, or a signed link: players send no tokens.
};

/// Where a request of the client listener belongs.
struct Match {
  Handler handler;
  Access access;
  std::string_view id;  ///< Points into the target.
};

/// path_not_found, or method_not_allowed. OPTIONS of anything that is there is the preflight's.
Result<Match> find_route(const http::RequestHead& head, const http::Target& target);

/// The handler of the client listener: finds the route and follows it.
io::Task<Result<void>> handle_client_request(const Request& request, Responder& responder);

}  // namespace tonearm::server
