#include "server/base_url.h"

#include "tonearm/base/ascii.h"
#include "tonearm/base/char_set.h"

#include "server/address_text.h"
#include "server/forwarded.h"

#include <string_view>
#include <utility>

namespace tonearm::server {
namespace {

constexpr CharSet address_chars = make_char_set(":.");
constexpr CharSet name_chars = make_char_set("-._~");
constexpr CharSet prefix_chars = make_char_set("/-._~%!$&'()*+,;=:@");

/// RFC 3986 §3.2.3: a port may be empty.
bool is_port_or_empty(std::string_view text) { return text.empty() || is_port_number(text); }

/// RFC 3986 §3.2.2 and an optional port; of the names only what stands in real ones.
bool is_usual_host(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos || !consists_of(address_chars, text.substr(1, end - 1)))
      return false;
    text.remove_prefix(end + 1);
    return text.empty() || (text[0] == ':' && is_port_or_empty(text.substr(1)));
  }
  const auto colon = text.find(':');
  const auto name = text.substr(0, colon);
  if (name.empty() || name.size() > 255 || !consists_of(name_chars, name)) return false;
  return colon == std::string_view::npos || is_port_or_empty(text.substr(colon + 1));
}

/// An absolute path without empty segments: `//` would begin a host.
bool is_prefix(std::string_view text) {
  return text.starts_with('/') && text.find("//") == std::string_view::npos &&
         consists_of(prefix_chars, text);
}

/// The field that stands last, and of its members the last.
std::string last_value(const http::RequestHead& head, std::string_view name) {
  std::string_view value;
  for (const auto& field : head.fields) {
    if (iequals(field.name, name)) value = field.value;
  }
  return std::string(trim(value.substr(value.rfind(',') + 1)));
}

struct Parts {
  std::string scheme = "http";
  std::string host;
  std::string prefix;

  void take_scheme(const std::string& text) {
    if (iequals(text, "https")) scheme = "https";
    if (iequals(text, "http")) scheme = "http";
  }
  void take_host(const std::string& text) {
    if (is_usual_host(text)) host = text;
  }
  void take_prefix(std::string text) {
    while (text.ends_with('/')) text.pop_back();
    if (is_prefix(text)) prefix = std::move(text);
  }
};

}  // namespace

std::string base_url(const http::RequestHead& head, std::string_view authority,
                     const TrustedProxies* trusted, const std::string& public_url) {
  if (!public_url.empty()) {
    return public_url.substr(0, public_url.find_last_not_of('/') + 1);
  }
  Parts parts;
  // RFC 9112 §3.2.2: what absolute-form names counts, and Host does not.
  parts.take_host(std::string(authority.empty() ? head.get(http::field::host) : authority));
  if (trusted != nullptr) {
    parts.take_scheme(last_value(head, "X-Forwarded-Proto"));
    parts.take_host(last_value(head, "X-Forwarded-Host"));
    parts.take_prefix(last_value(head, "X-Forwarded-Prefix"));
    const Hops hops = read_forwarded(head);
    if (const auto at = farthest_believed(hops, *trusted)) {
      parts.take_scheme(hops[*at].proto);
      parts.take_host(hops[*at].host);
    }
  }
  if (parts.host.empty()) return parts.prefix;
  return parts.scheme + "://" + parts.host + parts.prefix;
}

}  // namespace tonearm::server
