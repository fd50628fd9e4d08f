#pragma once

#include "tonearm/base/recent_values.h"

#include "source/origin_url.h"

#include <memory>
#include <string>

namespace tonearm::source {

/// What a request for a URL begins with (RFC 9112 §3), lines with their ends.
struct RequestStart {
  std::string line_and_host;  ///< The request line, origin-form (§3.2.1), and Host.
  std::string authorization;  ///< The URL's userinfo (RFC 7617); empty where it has none.
};

/// Of the URLs that were asked lately. One loop.
class RequestStarts {
 public:
  /// Null when libcurl, which has to connect to it, refuses the URL.
  std::shared_ptr<const RequestStart> of(const OriginUrl& url);

 private:
  RecentValues<std::shared_ptr<const RequestStart>> recent_{512};
};

}  // namespace tonearm::source
