#include "source/open_sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace tonearm::source {
namespace {

using Name = int (*)(int, sockaddr*, socklen_t*);

/// The port at one end of a socket; 0 when it has none.
int port_of(curl_socket_t socket, Name name) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (name(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port);
  if (address.ss_family != AF_INET6) return 0;
  return ntohs(reinterpret_cast<sockaddr_in6&>(address).sin6_port);
}

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
  // Those that were not found yet have only just connected: they are few, and their ports differ.
  const auto socket = std::find_if(sockets_.begin(), sockets_.end(), [&](const auto& entry) {
    return entry.second->ends.empty() && port_of(entry.first, &::getsockname) == ends.local_port &&
           port_of(entry.first, &::getpeername) == ends.remote_port;
  });
  if (socket == sockets_.end()) return CURL_SOCKET_BAD;
  found_.emplace(text, socket->first);
  socket->second->ends = std::move(text);
  return socket->first;
}

}  // namespace tonearm::source
