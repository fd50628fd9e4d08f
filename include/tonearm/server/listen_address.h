#pragma once

#include "tonearm/base/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tonearm::server {

/// Where to listen: a host and a port, or the path of a unix socket.
struct ListenAddress {
  std::string host;        ///< A name or an address, IPv6 without its brackets; empty for unix.
  std::uint16_t port = 0;  ///< 0: the system picks one.
  std::string path;        ///< Of the unix socket; empty for TCP.

  bool is_unix() const { return !path.empty(); }
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

/// What stands before the path of a unix socket.
inline constexpr std::string_view unix_prefix = "unix:";

/// How many bytes the path of a unix socket may have: the system wants a NUL behind it.
std::size_t longest_unix_path();

/// `host:port`, `[v6]:port` or `unix:/path`. The error's detail names the text and what is wrong.
Result<ListenAddress> parse_listen_address(std::string_view text);

/// The form that parse_listen_address() reads.
std::string to_text(const ListenAddress& address);

}  // namespace tonearm::server
