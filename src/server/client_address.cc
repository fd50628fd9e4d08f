#include "tonearm/server/client_address.h"

#include "tonearm/base/number.h"

#include "server/address_text.h"
#include "server/forwarded.h"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include <algorithm>
#include <utility>

namespace tonearm::server {
namespace {

namespace ip = boost::asio::ip;

template <class Bytes>
bool same_prefix(const Bytes& a, const Bytes& b, unsigned bits) {
  for (std::size_t i = 0; i < a.size() && bits > 0; ++i) {
    const unsigned here = bits < 8 ? bits : 8;
    const unsigned mask = 0xFFU << (8 - here);
    if (((static_cast<unsigned>(a[i]) ^ static_cast<unsigned>(b[i])) & mask & 0xFFU) != 0) {
      return false;
    }
    bits -= here;
  }
  return true;
}

Error not_a_block(std::string_view text) {
  return {ErrorKind::internal,
          "\"" + std::string(text) + "\" is no address block: wanted like 10.0.0.0/8 or fc00::/7",
          std::nullopt};
}

}  // namespace

Cidr::Cidr(const Address& address, unsigned prefix_length)
    : network_(address), prefix_length_(prefix_length) {}

Result<Cidr> Cidr::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return not_a_block(text);
  const unsigned bits = address->is_v4() ? 32 : 128;
  unsigned length = bits;
  if (slash != std::string_view::npos) {
    const auto given = parse_number<unsigned>(text.substr(slash + 1));
    if (!given || *given > bits) return not_a_block(text);
    length = *given;
  }
  const Address plain = unmapped(*address);
  if (plain == *address) return Cidr(*address, length);
  // Less than the 96 bits of ::ffff:0:0/96 is a block of IPv6, whose members are never mapped ones.
  return length < 96 ? Cidr(*address, length) : Cidr(plain, length - 96);
}

bool Cidr::contains(const Address& address) const {
  const Address plain = unmapped(address);
  if (plain.is_v4() != network_.is_v4()) return false;
  if (plain.is_v4()) {
    return same_prefix(plain.to_v4().to_bytes(), network_.to_v4().to_bytes(), prefix_length_);
  }
  return same_prefix(plain.to_v6().to_bytes(), network_.to_v6().to_bytes(), prefix_length_);
}

Result<TrustedProxies> TrustedProxies::parse(std::span<const std::string> texts) {
  std::vector<Cidr> blocks;
  for (const std::string& text : texts) {
    auto block = Cidr::parse(text);
    if (!block) return block.error();
    blocks.push_back(*block);
  }
  return TrustedProxies(std::move(blocks));
}

bool TrustedProxies::trusts(const std::optional<Address>& peer) const {
  if (!peer) return true;
  return std::ranges::any_of(blocks_, [&](const Cidr& block) { return block.contains(*peer); });
}

std::optional<Address> client_address(const std::optional<Address>& peer,
                                      const http::RequestHead& head,
                                      const TrustedProxies& trusted) {
  std::optional<Address> client = peer;
  if (client) client = unmapped(*client);
  if (!trusted.trusts(client)) return client;
  Hops hops = read_forwarded(head);
  if (std::ranges::none_of(hops, &Hop::has_for)) hops = read_x_forwarded_for(head);
  if (const auto at = farthest_believed(hops, trusted)) {
    if (hops[*at].client) return unmapped(*hops[*at].client);
    if (*at + 1 < hops.size()) return unmapped(*hops[*at + 1].client);
  }
  return client;
}

std::string to_text(const std::optional<Address>& address) {
  if (!address) return "unix:";
  const Address plain = unmapped(*address);
  if (plain.is_v4()) return plain.to_string();
  return ip::address_v6(plain.to_v6().to_bytes()).to_string();
}

}  // namespace tonearm::server
