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
#include <vector>

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

  /// Where the connections are that slots stand for: a pool of one loop, which may keep some of
  /// them, and their slots, while nobody uses them.
  class Pool {
   public:
    virtual ~Pool() = default;

    /// From any thread.
    virtual io::Executor loop() const = 0;
    /// Somebody wants() a slot that may be one of these: on its loop.
    virtual void make_room() = 0;
    /// The slot of one who came for it and has left the line: on its loop.
    virtual void take_back(Slot slot) = 0;
  };

  explicit Host(std::shared_ptr<const std::atomic<std::size_t>> most) : most_(std::move(most)) {}

  void join(const std::shared_ptr<Pool>& pool);
  /// Before its loop ends.
  void part(const Pool& pool);

  /// Empty when there is no room, or others wait.
  std::optional<Slot> try_enter();
  /// Waits for its turn on the loop of the caller's `pool`; empty when `deadline` came first.
  io::Task<std::optional<Slot>> enter(std::shared_ptr<Pool> pool, io::Clock::time_point deadline);

  /// What is to become of a connection of `pool` that nobody uses any more.
  enum class Idle {
    keep,
    hand_on,  ///< Its slot is due to the next in line, who can use the connection as well.
    close,    ///< Its slot is due to somebody who cannot.
  };
  Idle judge_idle(const Pool& pool);
  /// Whether `pool` is to give up a slot that it keeps. Once it is not, it is told by make_room().
  bool wants(const Pool& pool);

  /// Who waits need not wait for somebody to leave when there is more room.
  void most_changed();

 private:
  struct Waiter;
  class PlaceInLine;
  struct Member {
    const Pool* pool;
    io::Executor loop;
    std::weak_ptr<Pool> owner;  ///< Locked on that loop alone.
    bool asked;                 ///< To make room, and has not looked yet.
  };

  void leave();
  void admit();
  void ask_for_room();

  const std::shared_ptr<const std::atomic<std::size_t>> most_;
  std::mutex mutex_;
  // Below: guarded by mutex_.
  std::size_t in_use_ = 0;
  std::list<std::shared_ptr<Waiter>> line_;
  std::vector<Member> members_;
};

}  // namespace tonearm::source
