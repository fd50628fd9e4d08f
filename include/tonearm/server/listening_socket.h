#pragma once

#include "tonearm/base/result.h"
#include "tonearm/io/owned_descriptor.h"
#include "tonearm/server/listen_address.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tonearm::server {

/// One loop's share of a listen address: a non-blocking listening descriptor, closed with its
/// owner. The last share of a unix socket removes its file.
class ListeningSocket {
 public:
  class UnixFile;

  ListeningSocket(io::OwnedDescriptor descriptor, ListenAddress address,
                  std::shared_ptr<UnixFile> file = nullptr);

  /// A share of a socket that somebody else opened and holds on to.
  static ListeningSocket inherited(io::OwnedDescriptor descriptor, ListenAddress address);

  int descriptor() const { return descriptor_.get(); }
  /// What waits in its queue is not lost when we close it.
  bool is_inherited() const { return inherited_; }
  /// Where it really listens: host names resolved, port 0 replaced.
  const ListenAddress& address() const { return address_; }

 private:
  ListenAddress address_;
  std::shared_ptr<UnixFile> file_;
  io::OwnedDescriptor descriptor_;  ///< Closed before its file is removed.
  bool inherited_ = false;
};

/// Who may connect to a unix socket: everybody who can come to its directory, as with nginx, since
/// a front runs as another user than tonearm; or the owner and the group alone.
enum class UnixAccess : std::uint8_t { everybody, group };

/// Opens every address for every loop: result[loop] holds that loop's sockets, the same addresses
/// in the same order. TCP: a socket per loop (SO_REUSEPORT); unix: one socket, a descriptor per
/// loop; a stale socket file is removed, one that answers is not. Blocks (resolves names): call at
/// startup. The error's detail names the address and why ("address already in use").
Result<std::vector<std::vector<ListeningSocket>>> open_listeners(
    std::span<const ListenAddress> addresses, std::size_t loops,
    UnixAccess access = UnixAccess::everybody);

/// Takes listening stream sockets (TCP or unix) that a service manager opened, and gives each loop
/// a descriptor of each: one queue, polled by all. The manager goes on listening when ours are
/// closed, so that the queue is its next program's.
Result<std::vector<std::vector<ListeningSocket>>> adopt_listeners(std::span<const int> descriptors,
                                                                  std::size_t loops);

}  // namespace tonearm::server
