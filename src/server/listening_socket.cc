#include "tonearm/server/listening_socket.h"

#include "server/tcp_listener.h"
#include "server/unix_listener.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace tonearm::server {

ListeningSocket::ListeningSocket(int descriptor, ListenAddress address,
                                 std::shared_ptr<UnixFile> file)
    : descriptor_(descriptor), address_(std::move(address)), file_(std::move(file)) {}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      address_(std::move(other.address_)),
      file_(std::move(other.file_)),
      inherited_(other.inherited_) {}

ListeningSocket ListeningSocket::inherited(int descriptor, ListenAddress address) {
  ListeningSocket socket(descriptor, std::move(address));
  socket.inherited_ = true;
  return socket;
}

ListeningSocket& ListeningSocket::operator=(ListeningSocket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(address_, other.address_);
  std::swap(file_, other.file_);
  std::swap(inherited_, other.inherited_);
  return *this;
}

ListeningSocket::~ListeningSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Error listen_error(const ListenAddress& address, int error_number) {
  std::string why = std::generic_category().message(error_number);
  if (error_number == EADDRINUSE) why = "address already in use";
  return Error{ErrorKind::internal, "cannot listen on " + to_text(address) + ": " + why, {}};
}

Result<std::vector<std::vector<ListeningSocket>>> open_listeners(
    std::span<const ListenAddress> addresses, std::size_t loops) {
  std::vector<std::vector<ListeningSocket>> all(loops);
  for (const ListenAddress& address : addresses) {
    const Result<void> opened =
        address.is_unix() ? open_unix_listener(address, all) : open_tcp_listeners(address, all);
    if (!opened) return opened.error();
  }
  return all;
}

}  // namespace tonearm::server
