#include "server/tcp_listener.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <optional>
#include <utility>

namespace tonearm::server {
namespace {

int option(int descriptor, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

std::string unix_path(const sockaddr_un& bound, socklen_t size) {
  constexpr auto before = offsetof(sockaddr_un, sun_path);
  if (size <= before) return "(unnamed)";
  std::string path(bound.sun_path, size - before);
  if (path.front() == '\0') {
    path.front() = '@';  // in Linux's abstract namespace, written as systemd writes it
    return path;
  }
  return path.substr(0, path.find('\0'));
}

/// Empty when it is no socket that connections can be accepted on.
std::optional<ListenAddress> address_of(int descriptor) {
  if (option(descriptor, SO_TYPE) != SOCK_STREAM || option(descriptor, SO_ACCEPTCONN) != 1) {
    return std::nullopt;
  }
  ListenAddress address;
  switch (option(descriptor, SO_DOMAIN)) {
    case AF_INET:
    case AF_INET6:
      return bound_address(descriptor, address);
    case AF_UNIX: {
      sockaddr_un bound{};
      socklen_t size = sizeof bound;
      if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &size) != 0) break;
      address.path = unix_path(bound, size);
      return address;
    }
    default:
      break;
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<std::vector<ListeningSocket>>> adopt_listeners(std::span<const int> descriptors,
                                                                  std::size_t loops) {
  std::vector<std::vector<ListeningSocket>> all(loops);
  for (const int descriptor : descriptors) {
    const io::OwnedDescriptor passed(descriptor);
    const std::optional<ListenAddress> address = address_of(descriptor);
    if (!address) {
      return Error{ErrorKind::internal,
                   "descriptor " + std::to_string(descriptor) +
                       ", passed by the service manager, is no listening stream socket",
                   {}};
    }
    if (!address->is_unix()) set_accepted_options(descriptor);
    if (::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK) != 0) {
      return listen_error(*address, errno);
    }
    for (auto& sockets : all) {
      io::OwnedDescriptor share(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
      if (!share.valid()) return listen_error(*address, errno);
      sockets.push_back(ListeningSocket::inherited(std::move(share), *address));
    }
  }
  return all;
}

}  // namespace tonearm::server
