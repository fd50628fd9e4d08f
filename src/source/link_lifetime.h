#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace tonearm::source {

using UnixTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// When a link says itself that it ends: `expire=` or `Expires=` with a Unix time (CDNs, and S3's
/// older signatures), `X-Amz-Date` + `X-Amz-Expires` (Signature Version 4). The earliest counts;
/// empty when it says nothing that could be a time.
std::optional<UnixTime> link_expiry(std::string_view url);

/// For how long a link is good, counted from when it was found.
struct LinkLifetime {
  std::chrono::milliseconds renew;  ///< From then on a listener has it renewed in the background.
  std::chrono::milliseconds keep;   ///< From then on nobody is given it any more.
  /// What the link says itself, less a margin; empty when it says nothing.
  std::optional<std::chrono::milliseconds> stated;
};

/// What the link says; `ttl` where it says nothing. A `ttl` of 0 keeps nothing, whatever it says.
LinkLifetime link_lifetime(std::string_view url, UnixTime found, std::chrono::milliseconds ttl);

}  // namespace tonearm::source
