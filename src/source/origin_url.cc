#include "source/origin_url.h"

#include "tonearm/base/ascii.h"
#include "tonearm/http/port.h"
#include "tonearm/http/stray_bytes.h"

#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/pchars.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>

namespace tonearm::source {
namespace {

namespace urls = boost::urls;

Result<OriginUrl> origin_url_of(const urls::url_view& url) {
  OriginUrl out;
  out.scheme = to_lower(url.scheme());
  if (out.scheme != "http" && out.scheme != "https") {
    return Error{ErrorKind::bad_locator, "only http and https can be asked, not " + out.scheme, {}};
  }
  out.host = to_lower(url.encoded_host());
  if (out.host.empty()) return Error{ErrorKind::bad_locator, "the URL names no host", {}};
  out.port = url.has_port() && !url.port().empty() ? std::string(url.port())
             : out.scheme == "https"               ? "443"
                                                   : "80";
  if (!http::is_port(out.port)) {
    return Error{ErrorKind::bad_locator, "the URL's port is not from 1 to 65535", {}};
  }
  const std::string_view whole(url.data(), url.size());
  out.text = whole.substr(0, whole.find('#'));
  return out;
}

/// Where the authority of a URL or of a reference to one ends; 0 where there is none.
std::size_t end_of_authority(std::string_view text) {
  const std::size_t slashes = text.find("//");
  if (slashes == std::string_view::npos) return 0;
  const bool begins_it = slashes == 0 || text.find_first_of(":/?#") == slashes - 1;
  if (!begins_it || (slashes > 0 && text[slashes - 1] != ':')) return 0;
  return std::min(text.find_first_of("/?#", slashes + 2), text.size());
}

/// What a URL cannot hold is encoded; brackets stand only in its authority.
std::string without_strays(std::string_view text) {
  constexpr CharSet authority_chars = make_char_set("-._~:/?#@!$&'()*+,;=[]");
  const std::size_t authority = end_of_authority(text);
  return http::encode_strays(text.substr(0, authority), authority_chars) +
         http::encode_strays(text.substr(authority));
}

}  // namespace

Result<OriginUrl> parse_loose_origin_url(std::string_view text) {
  return parse_origin_url(without_strays(text));
}

Result<OriginUrl> parse_origin_url(std::string_view text) {
  auto url = urls::parse_uri(text);
  if (!url) {
    return Error{ErrorKind::bad_locator, "not a valid absolute URL: " + url.error().message(), {}};
  }
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
    text += urls::encode(segment, urls::pchars);
    start = slash + 1;
  }
  return parse_origin_url(text);
}

Result<OriginUrl> resolve_redirect(const OriginUrl& from, std::string_view location) {
  const auto refused = [](std::string why) {
    return Error{ErrorKind::http_protocol_error, "the origin's redirect " + std::move(why), {}};
  };
  const std::string encoded = without_strays(location);
  auto reference = urls::parse_uri_reference(encoded);
  if (!reference) return refused("is not a valid URL");
  const urls::url base(urls::parse_uri(from.text).value());
  urls::url target;
  if (!urls::resolve(base, *reference, target)) return refused("cannot be resolved");
  auto to = origin_url_of(target);
  if (!to) return refused("leads to what cannot be asked: " + to.error().detail);
  if (to->same_origin(from) && base.has_userinfo() && !target.has_userinfo()) {
    target.set_encoded_userinfo(base.encoded_userinfo());
    to = origin_url_of(target);
  }
  if (from.scheme == "https" && to->scheme == "http") return refused("leads from https to http");
  return to;
}

}  // namespace tonearm::source
