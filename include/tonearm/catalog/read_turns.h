#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>

namespace tonearm::catalog {

/// Lets other programs' writers in between long reads. Of two processes SQLite refuses the second
/// a SHARED lock once a writer waits for the first to give up its own; within one process it does
/// not (the lock is the process's already), and reads that overlap would keep a writer of a
/// rollback journal out for ever. One for all long reads of a process. Any thread.
class ReadTurns {
 public:
  using Clock = std::chrono::steady_clock;

  /// As long as it lives, somebody reads. The ReadTurns outlives it.
  class Turn {
   public:
    ~Turn() { turns_.end(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    friend class ReadTurns;
    explicit Turn(ReadTurns& turns) : turns_(turns) {}

    ReadTurns& turns_;
  };

  /// Blocks while others read and `writer_waits`, as long as `may_wait`: both are asked every few
  /// milliseconds. To be called before the read takes its lock; the Turn must outlive that.
  Turn begin(const std::function<bool()>& writer_waits, const std::function<bool()>& may_wait);

 private:
  void end();

  std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t reading_ = 0;
};

}  // namespace tonearm::catalog
