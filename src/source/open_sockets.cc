#include "source/open_sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tonearm::source {
namespace {

using Name = int (*)(int, sockaddr*, socklen_t*);

std::string text_of(const ConnectionEnds& ends) {
  std::string text(ends.remote);
  text += ' ';
  text += std::to_string(ends.remote_port);
  text += ' ';
  text += ends.local;
  text += ' ';
  text += std::to_string(ends.local_port);
  return text;
}

struct End {
  std::array<char, INET6_ADDRSTRLEN> address{};  ///< As libcurl writes it; empty: none.
  int port = 0;
};

End end_of(curl_socket_t socket, Name name) {
  End end;
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (name(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return end;
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    ::inet_ntop(AF_INET, &v4.sin_addr, end.address.data(), end.address.size());
    end.port = ntohs(v4.sin_port);
  } else if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, end.address.data(), end.address.size());
    end.port = ntohs(v6.sin6_port);
  }
  return end;
}

bool is_between(curl_socket_t socket, const ConnectionEnds& ends) {
  const auto is = [socket](Name name, std::string_view address, int port) {
    const End end = end_of(socket, name);
    return end.port == port && end.address.data() == address;
  };
  return is(&::getsockname, ends.local, ends.local_port) &&
         is(&::getpeername, ends.remote, ends.remote_port);
}

}  // namespace

void OpenSockets::insert(curl_socket_t socket, std::shared_ptr<SocketOwner> owner) {
  erase(socket);  // libcurl does not say when it closes one that did not connect
  sockets_.emplace(socket,
                   std::make_shared<OpenSocket>(OpenSocket{socket, std::move(owner), {}, nullptr}));
}

void OpenSockets::erase(curl_socket_t socket) {
  const auto known = sockets_.find(socket);
  if (known == sockets_.end()) return;
  const std::shared_ptr<OpenSocket> closed = std::move(known->second);
  sockets_.erase(known);
  found_.erase(closed->ends);
  if (closed->owner) closed->owner->closed(socket);
}

std::shared_ptr<OpenSocket> OpenSockets::get(curl_socket_t socket) const {
  const auto known = sockets_.find(socket);
  return known == sockets_.end() ? nullptr : known->second;
}

curl_socket_t OpenSockets::find(const ConnectionEnds& ends) {
  std::string text = text_of(ends);
  if (const auto known = found_.find(text); known != found_.end()) return known->second;
  // Those that were not found yet have only just connected: they are few.
  const auto socket = std::find_if(sockets_.begin(), sockets_.end(), [&](const auto& entry) {
    return entry.second->ends.empty() && is_between(entry.first, ends);
  });
  if (socket == sockets_.end()) return CURL_SOCKET_BAD;
  found_.emplace(text, socket->first);
  socket->second->ends = std::move(text);
  return socket->first;
}

}  // namespace tonearm::source
