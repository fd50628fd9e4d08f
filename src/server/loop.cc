#include "server/loop.h"

#include "server/connection.h"
#include "server/overloaded.h"

#include <boost/asio/post.hpp>
#include <climits>

#include <sys/resource.h>

#include <algorithm>
#include <utility>

namespace tonearm::server {
namespace {

/// Connections of one loop that are told 503 with patience at the same time; more get it on the way
/// out.
constexpr std::size_t most_refused = 1000;

std::size_t descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX) return INT_MAX;
  return static_cast<std::size_t>(limit.rlim_cur);
}

/// Descriptors that clients do not get: for origins, the catalog, logs, and to refuse clients with.
std::size_t descriptors_kept(std::size_t limit) {
  return std::clamp<std::size_t>(limit / 8, 16, 1024);
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
    : executor_(executor),
      shared_(shared),
      serving_(std::move(serving)),
      most_descriptors_(descriptor_limit()) {}

void Loop::start(std::vector<ListeningSocket> clients, std::vector<ListeningSocket> admin) {
  // An acceptor belongs to this loop and is closed by it: a plain pointer back will do.
  for (ListeningSocket& listener : clients) {
    client_acceptors_.push_back(std::make_shared<Acceptor>(
        executor_, std::move(listener),
        [this](Socket socket, Peer peer) { accept_client(std::move(socket), std::move(peer)); }));
    client_acceptors_.back()->start();
  }
  for (ListeningSocket& listener : admin) {
    admin_acceptors_.push_back(std::make_shared<Acceptor>(
        executor_, std::move(listener),
        [this](Socket socket, Peer peer) { accept_admin(std::move(socket), std::move(peer)); }));
    admin_acceptors_.back()->start();
  }
}

void Loop::accept_client(Socket socket, Peer peer) {
  const bool scarce = few_descriptors_left(socket);
  const bool full = scarce || shared_.connections >= serving_->options.max_connections;
  const std::size_t most = scarce ? descriptors_kept(most_descriptors_) / 8 : most_refused;
  if (full && refused_ >= most) return tell_overloaded(socket.native_handle());
  const auto role = full ? Connection::Role::refused : Connection::Role::client;
  const auto connection =
      std::make_shared<Connection>(shared_from_this(), std::move(socket), std::move(peer), role);
  if (full) ++refused_;
  clients_.insert(connection.get());
  connection->start();
}

bool Loop::few_descriptors_left(Socket& socket) const {
  // The system gives the lowest that is free: all below it are taken.
  const auto descriptor = static_cast<std::size_t>(socket.native_handle());
  return descriptor + descriptors_kept(most_descriptors_) >= most_descriptors_;
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
