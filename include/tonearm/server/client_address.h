#pragma once

#include "tonearm/base/result.h"
#include "tonearm/http/request_head.h"

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tonearm::server {

using Address = boost::asio::ip::address;

/// An address block (RFC 4632 §3.1, RFC 4291 §2.3). IPv4-mapped IPv6 is IPv4, on both sides.
class Cidr {
 public:
  /// `10.0.0.0/8`, `fc00::/7`, or an address alone. Bits behind the prefix are dropped.
  static Result<Cidr> parse(std::string_view text);

  bool contains(const Address& address) const;

 private:
  Cidr(const Address& address, unsigned prefix_length);

  Address network_;
  unsigned prefix_length_;
};

/// server.trusted_proxies: whose Forwarded, X-Forwarded-For and X-Request-Id are believed.
/// Immutable.
class TrustedProxies {
 public:
  TrustedProxies() = default;
  explicit TrustedProxies(std::vector<Cidr> blocks) : blocks_(std::move(blocks)) {}
  /// The first text that is no CIDR is the error, and its detail names it.
  static Result<TrustedProxies> parse(std::span<const std::string> texts);

  /// The peer of a unix socket has no address (empty): it is trusted.
  bool trusts(const std::optional<Address>& peer) const;

 private:
  std::vector<Cidr> blocks_;
};

/// Who sent the request: the peer, or where that is trusted the rightmost untrusted address of
/// Forwarded (RFC 7239) or, where that names nobody, of X-Forwarded-For; the leftmost when all are
/// trusted. A hop that says no address ends the walk at the last good one. Empty: a unix socket's
/// peer that forwarded for nobody.
std::optional<Address> client_address(const std::optional<Address>& peer,
                                      const http::RequestHead& head, const TrustedProxies& trusted);

/// RFC 5952 form without a zone; mapped IPv4 in dotted form; "unix:" when there is no address.
std::string to_text(const std::optional<Address>& address);

}  // namespace tonearm::server
