#pragma once

#include "tonearm/base/error.h"
#include "tonearm/http/request_head.h"
#include "tonearm/http/target.h"
#include "tonearm/server/client_address.h"

#include "server/responder.h"
#include "server/serving.h"

#include <optional>
#include <string_view>

namespace tonearm::server {

/// One request, read and understood. Lives on the connection's frame while it is answered.
struct Request {
  const http::RequestHead& head;
  const http::Target& target;
  const Serving& serving;
  Shared& shared;
  std::optional<Address> client;  ///< Whose request it is, proxies looked through.
  bool over_unix_socket = false;
  bool from_trusted_proxy = false;  ///< Whether what the peer says of its client is believed.
  std::string_view id;  ///< What stands at the route's {id}, decoded and not yet checked.
};

/// For an id that is none, whatever the catalog holds.
inline Error bad_song_id() {
  return Error{ErrorKind::bad_request,
               "A song's id is 1 to 128 of A-Z a-z 0-9 . _ ~ - and neither . nor ..",
               {}};
}

/// Answers a request. An error is what could not be had: it becomes the answer while no byte has
/// left, and a reset afterwards.
using Handler = io::Task<Result<void>> (*)(const Request& request, Responder& responder);

}  // namespace tonearm::server
