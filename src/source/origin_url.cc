#include "source/origin_url.h"

#include "tonearm/base/ascii.h"
#include "tonearm/http/port.h"
#include "tonearm/http/stray_bytes.h"
#include "tonearm/http/url.h"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/pchars.hpp>

#include <algorithm>
#include <cstddef>

namespace tonearm::source {
namespace {

Result<OriginUrl> origin_url_of(const http::Url& url) {
  OriginUrl out;
  out.scheme = url.scheme;
  if (out.scheme != "http" && out.scheme != "https") {
    return Error{ErrorKind::bad_locator, "only http and https can be asked, not " + out.scheme, {}};
  }
  out.host = to_lower(url.authority.host);
  if (out.host.empty()) return Error{ErrorKind::bad_locator, "the URL names no host", {}};
  out.port = !url.authority.port.empty() ? url.authority.port
             : out.scheme == "https"     ? "443"
                                         : "80";
  if (!http::is_port(out.port)) {
    return Error{ErrorKind::bad_locator, "the URL's port is not from 1 to 65535", {}};
  }
  out.port.erase(0, out.port.find_first_not_of('0'));
  out.text = to_string(url);
  return out;
}

/// 0 where there is none.
std::size_t end_of_authority(std::string_view text) {
  const auto authority = http::authority_in(text);
  if (!authority) return 0;
  return static_cast<std::size_t>(authority->data() + authority->size() - text.data());
}

/// What a URL cannot hold is encoded; brackets stand only in its authority.
std::string without_strays(std::string_view text) {
  constexpr CharSet authority_chars = make_char_set("-._~:/?#@!$&'()*+,;=[]");
  const std::size_t end = end_of_authority(text);
  return http::encode_strays(text.substr(0, end), authority_chars) +
         http::encode_strays(text.substr(end));
}

}  // namespace

Result<OriginUrl> parse_loose_origin_url(std::string_view text) {
  return parse_origin_url(without_strays(text));
}

Result<OriginUrl> parse_origin_url(std::string_view text) {
  const auto url = http::parse_url(text);
  if (!url) return Error{ErrorKind::bad_locator, "not a valid absolute URL", {}};
  return origin_url_of(*url);
}

Result<OriginUrl> url_of_plain_name(std::string_view base_url, std::string_view name) {
  std::string text(base_url);
  // An empty path is "/" (RFC 3986 §6.2.3); without it the name would go on with the host's.
  if (end_of_authority(text) == text.size()) text += '/';
  for (std::size_t start = 0; start <= name.size();) {
    const std::size_t slash = std::min(name.find('/', start), name.size());
    const std::string_view segment = name.substr(start, slash - start);
    if (segment.empty() || segment == "." || segment == "..") {
      return Error{ErrorKind::bad_locator,
                   "the catalog's file value has an empty, \".\" or \"..\" path segment",
                   {}};
    }
    if (start != 0) text += '/';
    text += boost::urls::encode(segment, boost::urls::pchars);
    start = slash + 1;
  }
  return parse_origin_url(text);
}

Result<OriginUrl> resolve_redirect(const OriginUrl& from, std::string_view location) {
  const auto refused = [](std::string why) {
    return Error{ErrorKind::http_protocol_error, "the origin's redirect " + std::move(why), {}};
  };
  const http::Url base = http::parse_url(from.text).value();
  auto target = http::resolve(base, without_strays(location));
  if (!target) return refused("is not a valid URL");
  auto to = origin_url_of(*target);
  if (!to) return refused("leads to what cannot be asked: " + to.error().detail);
  if (to->same_origin(from) && !target->authority.userinfo) {
    target->authority.userinfo = base.authority.userinfo;
    to = origin_url_of(*target);
  }
  if (from.scheme == "https" && to->scheme == "http") return refused("leads from https to http");
  return to;
}

}  // namespace tonearm::source
