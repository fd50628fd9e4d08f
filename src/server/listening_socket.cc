#include "tonearm/server/listening_socket.h"

#include "server/tcp_listener.h"
#include "server/unix_listener.h"

#include <cerrno>
#include <system_error>
#include <utility>

namespace tonearm::server {

ListeningSocket::ListeningSocket(io::OwnedDescriptor descriptor, ListenAddress address,
                                 std::shared_ptr<UnixFile> file)
    : address_(std::move(address)), file_(std::move(file)), descriptor_(std::move(descriptor)) {}

ListeningSocket ListeningSocket::inherited(io::OwnedDescriptor descriptor, ListenAddress address) {
  ListeningSocket socket(std::move(descriptor), std::move(address));
  socket.inherited_ = true;
  return socket;
}

Error listen_error(const ListenAddress& address, int error_number) {
  std::string why = std::generic_category().message(error_number);
  if (error_number == EADDRINUSE) why = "address already in use";
  return Error{ErrorKind::internal, "cannot listen on " + to_text(address) + ": " + why, {}};
}

Result<std::vector<std::vector<ListeningSocket>>> open_listeners(
    std::span<const ListenAddress> addresses, std::size_t loops, UnixAccess access) {
  std::vector<std::vector<ListeningSocket>> all(loops);
  for (const ListenAddress& address : addresses) {
    const Result<void> opened = address.is_unix() ? open_unix_listener(address, access, all)
                                                  : open_tcp_listeners(address, all);
    if (!opened) return opened.error();
  }
  return all;
}

}  // namespace tonearm::server
