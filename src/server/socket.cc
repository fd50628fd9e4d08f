#include "server/socket.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace tonearm::server {
namespace {

std::size_t queue_size(Socket& socket, unsigned long which) {
  int count = 0;
  if (::ioctl(socket.native_handle(), which, &count) != 0 || count < 0) return 0;
  return static_cast<std::size_t>(count);
}

}  // namespace

void close_resets(Socket& socket, bool resets) {
  boost::system::error_code ignored;
  // SO_LINGER with no time: close() sends RST and drops what is queued.
  socket.set_option(Socket::linger(resets, 0), ignored);
}

void reset(Socket& socket) {
  if (!socket.is_open()) return;
  boost::system::error_code ignored;
  close_resets(socket, true);
  socket.close(ignored);
}

void limit_unsent(Socket& socket, int bytes) {
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
}

std::size_t untaken_bytes(Socket& socket) { return queue_size(socket, SIOCOUTQ); }

std::size_t unread_bytes(Socket& socket) { return queue_size(socket, FIONREAD); }

}  // namespace tonearm::server
