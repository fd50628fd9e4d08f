#pragma once

#include "tonearm/server/client_address.h"

#include <optional>
#include <string_view>

namespace tonearm::server {

/// A port as its decimal digits, at most five of them and 65535. Unlike http::is_port(), which
/// wants one to connect to, it takes 0: a peer may say so.
bool is_port_number(std::string_view text);

/// An address without port, brackets or zone; empty when it is none.
std::optional<Address> parse_address(std::string_view text);

/// An address as forwarding fields have it: `v4`, `v4:port`, `v6`, `[v6]`, `[v6]:port`.
std::optional<Address> parse_node(std::string_view text);

/// An IPv4-mapped IPv6 address as the IPv4 one that it is.
Address unmapped(const Address& address);

}  // namespace tonearm::server
