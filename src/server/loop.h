#pragma once

#include "tonearm/io/task.h"
#include "tonearm/server/listening_socket.h"
#include "tonearm/server/shared.h"

#include "server/acceptor.h"
#include "server/overloaded.h"
#include "server/serving.h"

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <unordered_set>
#include <vector>

namespace tonearm::server {

class Connection;

/// What LoopServer stands for: the listeners and connections of one loop. Kept alive by its
/// connections, so that it outlives the last of them.
class Loop : public std::enable_shared_from_this<Loop> {
 public:
  Loop(io::Executor executor, Shared& shared, std::shared_ptr<const Serving> serving);

  void start(std::vector<ListeningSocket> clients, std::vector<ListeningSocket> admin);
  void reconfigure(std::shared_ptr<const Serving> serving) noexcept {
    serving_ = std::move(serving);
  }
  void drain(std::function<void()> on_drained);
  void cancel_all(std::function<void()> on_stopped);
  void close_listeners();
  std::size_t client_connections() const { return clients_.size(); }

  // For connections.
  const io::Executor& executor() const { return executor_; }
  Shared& shared() const { return shared_; }
  const std::shared_ptr<const Serving>& serving() const { return serving_; }
  bool draining() const { return draining_; }
  std::span<char> scratch() { return scratch_; }
  /// By the destructor of a connection.
  void remove(Connection& connection);

 private:
  void accept_client(Socket socket, Peer peer);
  void accept_admin(Socket socket, Peer peer);
  /// A 503 at once, for a client that nothing more is spent on.
  void turn_away(int client, const Peer& peer, Shortage shortage);
  /// What one more client would take the last of: of descriptors, those that are served need some.
  std::optional<Shortage> shortage_for(Socket& socket) const;
  void warn_of_descriptors();
  /// Runs the callbacks whose time has come.
  void look_for_the_end();

  const io::Executor executor_;
  Shared& shared_;
  std::shared_ptr<const Serving> serving_;
  std::vector<std::shared_ptr<Acceptor>> client_acceptors_;
  std::vector<std::shared_ptr<Acceptor>> admin_acceptors_;
  std::unordered_set<Connection*> clients_;
  std::unordered_set<Connection*> admins_;
  std::size_t refused_ = 0;  ///< How many of clients_ only get a 503.
  bool draining_ = false;
  std::function<void()> on_drained_;
  std::function<void()> on_stopped_;
  std::array<char, 16 * 1024> scratch_;
};

}  // namespace tonearm::server
