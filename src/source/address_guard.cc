#include "source/address_guard.h"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace tonearm::source {
namespace {

namespace ip = boost::asio::ip;

bool is_private_v4(const ip::address_v4& address) {
  struct Block {
    std::uint32_t network;
    unsigned prefix;
  };
  // IANA's special-purpose registry, as far as such an address could be somebody's inside.
  static constexpr std::array<Block, 12> blocks{{{0x00000000, 8},     // "this network"
                                                 {0x0A000000, 8},     // RFC 1918
                                                 {0x64400000, 10},    // shared address space
                                                 {0x7F000000, 8},     // loopback
                                                 {0xA9FE0000, 16},    // link-local
                                                 {0xAC100000, 12},    // RFC 1918
                                                 {0xC0000000, 24},    // IETF protocol assignments
                                                 {0xC0A80000, 16},    // RFC 1918
                                                 {0xC6120000, 15},    // benchmarking
                                                 {0xE0000000, 4},     // multicast
                                                 {0xF0000000, 4},     // reserved, broadcast
                                                 {0xC0586300, 24}}};  // 6to4 relay anycast
  const std::uint32_t value = address.to_uint();
  return std::any_of(blocks.begin(), blocks.end(), [&](const Block& block) {
    return (value ^ block.network) >> (32 - block.prefix) == 0;
  });
}

ip::address_v4 embedded_v4(const ip::address_v6::bytes_type& bytes, std::size_t at) {
  return ip::address_v4({bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]});
}

bool is_private_v6(const ip::address_v6& address) {
  const auto bytes = address.to_bytes();
  const bool high_zero =
      std::all_of(bytes.begin(), bytes.begin() + 10, [](auto b) { return b == 0; });
  if (high_zero) {
    const bool mapped = bytes[10] == 0xFF && bytes[11] == 0xFF;
    const bool compatible = bytes[10] == 0 && bytes[11] == 0;  // ::, ::1 and ::a.b.c.d
    if (!mapped && !compatible) return true;
    const ip::address_v4 inner = embedded_v4(bytes, 12);
    return is_private_v4(inner) || (compatible && inner.to_uint() <= 0xFFFF);
  }
  static constexpr std::array<unsigned char, 12> nat64{0x00, 0x64, 0xFF, 0x9B};
  if (std::equal(nat64.begin(), nat64.end(), bytes.begin())) {
    return is_private_v4(embedded_v4(bytes, 12));
  }
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return is_private_v4(embedded_v4(bytes, 2));  // 6to4
  return (bytes[0] & 0xE0) != 0x20;  // only 2000::/3 is global unicast
}

}  // namespace

bool is_private_address(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return is_private_v4(ip::address_v4(ntohl(v4.sin_addr.s_addr)));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    ip::address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return is_private_v6(ip::address_v6(bytes));
  }
  return true;
}

}  // namespace tonearm::source
