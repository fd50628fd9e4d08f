#pragma once

#include "server/access_guard.h"
#include "server/request.h"

#include <string_view>

namespace tonearm::server {

/// Where a request of the client listener belongs.
struct Match {
  Handler handler;
  Access access;
  std::string_view id;  ///< Points into the target.
};

/// path_not_found, or method_not_allowed. OPTIONS of any path is the preflight's: it tells nobody
/// what is there.
Result<Match> find_route(const http::RequestHead& head, const http::Target& target);

/// The handler of the client listener: counts the request, finds its route, and
/// follows it if the client may.
io::Task<Result<void>> handle_client_request(const Request& request, Responder& responder);

}  // namespace tonearm::server
