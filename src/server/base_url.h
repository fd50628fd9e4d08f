#pragma once

#include "tonearm/http/request_head.h"

#include <string>
#include <string_view>

namespace tonearm::server {

/// What stands before the path of an absolute URL of ours, without a slash at its end:
/// `public_url` if it is set, else what the request says: Host, or `authority` where its target is
/// in absolute-form. A trusted proxy's Forwarded (RFC 7239) or X-Forwarded-Proto, -Host and -Prefix
/// beat Host; of several values the last counts, which is the one that the proxy next to us wrote.
/// Without a usable host only the prefix is left, so that URLs are relative to the server. What is
/// no scheme, host or path is not looked at: nothing that a client sends can make up another part
/// of a URL.
std::string base_url(const http::RequestHead& head, std::string_view authority,
                     bool from_trusted_proxy, const std::string& public_url);

}  // namespace tonearm::server
