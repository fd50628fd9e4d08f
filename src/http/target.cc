#include "tonearm/http/target.h"

#include "tonearm/base/char_set.h"
#include "tonearm/http/stray_bytes.h"
#include "tonearm/http/url.h"

#include <boost/url/encoding_opts.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>

namespace tonearm::http {
namespace {

namespace urls = boost::urls;

constexpr CharSet unreserved_chars = make_char_set("-._~");  // RFC 3986 §2.3
constexpr CharSet plain_path_chars = make_char_set("-._~/");

/// Most requests' target: a path in which nothing is to be decoded (RFC 3986 §2.4), as the library
/// finds out by parsing all of it.
bool is_plain_path(std::string_view target) {
  return target.starts_with('/') && consists_of(plain_path_chars, target);
}

bool holds_nul(std::string_view text) { return text.find('\0') != text.npos; }

bool holds_nul(const Target& target) {
  return holds_nul(target.path) || std::ranges::any_of(target.query, [](const auto& parameter) {
           return holds_nul(parameter.first) || holds_nul(parameter.second);
         });
}

Error bad_target(std::string why) { return Error{ErrorKind::bad_request, std::move(why), {}}; }

Error not_valid() {
  return bad_target("the request target is not a valid path or URL, percent-encoded where needed");
}

/// What an origin-form says, decoded.
Target decoded(const urls::url_view& url) {
  Target out;
  urls::encoding_opts options;
  out.path = url.encoded_path().decode(options);
  options.space_as_plus = true;
  for (const auto& parameter : url.encoded_params()) {
    out.query.emplace_back(parameter.key.decode(options),
                           parameter.has_value ? parameter.value.decode(options) : std::string());
  }
  return out;
}

Result<Target> parse_origin_form(std::string_view target) {
  const auto url = urls::parse_origin_form(target);
  if (!url) return not_valid();
  Target out = decoded(*url);
  if (holds_nul(out)) return bad_target("the request target holds %00");
  return out;
}

Result<Target> parse_absolute_form(std::string_view target) {
  const auto url = parse_url(target);
  if (!url || target.find('#') != target.npos) return not_valid();
  const bool http = url->scheme == "http" || url->scheme == "https";
  if (!http || url->authority.host.empty()) {
    return bad_target("the request target is neither a path nor an http URL with a host");
  }
  if (url->authority.userinfo) {  // RFC 9110 §4.2.4
    return bad_target("the request target's URL holds a user name, which belongs in no URL");
  }
  const std::string path = url->path.empty() ? "/" : url->path;
  Result<Target> out = parse_origin_form(url->query ? path + '?' + *url->query : path);
  if (!out) return out;
  out->authority = url->authority.host;
  if (!url->authority.port.empty()) out->authority += ':' + url->authority.port;
  return out;
}

Result<Target> parse_encoded(std::string_view target) {
  return target.starts_with('/') ? parse_origin_form(target) : parse_absolute_form(target);
}

}  // namespace

std::optional<std::string_view> Target::parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

Result<Target> parse_target(std::string_view sent) {
  if (is_plain_path(sent) || sent == "*") {
    Target out;
    out.path = sent;
    return out;
  }
  const auto query = sent.find('?');
  if (query == std::string_view::npos) return parse_encoded(sent);
  // Browsers and curl send some bytes of a query as they are (WHATWG URL, query percent-encode
  // set).
  return parse_encoded(std::string(sent.substr(0, query)) + encode_strays(sent.substr(query)));
}

bool is_song_id(std::string_view id) {
  if (id.empty() || id.size() > 128 || id == "." || id == "..") return false;
  return consists_of(unreserved_chars, id);
}

}  // namespace tonearm::http
