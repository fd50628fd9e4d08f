#include "server/tcp_listener.h"

#include "server/unsent_limit.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

namespace tonearm::server {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

void set(int descriptor, int level, int option, int value) {
  ::setsockopt(descriptor, level, option, &value, sizeof value);
}

/// A bound socket, or none and errno.
io::OwnedDescriptor bind_socket(const addrinfo& to, bool share_port) {
  io::OwnedDescriptor socket(
      ::socket(to.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!socket.valid()) return socket;
  set(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (share_port) set(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (to.ai_family == AF_INET6) set(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (::bind(socket.get(), to.ai_addr, to.ai_addrlen) != 0) return {};
  return socket;
}

Result<Addresses> resolve(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int failed =
      ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &list);
  if (failed != 0) {
    return Error{ErrorKind::internal,
                 "cannot listen on " + to_text(address) + ": " + ::gai_strerror(failed),
                 {}};
  }
  return Addresses(list);
}

void set_port(sockaddr& address, std::uint16_t port) {
  if (address.sa_family == AF_INET) {
    reinterpret_cast<sockaddr_in&>(address).sin_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in6&>(address).sin6_port = htons(port);
  }
}

/// One address for all loops; errno's value when it cannot be had.
std::optional<int> open_for_all(const addrinfo& to, const ListenAddress& asked,
                                std::vector<std::vector<ListeningSocket>>& loops) {
  // With SO_REUSEPORT a second tonearm of the same user would quietly take half of the connections:
  // a socket without it finds out whether somebody listens there.
  io::OwnedDescriptor probe = bind_socket(to, false);
  if (!probe.valid()) return errno;
  set_port(*to.ai_addr, bound_address(probe.get(), asked).port);
  probe = {};
  for (auto& sockets : loops) {
    io::OwnedDescriptor socket = bind_socket(to, true);
    if (!socket.valid()) return errno;
    ListenAddress address = bound_address(socket.get(), asked);
    set_accepted_options(socket.get());
    if (::listen(socket.get(), listen_backlog) != 0) return errno;
    sockets.emplace_back(std::move(socket), std::move(address));
  }
  return std::nullopt;
}

}  // namespace

void set_accepted_options(int descriptor) {
  set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  set(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UnsentLimit::least);
  set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
}

ListenAddress bound_address(int descriptor, const ListenAddress& asked) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* const bound = reinterpret_cast<sockaddr*>(&storage);
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  ListenAddress address = asked;
  if (::getsockname(descriptor, bound, &size) == 0 &&
      ::getnameinfo(bound, size, host.data(), host.size(), port.data(), port.size(),
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
    address.host = host.data();
    address.port = static_cast<std::uint16_t>(std::stoul(port.data()));
  }
  return address;
}

Result<void> open_tcp_listeners(const ListenAddress& address,
                                std::vector<std::vector<ListeningSocket>>& loops) {
  const Result<Addresses> list = resolve(address);
  if (!list) return list.error();
  bool opened = false;
  int missing = EADDRNOTAVAIL;
  for (const addrinfo* to = list->get(); to != nullptr; to = to->ai_next) {
    const std::optional<int> error = open_for_all(*to, address, loops);
    opened = opened || !error;
    if (!error) continue;
    // A name may resolve to addresses of a family that this machine does not have.
    if (*error != EADDRNOTAVAIL && *error != EAFNOSUPPORT) return listen_error(address, *error);
    missing = *error;
  }
  if (!opened) return listen_error(address, missing);
  return {};
}

}  // namespace tonearm::server
