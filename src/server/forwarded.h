#pragma once

#include "tonearm/http/request_head.h"
#include "tonearm/server/client_address.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace tonearm::server {

/// What one proxy says of the request that it got: an element of Forwarded (RFC 7239 §4).
struct Hop {
  bool has_for = false;
  std::optional<Address> client;  ///< `for`; empty: it says no address (`unknown`, `_hidden`).
  std::string proto;              ///< As it stands there; empty: it says none.
  std::string host;               ///< Likewise.
};

/// What a chain of proxies says, the nearest last.
using Hops = std::vector<Hop>;

/// The elements of all Forwarded fields. A line that breaks the grammar counts as one hop with a
/// `for` that says no address.
Hops read_forwarded(const http::RequestHead& head);

/// X-Forwarded-For; empty when it is absent.
Hops read_x_forwarded_for(const http::RequestHead& head);

/// The hop that a trusted proxy tells of and that is farthest from us: each hop is told by the one
/// behind it, the last by the peer, which has to be trusted. No value when there are no hops.
std::optional<std::size_t> farthest_believed(const Hops& hops, const TrustedProxies& trusted);

}  // namespace tonearm::server
