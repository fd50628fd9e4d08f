#include "tonearm/http/url.h"

#include "tonearm/base/ascii.h"

#include <boost/url/authority_view.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>

namespace tonearm::http {
namespace {

namespace urls = boost::urls;

// Boost.URL (1.81) ends a host behind the IPv4 address that it begins with, and takes the rest of
// `10.0.0.1.example:81/` for the path; libcurl and everybody else connect to that host. So it is
// shown this one instead.
constexpr std::string_view stand_in = "h";

std::string with_stand_in(std::string_view text) {
  const auto authority = authority_in(text);
  if (!authority) return std::string(text);
  const auto first = static_cast<std::size_t>(authority->data() - text.data());
  return std::string(text).replace(first, authority->size(), stand_in);
}

/// Of a host that begins with a letter Boost.URL finds the end.
bool is_host(std::string_view text) {
  const std::string shown = text.starts_with('[') ? std::string(text) : 'h' + std::string(text);
  const auto authority = urls::parse_authority(shown);
  return authority && authority->encoded_host() == shown;
}

bool is_userinfo(std::string_view text) {
  return urls::parse_authority(std::string(text) + '@' + std::string(stand_in)).has_value();
}

Url parts_of(const urls::url_view& url, Authority authority) {
  Url out;
  out.scheme = to_lower(url.scheme());
  out.authority = std::move(authority);
  out.path = url.encoded_path();
  if (url.has_query()) out.query = url.encoded_query();
  return out;
}

/// RFC 3986 §5.2.4, of a path that begins with '/'.
std::string without_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('/', 1));
    path.remove_prefix(segment.size());
    const bool goes_up = segment == "/..";
    if (goes_up) out.erase(std::min(out.rfind('/'), out.size()));
    if (!goes_up && segment != "/.") {
      out += segment;
    } else if (path.empty()) {
      out += '/';
    }
  }
  return out;
}

/// RFC 3986 §5.2.3.
std::string merged(const Url& base, std::string_view path) {
  const std::string folder = base.path.substr(0, base.path.rfind('/') + 1);
  return (folder.empty() ? "/" : folder) + std::string(path);
}

/// RFC 3986 §5.2.2, of a reference that has neither a scheme nor an authority.
Url within(const Url& base, Url reference) {
  reference.scheme = base.scheme;
  reference.authority = base.authority;
  if (reference.path.empty()) {
    reference.path = base.path;
    if (!reference.query) reference.query = base.query;
    return reference;
  }
  if (!reference.path.starts_with('/')) reference.path = merged(base, reference.path);
  reference.path = without_dot_segments(reference.path);
  return reference;
}

std::string_view without_fragment(std::string_view text) { return text.substr(0, text.find('#')); }

}  // namespace

std::optional<std::string_view> authority_in(std::string_view text) {
  const std::size_t slashes = text.find("//");
  if (slashes == std::string_view::npos) return std::nullopt;
  const bool begins_it = slashes == 0 || text.find_first_of(":/?#") == slashes - 1;
  if (!begins_it || (slashes > 0 && text[slashes - 1] != ':')) return std::nullopt;
  const std::size_t first = slashes + 2;
  const std::size_t end = std::min(text.find_first_of("/?#", first), text.size());
  return text.substr(first, end - first);
}

std::optional<Authority> parse_authority(std::string_view text) {
  Authority out;
  if (const auto at = text.rfind('@'); at != text.npos) {
    out.userinfo = text.substr(0, at);
    text.remove_prefix(at + 1);
  }
  const std::size_t bracket = text.starts_with('[') ? std::min(text.find(']'), text.size()) : 0;
  const std::size_t colon = std::min(text.find(':', bracket), text.size());
  out.host = text.substr(0, colon);
  out.port = text.substr(std::min(colon + 1, text.size()));
  const bool digits = out.port.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || !is_host(out.host)) return std::nullopt;
  if (out.userinfo && !is_userinfo(*out.userinfo)) return std::nullopt;
  return out;
}

std::optional<Url> parse_url(std::string_view text) {
  text = without_fragment(text);
  const auto authority = authority_in(text);
  if (!authority) return std::nullopt;
  std::optional<Authority> parsed = parse_authority(*authority);
  const std::string shown = with_stand_in(text);
  const auto url = urls::parse_absolute_uri(shown);
  if (!url || !parsed) return std::nullopt;
  return parts_of(*url, std::move(*parsed));
}

std::optional<Url> resolve(const Url& base, std::string_view reference) {
  reference = without_fragment(reference);
  const auto authority = authority_in(reference);
  const auto other = authority ? parse_authority(*authority) : std::optional<Authority>();
  if (authority && !other) return std::nullopt;
  // Not by Boost.URL (1.81), which decodes the path on the way: `/a%2Fb` is not `/a/b`.
  const std::string shown = with_stand_in(reference);
  const auto relative = urls::parse_uri_reference(shown);
  if (!relative) return std::nullopt;
  Url out = parts_of(*relative, other.value_or(Authority{}));
  if (!relative->has_scheme() && !other) return within(base, std::move(out));
  if (!relative->has_scheme()) out.scheme = base.scheme;
  if (other) out.path = without_dot_segments(out.path);
  return out;
}

std::string to_string(const Url& url) {
  const Authority& authority = url.authority;
  std::string text = url.scheme + "://";
  if (authority.userinfo) text += *authority.userinfo + '@';
  text += authority.host;
  if (!authority.port.empty()) text += ':' + authority.port;
  text += url.path;
  if (url.query) text += '?' + *url.query;
  return text;
}

}  // namespace tonearm::http
