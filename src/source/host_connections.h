#pragma once

#include "source/limited_host.h"
#include "source/open_sockets.h"

#include <memory>
#include <optional>
#include <vector>

namespace tonearm::source {

/// The connections of one loop to one host. Every one that is open has a slot of the limit that all
/// loops share: its request's, and while libcurl keeps it for the next request, a spare one here.
/// Who waits for a slot gets a spare one of another loop, whose connection is closed for it. Not
/// thread-safe.
class HostConnections final : public ConnectionLimit::Host::Pool,
                              public SocketOwner,
                              public std::enable_shared_from_this<HostConnections> {
 public:
  /// The right to one connection, be it a new one or one that libcurl has kept.
  class Slot {
   public:
    Slot(std::shared_ptr<HostConnections> connections, ConnectionLimit::Host::Slot slot)
        : connections_(std::move(connections)), slot_(std::move(slot)) {}
    Slot(Slot&&) noexcept = default;
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (connections_) connections_->take_back(std::move(slot_));
    }

   private:
    std::shared_ptr<HostConnections> connections_;
    ConnectionLimit::Host::Slot slot_;
  };

  static std::shared_ptr<HostConnections> make(io::Executor loop,
                                               std::shared_ptr<ConnectionLimit::Host> limit);
  ~HostConnections() override;
  HostConnections(const HostConnections&) = delete;
  HostConnections& operator=(const HostConnections&) = delete;

  /// Empty when there is no room, or others wait.
  std::optional<Slot> try_enter();
  /// Waits for its turn; empty when `deadline` came first.
  io::Task<std::optional<Slot>> enter(io::Clock::time_point deadline);

  void used(curl_socket_t socket) override;
  void kept(curl_socket_t socket) override;
  void closed(curl_socket_t socket) override;

  io::Executor loop() const override { return loop_; }
  void make_room() override;
  void take_back(ConnectionLimit::Host::Slot slot) override;

 private:
  HostConnections(io::Executor loop, std::shared_ptr<ConnectionLimit::Host> limit)
      : loop_(loop), limit_(std::move(limit)) {}

  void stop_being_idle(curl_socket_t socket);
  void close_one();

  const io::Executor loop_;
  const std::shared_ptr<ConnectionLimit::Host> limit_;
  // Invariant: never more spare slots than idle connections. Who enters takes a spare slot, and
  // only when libcurl has begun does it say which idle connection goes with it: until then there
  // is an idle one without a spare slot, which is not to be closed for others.
  std::vector<curl_socket_t> idle_;
  std::vector<ConnectionLimit::Host::Slot> spare_;
};

}  // namespace tonearm::source
