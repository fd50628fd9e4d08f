#pragma once

struct sockaddr;

namespace tonearm::source {

/// Loopback, RFC 1918, link-local, 0/8, 100.64/10, fc00::/7, multicast, reserved and unspecified
/// addresses, and IPv6 forms that carry a private IPv4 (mapped, 6to4, NAT64). Everything that is no
/// IP address counts as private.
bool is_private_address(const sockaddr& address);

}  // namespace tonearm::source
