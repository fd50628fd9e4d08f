#pragma once

#include "tonearm/base/result.h"
#include "tonearm/server/client_address.h"

#include <cstddef>
#include <optional>
#include <string_view>

namespace tonearm::server {

/// A header of the PROXY protocol, version 1 or 2 (haproxy's doc/proxy-protocol.txt).
struct ProxyHeader {
  /// Bytes that it takes; more of them than were looked at where it ends with TLVs, which nobody
  /// needs. At most 64 KiB.
  std::size_t size = 0;
  /// Where the client is. Empty for UNKNOWN, LOCAL and what is no TCP: then it is the peer itself.
  std::optional<Address> source;
};

/// Reads the header that `received` begins with. No value: more bytes are needed (of 232 at most).
/// bad_request when none begins there.
Result<std::optional<ProxyHeader>> parse_proxy_header(std::string_view received);

}  // namespace tonearm::server
