#pragma once

#include "tonearm/io/task.h"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

namespace tonearm::server {

/// A client's socket, TCP or unix alike. Non-blocking: bytes go by direct calls, Asio only waits.
using Socket = io::asio::basic_stream_socket<io::asio::generic::stream_protocol, io::Executor>;

/// Whether whatever closes it from now on, the end of this process included, is seen as a reset.
void close_resets(Socket& socket, bool resets);

/// Closes it so that the peer sees a reset, and whatever it has got of an answer is no whole one. A
/// unix socket knows no reset: there it is a plain close.
void reset(Socket& socket);

/// How many bytes may wait in the kernel before it takes more (TCP_NOTSENT_LOWAT); wakes who waits
/// when that is more than before. TCP only.
void limit_unsent(Socket& socket, int bytes);

/// Bytes that were sent and that the peer's side has not taken: its kernel over TCP, the peer
/// itself over a unix socket (where they count with what the kernel spends on them).
std::size_t untaken_bytes(Socket& socket);

/// Bytes that the peer has sent and nobody has read.
std::size_t unread_bytes(Socket& socket);

}  // namespace tonearm::server
