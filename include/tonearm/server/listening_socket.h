#pragma once

#include "tonearm/base/result.h"
#include "tonearm/server/listen_address.h"

#include <cstddef>
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

  ListeningSocket(int descriptor, ListenAddress address, std::shared_ptr<UnixFile> file = nullptr);
  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&& other) noexcept;
  ~ListeningSocket();

  int descriptor() const { return descriptor_; }
  /// Where it really listens: host names resolved, port 0 replaced.
  const ListenAddress& address() const { return address_; }

 private:
  int descriptor_;
  ListenAddress address_;
  std::shared_ptr<UnixFile> file_;
};

/// Opens every address for every loop: result[loop] holds that loop's sockets, the same addresses
/// in the same order. TCP: a socket per loop (SO_REUSEPORT); unix: one socket, a descriptor per
/// loop; a stale socket file is removed, one that answers is not. Blocks (resolves names): call at
/// startup. The error's detail names the address and why ("address already in use").
Result<std::vector<std::vector<ListeningSocket>>> open_listeners(
    std::span<const ListenAddress> addresses, std::size_t loops);

}  // namespace tonearm::server
