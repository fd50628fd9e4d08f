#include "tonearm/server/listen_address.h"

#include "tonearm/base/char_set.h"
#include "tonearm/base/number.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <optional>

namespace tonearm::server {
namespace {

constexpr std::string_view right_forms = "; right are host:port, [v6]:port and unix:/path";

Error bad_address(std::string_view text, std::string_view why) {
  std::string detail = "listen address \"" + std::string(text) + "\": ";
  detail += why;
  return Error{ErrorKind::internal, detail += right_forms, {}};
}

Result<ListenAddress> parse_unix(std::string_view text) {
  const std::string_view path = text.substr(unix_prefix.size());
  if (path.empty()) return bad_address(text, "the path is missing");
  if (path.size() > longest_unix_path()) return bad_address(text, "the path is too long");
  if (path.find('\0') != std::string_view::npos) return bad_address(text, "the path holds a NUL");
  ListenAddress address;
  address.path = path;
  return address;
}

bool is_v6(std::string_view host) {
  in6_addr address{};
  const std::string without_zone(host.substr(0, host.find('%')));
  return ::inet_pton(AF_INET6, without_zone.c_str(), &address) == 1;
}

/// A name, or an IPv4 address: what ends in a number is no name (RFC 1123 §2.1).
bool is_v4_or_name(const std::string& host) {
  constexpr CharSet host_chars = make_char_set("-._");
  if (!consists_of(host_chars, host)) return false;
  const std::string_view last = std::string_view(host).substr(host.rfind('.') + 1);
  constexpr std::string_view digits = "0123456789";
  const bool number = !last.empty() && last.find_first_not_of(digits) == std::string_view::npos;
  in_addr address{};
  // As getaddrinfo() reads it: 127.1 is one, too.
  return !number || ::inet_aton(host.c_str(), &address) == 1;
}

}  // namespace

std::size_t longest_unix_path() { return sizeof(sockaddr_un::sun_path) - 1; }

Result<ListenAddress> parse_listen_address(std::string_view text) {
  if (text.starts_with(unix_prefix)) return parse_unix(text);
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad_address(text, "the port is missing");
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[');
  if (bracketed) {
    if (!host.ends_with(']')) return bad_address(text, "the closing bracket is missing");
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return bad_address(text, "an IPv6 address wants brackets");
  }
  if (host.empty())
    return bad_address(text, "the host is missing (0.0.0.0 or [::] is every address)");
  ListenAddress address;
  address.host = host;
  if (bracketed ? !is_v6(host) : !is_v4_or_name(address.host))
    return bad_address(text, "the host is neither an address nor a name");
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  if (!port) return bad_address(text, "the port is no number from 0 to 65535");
  address.port = *port;
  return address;
}

std::string to_text(const ListenAddress& address) {
  if (address.is_unix()) return std::string(unix_prefix) + address.path;
  const bool v6 = address.host.find(':') != std::string::npos;
  const std::string host = v6 ? "[" + address.host + "]" : address.host;
  return host + ":" + std::to_string(address.port);
}

}  // namespace tonearm::server
