#pragma once

namespace tonearm::server {

/// As much of a 503 as goes to the socket `client` without waiting: for those whom no descriptor,
/// or no more memory, is spent on. Does not close it. Who sent more than 64 KiB may see a reset
/// instead.
void tell_overloaded(int client);

}  // namespace tonearm::server
