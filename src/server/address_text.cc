#include "server/address_text.h"

#include "tonearm/base/char_set.h"
#include "tonearm/base/number.h"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

namespace tonearm::server {

namespace ip = boost::asio::ip;

namespace {

/// RFC 7239 §6.3: a proxy may hide the port, and only that.
bool is_node_port(std::string_view text) {
  constexpr CharSet obfuscated = make_char_set("._-");
  if (text.starts_with('_')) return text.size() > 1 && consists_of(obfuscated, text);
  return is_port_number(text);
}

}  // namespace

bool is_port_number(std::string_view text) {
  return text.size() <= 5 && parse_number<std::uint16_t>(text);
}

std::optional<Address> parse_address(std::string_view text) {
  // A zone means something on one machine only; and inet_pton knows no embedded NUL.
  if (text.find_first_of(std::string_view("%\0", 2)) != std::string_view::npos) return std::nullopt;
  boost::system::error_code error;
  const Address address = ip::make_address(text, error);
  if (error) return std::nullopt;
  return address;
}

std::optional<Address> parse_node(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view behind = text.substr(end + 1);
    if (!behind.empty() && !(behind[0] == ':' && is_node_port(behind.substr(1))))
      return std::nullopt;
    const auto address = parse_address(text.substr(1, end - 1));
    if (!address || !address->is_v6()) return std::nullopt;
    return address;
  }
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && colon == text.rfind(':')) {
    if (!is_node_port(text.substr(colon + 1))) return std::nullopt;
    text = text.substr(0, colon);
  }
  return parse_address(text);
}

Address unmapped(const Address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  }
  return address;
}

}  // namespace tonearm::server
