#pragma once

#include "tonearm/io/deadline.h"
#include "tonearm/io/owned_descriptor.h"
#include "tonearm/io/task.h"
#include "tonearm/server/client_address.h"
#include "tonearm/server/listening_socket.h"

#include "server/socket.h"

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace tonearm::server {

/// The other end of a connection.
struct Peer {
  std::optional<Address> address;  ///< Empty for a unix socket.
  bool unix_socket = false;
};

/// Accepts on one listening socket of one loop.
class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  /// Must not throw.
  using OnAccept = std::function<void(Socket socket, Peer peer)>;

  /// Told of a client that no descriptor is left for, to answer at once what can be: its socket is
  /// closed behind the call.
  using OnRefuse = std::function<void(int client, const Peer& peer)>;

  Acceptor(io::Executor executor, ListeningSocket listener, OnAccept on_accept, OnRefuse on_refuse);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  void start();
  /// Takes what waits in the queue, if closing would reset it. To be followed by close().
  void accept_waiting();
  void close();

 private:
  enum class Accepted : std::uint8_t { one, none, failed };

  Accepted accept_one();
  /// The next client of the queue; invalid, with errno, when there is none.
  io::OwnedDescriptor take_client(Peer& peer);
  /// Without descriptors: has one client told so, by the one kept for that.
  Accepted refuse_one();
  void warn(int error_number);
  void accept_some();
  void accept_later();

  const io::Executor executor_;
  io::OwnedDescriptor reserve_;  ///< Given up for as long as it takes to refuse a client.
  io::Clock::time_point warned_;
  std::optional<ListeningSocket> listener_;  ///< Empty once closed.
  io::asio::posix::basic_stream_descriptor<io::Executor> watch_;
  io::asio::steady_timer::rebind_executor<io::Executor>::other retry_;
  OnAccept on_accept_;
  OnRefuse on_refuse_;
};

}  // namespace tonearm::server
