#include "server/base_url.h"

#include "tonearm/base/ascii.h"

#include "server/address_text.h"

#include <boost/algorithm/string/trim.hpp>

#include <algorithm>
#include <string_view>

namespace tonearm::server {
namespace {

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool consists_of(std::string_view text, std::string_view marks) {
  return std::ranges::all_of(
      text, [&](char c) { return is_alphanumeric(c) || marks.find(c) != std::string_view::npos; });
}

/// RFC 3986 §3.2.3: a port may be empty.
bool is_port_or_empty(std::string_view text) { return text.empty() || is_port(text); }

/// RFC 3986 §3.2.2 and an optional port; of the names only what stands in real ones.
bool is_host(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos || !consists_of(text.substr(1, end - 1), ":.")) return false;
    text.remove_prefix(end + 1);
    return text.empty() || (text[0] == ':' && is_port_or_empty(text.substr(1)));
  }
  const auto colon = text.find(':');
  const auto name = text.substr(0, colon);
  if (name.empty() || name.size() > 255 || !consists_of(name, "-._~")) return false;
  return colon == std::string_view::npos || is_port_or_empty(text.substr(colon + 1));
}

/// An absolute path without empty segments: `//` would begin a host.
bool is_prefix(std::string_view text) {
  return text.starts_with('/') && text.find("//") == std::string_view::npos &&
         consists_of(text, "/-._~%!$&'()*+,;=:@");
}

/// The last member of a list (RFC 9110 §5.6.1), commas in quotes not counted.
std::string_view last_member(std::string_view list) {
  bool quoted = false;
  std::size_t start = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] == '\\' && quoted)
      ++i;
    else if (list[i] == '"')
      quoted = !quoted;
    else if (list[i] == ',' && !quoted)
      start = i + 1;
  }
  return list.substr(start);
}

std::string trimmed(std::string_view text) {
  return boost::algorithm::trim_copy(std::string(text));
}

/// The field that stands last, and of its members the last.
std::string last_value(const http::RequestHead& head, std::string_view name) {
  std::string value;
  for (const auto& field : head.fields) {
    if (iequals(field.name, name)) value = trimmed(last_member(field.value));
  }
  return value;
}

/// A parameter of a forwarded-element (RFC 7239 §4), its quotes taken off.
std::string parameter(std::string_view element, std::string_view name) {
  while (!element.empty()) {
    const auto end = std::min(element.find(';'), element.size());
    const auto pair = element.substr(0, end);
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos && iequals(trimmed(pair.substr(0, equals)), name)) {
      std::string value = trimmed(pair.substr(equals + 1));
      std::erase(value, '"');
      return value;
    }
    element.remove_prefix(std::min(end + 1, element.size()));
  }
  return {};
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
    if (is_host(text)) host = text;
  }
  void take_prefix(std::string text) {
    while (text.ends_with('/')) text.pop_back();
    if (is_prefix(text)) prefix = std::move(text);
  }
};

}  // namespace

std::string base_url(const http::RequestHead& head, std::string_view authority,
                     bool from_trusted_proxy, const std::string& public_url) {
  if (!public_url.empty()) {
    return public_url.substr(0, public_url.find_last_not_of('/') + 1);
  }
  Parts parts;
  // RFC 9112 §3.2.2: what absolute-form names counts, and Host does not.
  parts.take_host(std::string(authority.empty() ? head.get(http::field::host) : authority));
  if (from_trusted_proxy) {
    const std::string forwarded = last_value(head, "Forwarded");
    parts.take_scheme(last_value(head, "X-Forwarded-Proto"));
    parts.take_scheme(parameter(forwarded, "proto"));
    parts.take_host(last_value(head, "X-Forwarded-Host"));
    parts.take_host(parameter(forwarded, "host"));
    parts.take_prefix(last_value(head, "X-Forwarded-Prefix"));
  }
  if (parts.host.empty()) return parts.prefix;
  return parts.scheme + "://" + parts.host + parts.prefix;
}

}  // namespace tonearm::server
