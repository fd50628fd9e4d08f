#pragma once

#include <cstddef>

namespace tonearm::server {

/// Descriptors that this process may have now (RLIMIT_NOFILE).
std::size_t descriptor_limit();

/// Of so many, those that clients do not get: for origins, the catalog, logs, and to refuse clients
/// with.
std::size_t descriptors_kept(std::size_t limit);

/// The limit under which so many clients get in, if none of them needs a descriptor besides its
/// socket.
std::size_t descriptors_for_clients(std::size_t clients, std::size_t loops);

/// The same, with one more for each: it waits for its origin, or a file is read for it.
inline std::size_t descriptors_for_streams(std::size_t clients, std::size_t loops) {
  return descriptors_for_clients(2 * clients, loops);
}

}  // namespace tonearm::server
