#pragma once

#include "tonearm/base/result.h"

#include <string>
#include <string_view>

namespace tonearm::source {

/// A URL that we may ask, and what decides whom we trust with what.
struct OriginUrl {
  std::string text;    ///< As libcurl gets it: absolute, without a fragment.
  std::string scheme;  ///< "http" or "https".
  std::string host;    ///< Lower case, brackets of IPv6 kept.
  std::string port;    ///< Never empty.

  /// RFC 6454: where credentials may go.
  bool same_origin(const OriginUrl& other) const {
    return scheme == other.scheme && host == other.host && port == other.port;
  }
  /// The key of per-host limits.
  std::string authority() const { return host + ':' + port; }
};

/// An absolute http or https URL; what is encoded already stays as it is.
Result<OriginUrl> parse_origin_url(std::string_view text);

/// The same of what people and pages write: what a URL cannot hold is encoded first (RFC 3986
/// §2.1), as browsers do.
Result<OriginUrl> parse_loose_origin_url(std::string_view text);

/// `base_url` + a plain name: every byte that a URL path cannot hold is percent-encoded (RFC 3986
/// §3.3), '/' separates segments; an empty, `.` or `..` segment is bad_locator. Whatever the name,
/// the authority is that of `base_url`, whose empty path is "/".
Result<OriginUrl> url_of_plain_name(std::string_view base_url, std::string_view name);

/// Where a redirect leads (RFC 9110 §10.2.2): http and https only, never from https to http. Loose,
/// too; within an origin the userinfo of `from` stays.
Result<OriginUrl> resolve_redirect(const OriginUrl& from, std::string_view location);

}  // namespace tonearm::source
