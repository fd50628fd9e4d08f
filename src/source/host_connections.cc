#include "source/host_connections.h"

#include <sys/socket.h>

#include <utility>

namespace tonearm::source {

std::shared_ptr<HostConnections> HostConnections::make(
    io::Executor loop, std::shared_ptr<ConnectionLimit::Host> limit) {
  std::shared_ptr<HostConnections> made(new HostConnections(loop, std::move(limit)));
  made->limit_->join(made);
  return made;
}

HostConnections::~HostConnections() { limit_->part(*this); }

std::optional<HostConnections::Slot> HostConnections::try_enter() {
  if (!spare_.empty()) {
    std::optional<Slot> slot(std::in_place, shared_from_this(), std::move(spare_.back()));
    spare_.pop_back();
    return slot;
  }
  std::optional<ConnectionLimit::Host::Slot> slot = limit_->try_enter();
  if (!slot) return std::nullopt;
  return std::optional<Slot>(std::in_place, shared_from_this(), std::move(*slot));
}

io::Task<std::optional<HostConnections::Slot>> HostConnections::enter(
    io::Clock::time_point deadline) {
  const auto self = shared_from_this();
  std::optional<ConnectionLimit::Host::Slot> slot = co_await limit_->enter(self, deadline);
  if (!slot) co_return std::nullopt;
  co_return std::optional<Slot>(std::in_place, self, std::move(*slot));
}

void HostConnections::kept(curl_socket_t socket) {
  std::erase(idle_, socket);
  idle_.push_back(socket);
}

void HostConnections::used(curl_socket_t socket) { stop_being_idle(socket); }

void HostConnections::closed(curl_socket_t socket) { stop_being_idle(socket); }

void HostConnections::stop_being_idle(curl_socket_t socket) {
  std::erase(idle_, socket);
  while (spare_.size() > idle_.size()) spare_.pop_back();
}

void HostConnections::make_room() {
  while (limit_->wants(*this) && !spare_.empty()) {
    close_one();
    spare_.pop_back();
  }
}

void HostConnections::take_back(ConnectionLimit::Host::Slot slot) {
  using Idle = ConnectionLimit::Host::Idle;
  if (idle_.size() == spare_.size()) return;  // its connection is closed
  switch (limit_->judge_idle(*this)) {
    case Idle::keep:
      spare_.push_back(std::move(slot));
      break;
    case Idle::hand_on:
      break;
    case Idle::close:
      close_one();
      break;
  }
}

/// The origin sees its end at once. libcurl (7.88) cannot be asked to close a connection; CurlMulti
/// makes it look for those that have ended.
void HostConnections::close_one() {
  ::shutdown(idle_.back(), SHUT_RDWR);
  idle_.pop_back();
}

}  // namespace tonearm::source
