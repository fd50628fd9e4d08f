#pragma once

#include "tonearm/server/client_address.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace tonearm::server {

/// What the listener takes from [server], [upstream], [stream] and [access]. Sizes are bytes.
struct Options {
  std::size_t max_connections = 10'000;  ///< Of all loops together.
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds idle_timeout{75'000};
  std::chrono::milliseconds send_timeout{4 * 3'600'000};
  TrustedProxies trusted_proxies;
  bool proxy_protocol = false;  ///< Each client connection begins with a PROXY header.
  std::string public_url;       ///< Base of absolute URLs; empty: what the request says.
  std::vector<std::string> cors_origins = {"*"};
  std::chrono::milliseconds first_byte_timeout{10'000};  ///< That of [upstream].
  std::string cache_control = "private, max-age=3600";
  std::uint64_t max_range = 0;  ///< stream.max_range; 0: no limit.
  std::uint64_t rate = 0;       ///< stream.rate, bytes per second; 0: not paced.
  std::uint64_t rate_after = 1024 * 1024;

  // [access]
  std::vector<std::string> signing_keys;
  std::chrono::seconds link_ttl{6 * 3600};
  std::vector<std::string> api_tokens;
  unsigned requests_per_second = 0;  ///< For one client; 0: no limit.
  unsigned streams_per_client = 0;   ///< 0: no limit.
};

}  // namespace tonearm::server
