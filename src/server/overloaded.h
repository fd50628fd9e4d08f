#pragma once

#include "tonearm/base/error.h"

#include "server/exchange.h"

#include <cstdint>

namespace tonearm::server {

/// Of what a client more would take too much.
enum class Shortage : std::uint8_t { connections, descriptors };

Error overloaded(Shortage of);

/// As much of a 503 as goes to the socket `client` without waiting: for those whom no descriptor,
/// or no more memory, is spent on. Does not close it. Who sent more than 64 KiB may see a reset
/// instead. `exchange` learns what was sent.
void tell_overloaded(int client, Exchange& exchange);

}  // namespace tonearm::server
