#include "server/unix_listener.h"

#include "server/tcp_listener.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace tonearm::server {
namespace {

sockaddr_un socket_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(path, address.sun_path);
  return address;
}

io::OwnedDescriptor unix_socket() {
  return io::OwnedDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/// Removes a socket file that nobody answers on. Anything else there is an error.
Result<void> clear_the_way(const ListenAddress& address) {
  struct stat found {};
  if (::lstat(address.path.c_str(), &found) != 0) {
    if (errno == ENOENT) return {};
    return listen_error(address, errno);
  }
  if (!S_ISSOCK(found.st_mode)) {
    return Error{ErrorKind::internal,
                 "cannot listen on " + to_text(address) + ": the file exists and is no socket",
                 {}};
  }
  const io::OwnedDescriptor probe = unix_socket();
  if (!probe.valid()) return listen_error(address, errno);
  const sockaddr_un at = socket_address(address.path);
  const int connected = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at);
  const int error = connected == 0 ? EADDRINUSE : errno;
  // EAGAIN: somebody listens, and the queue is full.
  if (error != ECONNREFUSED) return listen_error(address, error == EAGAIN ? EADDRINUSE : error);
  if (::unlink(address.path.c_str()) != 0) return listen_error(address, errno);
  return {};
}

}  // namespace

ListeningSocket::UnixFile::UnixFile(std::string path) : path_(std::move(path)) {
  struct stat found {};
  if (::lstat(path_.c_str(), &found) == 0) {
    device_ = found.st_dev;
    inode_ = found.st_ino;
  }
}

ListeningSocket::UnixFile::~UnixFile() {
  struct stat found {};
  if (::lstat(path_.c_str(), &found) != 0) return;
  if (found.st_dev == device_ && found.st_ino == inode_) ::unlink(path_.c_str());
}

Result<void> open_unix_listener(const ListenAddress& address, UnixAccess access,
                                std::vector<std::vector<ListeningSocket>>& loops) {
  if (const Result<void> clear = clear_the_way(address); !clear) return clear;
  const io::OwnedDescriptor socket = unix_socket();
  if (!socket.valid()) return listen_error(address, errno);
  const sockaddr_un at = socket_address(address.path);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
    return listen_error(address, errno);
  }
  const auto file = std::make_shared<ListeningSocket::UnixFile>(address.path);
  const mode_t mode = access == UnixAccess::everybody ? 0666 : 0660;
  if (::chmod(address.path.c_str(), mode) != 0) return listen_error(address, errno);
  if (::listen(socket.get(), listen_backlog) != 0) return listen_error(address, errno);
  for (auto& sockets : loops) {
    io::OwnedDescriptor share(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
    if (!share.valid()) return listen_error(address, errno);
    sockets.emplace_back(std::move(share), address, file);
  }
  return {};
}

}  // namespace tonearm::server
