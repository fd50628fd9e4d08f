#include "tonearm/server/descriptors.h"

#include <climits>

#include <sys/resource.h>

#include <algorithm>

namespace tonearm::server {

std::size_t descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX) return INT_MAX;
  return static_cast<std::size_t>(limit.rlim_cur);
}

std::size_t descriptors_kept(std::size_t limit) {
  return std::clamp<std::size_t>(limit / 8, 16, 1024);
}

std::size_t descriptors_for_clients(std::size_t clients, std::size_t loops) {
  const std::size_t taken = clients + 20 + 7 * loops;
  // What is kept is an eighth of the whole, and so a seventh of the rest.
  return taken + std::clamp<std::size_t>(taken / 7 + 1, 16, 1024);
}

}  // namespace tonearm::server
