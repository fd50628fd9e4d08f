#pragma once

#include "tonearm/server/listening_socket.h"

namespace tonearm::server {

inline constexpr int listen_backlog = 4096;

/// "cannot listen on ADDRESS: WHY".
Error listen_error(const ListenAddress& address, int error_number);

/// Sets on a listening socket what the accepted ones inherit (Linux), so that no connection pays
/// for it.
void set_accepted_options(int descriptor);

/// Where the socket is bound, in numbers; `asked` when that cannot be told.
ListenAddress bound_address(int descriptor, const ListenAddress& asked);

/// Appends a socket of this address to each loop's: for a name one for each address it resolves to.
Result<void> open_tcp_listeners(const ListenAddress& address,
                                std::vector<std::vector<ListeningSocket>>& loops);

}  // namespace tonearm::server
