#include "tonearm/http/target.h"

#include "tonearm/base/char_set.h"
#include "tonearm/http/stray_bytes.h"

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

Error bad_target(std::string why) { return Error{ErrorKind::bad_request, std::move(why), {}}; }

}  // namespace

std::optional<std::string_view> Target::parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

Result<Target> parse_target(std::string_view sent) {
  Target out;
  if (is_plain_path(sent)) {
    out.path = sent;
    return out;
  }
  std::string cleaned;
  std::string_view target = sent;
  // Browsers and curl send some bytes of a query as they are (WHATWG URL, query percent-encode
  // set).
  if (const auto query = sent.find('?'); query != std::string_view::npos) {
    cleaned = std::string(sent.substr(0, query)) + encode_strays(sent.substr(query));
    target = cleaned;
  }
  if (target == "*") {
    out.path = "*";
    return out;
  }
  const bool origin_form = target.starts_with('/');
  const auto url = origin_form ? urls::parse_origin_form(target) : urls::parse_absolute_uri(target);
  if (!url)
    return bad_target(
        "the request target is not a valid path or URL, percent-encoded where needed");
  const bool http = origin_form || url->scheme_id() == urls::scheme::http ||
                    url->scheme_id() == urls::scheme::https;
  if (!http || (!origin_form && url->encoded_host().empty())) {
    return bad_target("the request target is neither a path nor an http URL with a host");
  }
  urls::encoding_opts options;
  if (!origin_form) out.authority = url->encoded_host_and_port();
  out.path = url->encoded_path().decode(options);
  if (out.path.empty()) out.path = "/";
  // Boost.URL 1.81 reads `http://h:1&:/x` as a host, and a path that does not begin where it ends.
  if (!out.path.starts_with('/')) return bad_target("the request target's host is not valid");
  options.space_as_plus = true;
  for (const auto& parameter : url->encoded_params()) {
    out.query.emplace_back(parameter.key.decode(options),
                           parameter.has_value ? parameter.value.decode(options) : std::string());
  }
  const auto holds_nul = [](std::string_view text) { return text.find('\0') != text.npos; };
  const bool nul = holds_nul(out.path) ||
                   std::any_of(out.query.begin(), out.query.end(), [&](const auto& parameter) {
                     return holds_nul(parameter.first) || holds_nul(parameter.second);
                   });
  if (nul) return bad_target("the request target holds %00");
  return out;
}

bool is_song_id(std::string_view id) {
  if (id.empty() || id.size() > 128 || id == "." || id == "..") return false;
  return consists_of(unreserved_chars, id);
}

}  // namespace tonearm::http
