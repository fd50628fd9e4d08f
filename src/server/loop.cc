#include "server/loop.h"

#include "tonearm/server/descriptors.h"

#include "server/connection.h"
#include "server/request_id.h"

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include <utility>

namespace tonearm::server {
namespace {

/// Connections of one loop that are told 503 with patience at the same time; more get it on the way
/// out.
constexpr std::size_t most_refused = 1000;

/// As much room as descriptors have is needed for other things: fewer wait for their 503.
std::size_t most_refused_of(Shortage shortage) {
  return shortage == Shortage::descriptors ? descriptors_kept(descriptor_limit()) / 8
                                           : most_refused;
}

void run_later(const io::Executor& executor, std::function<void()>& callback) {
  io::asio::post(executor, std::exchange(callback, nullptr));
}

void close_all(std::vector<std::shared_ptr<Acceptor>>& acceptors) {
  for (const auto& acceptor : acceptors) acceptor->close();
  acceptors.clear();
}

}  // namespace

Loop::Loop(io::Executor executor, Shared& shared, std::shared_ptr<const Serving> serving)
    : executor_(executor), shared_(shared), serving_(std::move(serving)) {}

void Loop::start(std::vector<ListeningSocket> clients, std::vector<ListeningSocket> admin) {
  // An acceptor belongs to this loop and is closed by it: a plain pointer back will do.
  for (ListeningSocket& listener : clients) {
    client_acceptors_.push_back(std::make_shared<Acceptor>(
        executor_, std::move(listener),
        [this](Socket socket, Peer peer) { accept_client(std::move(socket), std::move(peer)); },
        [this](int client, const Peer& peer) { turn_away(client, peer, Shortage::descriptors); }));
    client_acceptors_.back()->start();
  }
  for (ListeningSocket& listener : admin) {
    admin_acceptors_.push_back(std::make_shared<Acceptor>(
        executor_, std::move(listener),
        [this](Socket socket, Peer peer) { accept_admin(std::move(socket), std::move(peer)); },
        [this](int client, const Peer&) {
          Exchange exchange(shared_, false);
          tell_overloaded(client, exchange);
        }));
    admin_acceptors_.back()->start();
  }
}

void Loop::accept_client(Socket socket, Peer peer) {
  const std::optional<Shortage> shortage = shortage_for(socket);
  if (shortage == Shortage::descriptors) warn_of_descriptors();
  if (shortage && refused_ >= most_refused_of(*shortage)) {
    return turn_away(socket.native_handle(), peer, *shortage);
  }
  const auto role = shortage ? Connection::Role::refused : Connection::Role::client;
  const auto connection =
      std::make_shared<Connection>(shared_from_this(), std::move(socket), std::move(peer), role,
                                   shortage.value_or(Shortage::connections));
  if (shortage) ++refused_;
  clients_.insert(connection.get());
  connection->start();
}

void Loop::turn_away(int client, const Peer& peer, Shortage shortage) {
  Exchange exchange(shared_, true);
  exchange.set_peer(make_request_id(), to_text(peer.address));
  exchange.fail(overloaded(shortage));
  tell_overloaded(client, exchange);
}

std::optional<Shortage> Loop::shortage_for(Socket& socket) const {
  // The system gives the lowest that is free: all below it are taken.
  const auto descriptor = static_cast<std::size_t>(socket.native_handle());
  const std::size_t limit = descriptor_limit();
  if (descriptor + descriptors_kept(limit) >= limit) return Shortage::descriptors;
  const bool full = shared_.connections >= serving_->options.max_connections;
  return full ? std::optional(Shortage::connections) : std::nullopt;
}

void Loop::warn_of_descriptors() {
  if (!shared_.descriptor_warnings.pass(io::Clock::now())) return;
  const std::size_t most = serving_->options.max_connections;
  spdlog::warn(
      "few descriptors are left: new clients are answered 503; the limit (LimitNOFILE=, ulimit "
      "-n) is {}, and server.max_connections = {} wants {}",
      descriptor_limit(), most, descriptors_for_streams(most, shared_.loops));
}

void Loop::accept_admin(Socket socket, Peer peer) {
  const auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket),
                                                       std::move(peer), Connection::Role::admin);
  admins_.insert(connection.get());
  connection->start();
}

void Loop::remove(Connection& connection) {
  if (connection.role() == Connection::Role::refused) --refused_;
  clients_.erase(&connection);
  admins_.erase(&connection);
  look_for_the_end();
}

void Loop::drain(std::function<void()> on_drained) {
  draining_ = true;
  shared_.draining = true;
  on_drained_ = std::move(on_drained);
  for (const auto& acceptor : client_acceptors_) acceptor->accept_waiting();
  close_all(client_acceptors_);
  for (Connection* connection : clients_) connection->drain();
  look_for_the_end();
}

void Loop::cancel_all(std::function<void()> on_stopped) {
  draining_ = true;
  on_stopped_ = std::move(on_stopped);
  close_listeners();
  for (const auto* connections : {&clients_, &admins_}) {
    for (Connection* connection : *connections) {
      connection->cancel(Error{ErrorKind::draining, "stopped while it was answered", {}});
    }
  }
  look_for_the_end();
}

void Loop::close_listeners() {
  close_all(client_acceptors_);
  close_all(admin_acceptors_);
}

void Loop::look_for_the_end() {
  if (on_drained_ && clients_.empty()) run_later(executor_, on_drained_);
  if (on_stopped_ && clients_.empty() && admins_.empty()) run_later(executor_, on_stopped_);
}

}  // namespace tonearm::server
