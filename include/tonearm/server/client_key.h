#pragma once

#include "tonearm/server/client_address.h"

#include <algorithm>
#include <array>

namespace tonearm::server {

/// What limits count by: an IPv4 address, or the /64 of an IPv6 one, which is what one customer
/// has.
using ClientKey = std::array<unsigned char, 16>;

inline ClientKey client_key(const Address& address) {
  namespace ip = boost::asio::ip;
  if (address.is_v4()) return ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes();
  ClientKey key = address.to_v6().to_bytes();
  if (!address.to_v6().is_v4_mapped()) std::fill(key.begin() + 8, key.end(), 0);
  return key;
}

}  // namespace tonearm::server
