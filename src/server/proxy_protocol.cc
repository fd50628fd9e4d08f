#include "server/proxy_protocol.h"

#include "server/address_text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace tonearm::server {
namespace {

constexpr std::string_view signature_1 = "PROXY ";
constexpr std::string_view signature_2("\r\n\r\n\0\r\nQUIT\n", 12);
/// The longest line of version 1, its CRLF included.
constexpr std::size_t most_line = 107;
constexpr std::size_t fixed_size = 16;

using Parsed = Result<std::optional<ProxyHeader>>;

Error malformed() {
  return Error{ErrorKind::bad_request, "no PROXY protocol header begins the connection", {}};
}

Parsed more_is_needed() { return std::optional<ProxyHeader>(); }

/// `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443`.
Parsed parse_version_1(std::string_view received) {
  const std::size_t end = received.substr(0, most_line).find("\r\n");
  if (end == received.npos) {
    if (received.size() >= most_line) return malformed();
    return more_is_needed();
  }
  std::string_view line = received.substr(signature_1.size(), end - signature_1.size());
  ProxyHeader header{end + 2, std::nullopt};
  if (line == "UNKNOWN" || line.starts_with("UNKNOWN ")) return header;
  std::array<std::string_view, 5> words;
  for (std::string_view& word : words) {
    const std::size_t space = line.find(' ');
    word = line.substr(0, space);
    line.remove_prefix(space == line.npos ? line.size() : space + 1);
  }
  const auto from = parse_address(words[1]);
  const auto to = parse_address(words[2]);
  if (!line.empty() || !from || !to || !is_port_number(words[3]) || !is_port_number(words[4]))
    return malformed();
  const bool v4 = words[0] == "TCP4" && from->is_v4() && to->is_v4();
  const bool v6 = words[0] == "TCP6" && from->is_v6() && to->is_v6();
  if (!v4 && !v6) return malformed();
  header.source = unmapped(*from);
  return header;
}

template <class Bytes>
Bytes bytes_at(std::string_view received, std::size_t offset) {
  Bytes bytes;
  std::copy_n(received.begin() + static_cast<std::ptrdiff_t>(offset), bytes.size(), bytes.begin());
  return bytes;
}

Parsed parse_version_2(std::string_view received) {
  if (received.size() < fixed_size) return more_is_needed();
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(received[i]); };
  const unsigned command = byte(12);
  const unsigned family = byte(13) >> 4;
  const unsigned transport = byte(13) & 0x0FU;
  const std::size_t length = (std::size_t{byte(14)} << 8) | byte(15);
  if ((command != 0x20 && command != 0x21) || family > 3 || transport > 2) return malformed();
  ProxyHeader header{fixed_size + length, std::nullopt};
  // LOCAL is the proxy's own connection: a health check. What it says besides does not count.
  if (command == 0x20 || family == 0 || transport == 0) return header;
  constexpr std::array<std::size_t, 4> address_sizes = {0, 12, 36, 216};
  const std::size_t addresses = address_sizes[family];
  if (length < addresses) return malformed();
  if (received.size() < fixed_size + addresses) return more_is_needed();
  namespace ip = boost::asio::ip;
  if (transport != 1) return header;
  if (family == 1) {
    header.source = ip::address_v4(bytes_at<ip::address_v4::bytes_type>(received, fixed_size));
  } else if (family == 2) {
    const ip::address_v6 v6(bytes_at<ip::address_v6::bytes_type>(received, fixed_size));
    header.source = unmapped(v6);
  }
  return header;
}

bool may_become(std::string_view received, std::string_view signature) {
  const std::size_t common = std::min(received.size(), signature.size());
  return received.substr(0, common) == signature.substr(0, common);
}

}  // namespace

Parsed parse_proxy_header(std::string_view received) {
  if (received.starts_with(signature_1)) return parse_version_1(received);
  if (received.starts_with(signature_2)) return parse_version_2(received);
  if (may_become(received, signature_1) || may_become(received, signature_2)) {
    return more_is_needed();
  }
  return malformed();
}

}  // namespace tonearm::server
