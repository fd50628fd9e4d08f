#pragma once

#include "server/request.h"

namespace tonearm::server {

/// What lets a client in, where the configuration wants anything at all.
enum class Access : std::uint8_t {
  open,    ///< Everybody: the page, OPTIONS.
  stream,  ///< A signed link, where there are access.signing_keys.
  list,    ///< A bearer token, where there are access.api_tokens.
  m3u,     ///< The same, or a signed link: players send no tokens.
};

/// Counts the request for access.requests_per_second: too_many_requests, and when to come again. A
/// unix socket's peer that forwards for nobody has no address and is not counted.
Result<void> count_request(const Request& request);

/// Whether this request may have what is behind its route: unauthorized or forbidden, and why.
Result<void> check_access(const Request& request, Access access);

}  // namespace tonearm::server
