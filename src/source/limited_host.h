#pragma once

#include "tonearm/io/deadline.h"
#include "tonearm/io/task.h"
#include "tonearm/source/connection_limit.h"

#include <atomic>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace tonearm::source {

/// The connections of one origin, over all loops: past the limit, who comes first is first. While
/// there is room, one lock that nobody holds for long. Thread-safe.
class ConnectionLimit::Host : public std::enable_shared_from_this<Host> {
 public:
  /// The right to one connection; goes to the next in line when it is destroyed, on any loop.
  class Slot {
   public:
    explicit Slot(std::shared_ptr<Host> host) : host_(std::move(host)) {}
    Slot(Slot&&) noexcept = default;
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (host_) host_->leave();
    }

   private:
    std::shared_ptr<Host> host_;
  };

  explicit Host(std::shared_ptr<const std::atomic<std::size_t>> most) : most_(std::move(most)) {}

  /// Empty when there is no room, or others wait.
  std::optional<Slot> try_enter();
  /// Waits for its turn on the caller's `loop`; empty when `deadline` came first.
  io::Task<std::optional<Slot>> enter(io::Executor loop, io::Clock::time_point deadline);

  /// Who waits need not wait for somebody to leave when there is more room.
  void most_changed();

 private:
  struct Waiter;
  class PlaceInLine;

  void leave();
  void admit();

  const std::shared_ptr<const std::atomic<std::size_t>> most_;
  std::mutex mutex_;
  // Below: guarded by mutex_.
  std::size_t in_use_ = 0;
  std::list<std::shared_ptr<Waiter>> line_;
};

}  // namespace tonearm::source
