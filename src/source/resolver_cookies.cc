#include "source/resolver_cookies.h"

#include "tonearm/base/ascii.h"
#include "tonearm/http/url.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

namespace tonearm::source {
namespace {

struct Cookie {
  std::string name;
  std::string value;
  std::string domain;
  std::string path = "/";
  bool secure = false;
};

/// What stands behind a backslash: three octal digits are a byte, any other character is itself.
char take_escaped(std::string_view& text) {
  constexpr std::size_t digits = 3;
  const char* const end = text.data() + std::min(digits, text.size());
  unsigned char byte = 0;
  const auto read = std::from_chars(text.data(), end, byte, 8);
  const bool is_byte = read.ec == std::errc() && read.ptr == text.data() + digits;
  const char taken = is_byte ? static_cast<char>(byte) : text.front();
  text.remove_prefix(is_byte ? digits : 1);
  return taken;
}

/// Of what Python's http.cookies has put into quotes, as it does where a value is no token.
std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  text = text.substr(1, text.size() - 2);
  std::string out;
  while (!text.empty()) {
    const char next = text.front();
    text.remove_prefix(1);
    out += next == '\\' && !text.empty() ? take_escaped(text) : next;
  }
  return out;
}

/// No cookie has such a name (RFC 6265 §5.2 and what else Python's http.cookies knows).
bool is_attribute(std::string_view name) {
  constexpr std::array<std::string_view, 9> attributes{"domain",  "path",     "secure",
                                                       "expires", "max-age",  "version",
                                                       "comment", "httponly", "samesite"};
  return std::ranges::any_of(attributes, [&](std::string_view one) { return iequals(one, name); });
}

void set_attribute(Cookie& cookie, std::string_view name, std::string value) {
  if (iequals(name, "secure")) cookie.secure = true;
  if (iequals(name, "path")) cookie.path = value.starts_with('/') ? std::move(value) : "/";
  if (iequals(name, "domain")) cookie.domain = to_lower(value);
}

std::vector<Cookie> parse_cookies(std::string_view said) {
  std::vector<Cookie> cookies;
  while (!said.empty()) {
    const auto end = std::min(said.find(';'), said.size());
    const std::string_view part = trim(said.substr(0, end));
    said.remove_prefix(std::min(end + 1, said.size()));
    const auto equals = part.find('=');
    const bool has_value = equals != std::string_view::npos;
    const std::string_view name = trim(part.substr(0, equals));
    std::string value = has_value ? unquoted(trim(part.substr(equals + 1))) : std::string();
    if (!is_attribute(name)) {
      if (has_value) cookies.push_back({std::string(name), std::move(value), {}});
    } else if (!cookies.empty()) {
      set_attribute(cookies.back(), name, std::move(value));
    }
  }
  return cookies;
}

/// Whether it stands in a field as this one cookie, and can be told from others.
bool can_be_sent(const Cookie& cookie) {
  const auto breaks_out = [](char c) { return is_ctl(c) || c == ';'; };
  return !cookie.name.empty() && std::ranges::none_of(cookie.name, breaks_out) &&
         std::ranges::none_of(cookie.value, breaks_out);
}

/// RFC 6265 §5.1.3. Python writes the domain of a host without a dot as `host.local`.
bool domain_matches(std::string_view host, std::string_view domain) {
  if (domain.starts_with('.')) domain.remove_prefix(1);
  if (domain.empty()) return false;
  if (host == domain) return true;
  if (host.find('.') == std::string_view::npos) return std::string(host) + ".local" == domain;
  const bool is_address = host.ends_with(']') || ('0' <= host.back() && host.back() <= '9');
  return !is_address && host.ends_with("." + std::string(domain));
}

/// RFC 6265 §5.1.4.
bool path_matches(std::string_view asked, std::string_view path) {
  if (!asked.starts_with(path)) return false;
  return asked.size() == path.size() || path.ends_with('/') || asked[path.size()] == '/';
}

}  // namespace

std::string cookies_for(const OriginUrl& url, std::string_view said) {
  const auto parsed = http::parse_url(url.text);
  const std::string path = parsed && !parsed->path.empty() ? parsed->path : "/";
  // Those with longer paths come first, and else as they were said.
  std::multimap<std::size_t, std::string, std::greater<>> pairs;
  for (const Cookie& cookie : parse_cookies(said)) {
    if (cookie.secure && url.scheme != "https") continue;
    if (!domain_matches(url.host, cookie.domain) || !path_matches(path, cookie.path)) continue;
    if (can_be_sent(cookie)) pairs.emplace(cookie.path.size(), cookie.name + '=' + cookie.value);
  }
  std::string field;
  for (const auto& [length, pair] : pairs) {
    if (!field.empty()) field += "; ";
    field += pair;
  }
  return field;
}

}  // namespace tonearm::source
