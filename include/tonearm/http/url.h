#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tonearm::http {

/// RFC 3986 §3.2, nothing decoded.
struct Authority {
  std::optional<std::string> userinfo;
  std::string host;  ///< A name or an address, that of IPv6 in its brackets. May be empty.
  std::string port;  ///< Digits; empty: the scheme's own.
};

/// Empty for what is none.
std::optional<Authority> parse_authority(std::string_view text);

/// A URL (RFC 3986 §3) without its fragment, nothing decoded.
struct Url {
  std::string scheme;  ///< Lower case.
  Authority authority;
  std::string path;  ///< Empty, or begins with '/' where there is a host.
  std::optional<std::string> query;
};

/// An absolute URL with an authority; empty for anything else.
std::optional<Url> parse_url(std::string_view text);

/// What a reference leads to from `base` (RFC 3986 §5.2). Empty for what is no reference; what it
/// leads to may have no host.
std::optional<Url> resolve(const Url& base, std::string_view reference);

/// RFC 3986 §5.3; an empty port leaves no colon.
std::string to_string(const Url& url);

/// The part of a URL, or of a reference to one, that is its authority (RFC 3986 §3.2); it may be
/// empty, or not there.
std::optional<std::string_view> authority_in(std::string_view text);

}  // namespace tonearm::http
