#pragma once

#include "tonearm/base/result.h"
#include "tonearm/server/listening_socket.h"

#include "app/config.h"

#include <cstddef>
#include <vector>

namespace tonearm::app {

struct Listeners {
  std::vector<std::vector<server::ListeningSocket>> clients;  ///< For each loop its own.
  std::vector<server::ListeningSocket> admin;                 ///< For one loop.
};

/// Sockets that the service manager passed, and where it passed none those that the configuration
/// names. Call once, before there are threads; blocks. The error names the address and why.
Result<Listeners> open_all_listeners(const Config& config, std::size_t loops);

}  // namespace tonearm::app
