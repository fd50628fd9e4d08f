#include "app/descriptor_limit.h"

#include "tonearm/server/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

namespace tonearm::app {
namespace {

/// Not higher than is wanted: what resolvers start inherits it, and some programs close, or keep a
/// table of, all that they might have open.
void raise_to(rlim_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(limit.rlim_max, wanted);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

std::string raise_descriptor_limit(const Config& config, std::size_t loops) {
  const std::size_t clients = config.server.max_connections;
  const std::size_t wanted = server::descriptors_for_streams(clients, loops);
  raise_to(wanted);
  const std::size_t limit = server::descriptor_limit();
  if (limit >= server::descriptors_for_clients(clients, loops)) return {};
  return "server.max_connections: " + std::to_string(clients) + " clients do not fit into " +
         std::to_string(limit) + " descriptors: who comes when they run short is answered 503; " +
         "give the process " + std::to_string(wanted) + " (LimitNOFILE=, ulimit -n)";
}

}  // namespace tonearm::app
