#pragma once

#include "tonearm/io/deadline.h"
#include "tonearm/io/task.h"
#include "tonearm/source/connection_limit.h"

#include "source/host_connections.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace tonearm::source {

/// What the requests of one loop pass on their way to a host. Not thread-safe.
///
/// First upstream.max_connections_per_host, which all loops share: who comes past it waits in
/// order.
///
/// Then the loop's own gate, which keeps a burst from overrunning an origin's listen queue, which
/// for small servers holds five: only so many requests are on their way to an answer at once, more
/// with each one that is answered, fewer when a connection took so long that its SYN must have been
/// dropped. A request that waits for longer than `patience` does not count: slow answers must not
/// hold up the others. If it is connected, so many more are let in that the burst doubles: its
/// queue takes them, and the crowd would else wait for a turn each, one `patience` after another.
class HostGate {
 public:
  struct Host;

  static constexpr std::size_t first_burst = 6;
  static constexpr std::size_t least_burst = 4;
  /// From here on each answer lets in less than one more; and no more are let in at once where
  /// nothing was asked for `rest`: the origin is another one by now.
  static constexpr std::size_t safe_burst = 16;
  static constexpr std::chrono::seconds rest{1};
  static constexpr std::chrono::milliseconds patience{300};
  /// The kernel repeats a SYN after a second.
  static constexpr std::chrono::milliseconds dropped{900};

  /// The right to one connection to a host; gives it to the next in line when it is destroyed.
  class Permit {
   public:
    struct Approach;

    Permit(HostConnections::Slot slot, std::shared_ptr<Host> host,
           std::shared_ptr<Approach> approach);
    Permit(Permit&&) noexcept = default;
    Permit& operator=(Permit&&) = delete;
    ~Permit();

    /// The connection is there.
    void connected();
    /// The origin has answered; connecting took so long (zero on a connection that was there).
    void answered(std::chrono::microseconds connecting);

    /// A connection of the host's that was kept and is fit for this; null: a new one is needed.
    std::unique_ptr<OriginConnection> take_connection(HostConnections::Wish wish);
    /// For the next request. The permit is then over.
    void keep(std::unique_ptr<OriginConnection> connection);

   private:
    HostConnections::Slot slot_;
    std::shared_ptr<Host> host_;
    std::shared_ptr<Approach> approach_;
  };

  /// `most_idle`: connections that are kept, of all hosts.
  HostGate(io::Executor executor, std::shared_ptr<ConnectionLimit> limit, std::size_t most_idle);
  /// Closes those that nobody uses.
  ~HostGate();
  HostGate(const HostGate&) = delete;
  HostGate& operator=(const HostGate&) = delete;

  /// Waits for its turn; empty when `deadline` came first, or comes at once.
  io::Task<std::optional<Permit>> enter(std::string authority, io::Clock::time_point deadline);

 private:
  std::shared_ptr<Host> host(const std::string& authority);
  static io::Task<std::shared_ptr<Permit::Approach>> pass(std::shared_ptr<Host> place,
                                                          io::Executor executor,
                                                          io::Clock::time_point deadline);

  io::Executor executor_;
  std::shared_ptr<ConnectionLimit> limit_;
  std::shared_ptr<IdleConnections> idle_;
  std::unordered_map<std::string, std::shared_ptr<Host>> hosts_;
};

}  // namespace tonearm::source
