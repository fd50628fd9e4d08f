#pragma once

#include "tonearm/io/deadline.h"

#include "source/limited_host.h"
#include "source/origin_connection.h"

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <vector>

namespace tonearm::source {

class IdleConnections;

/// The connections of one loop to one host. Every one that is open has a slot of the limit that all
/// loops share: its request's, and while it is kept for the next request, a spare one here. Who
/// waits for a slot gets a spare one of another loop, whose connection is closed for it. Not
/// thread-safe.
class HostConnections final : public ConnectionLimit::Host::Pool,
                              public std::enable_shared_from_this<HostConnections> {
 public:
  /// The right to one connection, be it a new one or one that was kept.
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

  /// What a request asks of a connection.
  struct Wish {
    bool tls = false;
    bool private_allowed = false;
  };

  static std::shared_ptr<HostConnections> make(io::Executor loop,
                                               std::shared_ptr<ConnectionLimit::Host> limit,
                                               std::shared_ptr<IdleConnections> idle);
  ~HostConnections() override;
  HostConnections(const HostConnections&) = delete;
  HostConnections& operator=(const HostConnections&) = delete;

  /// Empty when there is no room, or others wait.
  std::optional<Slot> try_enter();
  /// Waits for its turn; empty when `deadline` came first.
  io::Task<std::optional<Slot>> enter(io::Clock::time_point deadline);

  /// For who has a slot: the kept connection that was used last, of those that are fit for it; the
  /// others are closed. Null when there is none.
  std::unique_ptr<OriginConnection> take(Wish wish);
  /// Its exchange has ended well; its slot follows.
  void keep(std::unique_ptr<OriginConnection> connection);
  bool has_idle() const { return !idle_.empty(); }
  void close_idle();

  io::Executor loop() const override { return loop_; }
  void make_room() override;
  void take_back(ConnectionLimit::Host::Slot slot) override;

 private:
  friend class IdleConnections;
  class Idle;

  HostConnections(io::Executor loop, std::shared_ptr<ConnectionLimit::Host> limit,
                  std::shared_ptr<IdleConnections> idle);

  void close(const Idle& idle);
  void close_oldest();
  void drop_spare_slots();

  const io::Executor loop_;
  const std::shared_ptr<ConnectionLimit::Host> limit_;
  const std::shared_ptr<IdleConnections> all_idle_;
  // Invariant: never more spare slots than idle connections. Who enters takes a spare slot, and an
  // idle connection with it only when he asks: until then there is an idle one without a spare
  // slot, which is not to be closed for others.
  std::vector<std::unique_ptr<Idle>> idle_;  ///< In the order in which they became so.
  std::vector<ConnectionLimit::Host::Slot> spare_;
};

/// The connections of a loop, to all hosts, that nobody uses: who has been so for longest is closed
/// past `most` of them, and after `longest`. Outlives what is in it.
class IdleConnections {
 public:
  /// Origins and what stands before them give a connection up sooner or later, and do not always
  /// say so.
  static constexpr std::chrono::seconds longest_idle{118};

  IdleConnections(io::Executor loop, std::size_t most,
                  std::chrono::milliseconds longest = longest_idle);

 private:
  friend class HostConnections;
  struct Place {
    HostConnections* host;
    const HostConnections::Idle* connection;
  };
  using Order = std::list<Place>;

  Order::iterator add(Place place);
  void close_oldest();
  void close_overdue();

  std::size_t most_;
  std::chrono::milliseconds longest_;
  Order order_;           ///< Idle for longest first.
  io::Deadline overdue_;  ///< Not later than the first one's time is over.
};

}  // namespace tonearm::source
