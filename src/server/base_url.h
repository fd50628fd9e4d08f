#pragma once

#include "tonearm/http/request_head.h"
#include "tonearm/server/client_address.h"

#include <string>
#include <string_view>

namespace tonearm::server {

/// What stands before the path of an absolute URL of ours, without a slash at its end:
/// `public_url` if it is set, else what the request says: Host, or `authority` where its target is
/// in absolute-form. What trusted proxies say beats Host: X-Forwarded-Proto, -Host and -Prefix, of
/// several values the last, which the proxy next to us wrote, and before them Forwarded (RFC 7239),
/// of several elements the one that also tells who the client is. `trusted` is null where the peer
/// is no trusted proxy. Without a usable host only the prefix is left, so that URLs are relative to
/// the server. What is no scheme, host or path is not looked at: nothing that a client sends can
/// make up another part of a URL.
std::string base_url(const http::RequestHead& head, std::string_view authority,
                     const TrustedProxies* trusted, const std::string& public_url);

}  // namespace tonearm::server
