#pragma once

#include <atomic>
#include <chrono>

namespace tonearm::cache {

/// For how long what was sent is taken to be in the page cache still. Long while the kernel drops
/// nothing that was sent lately; short from then on, until it has not for a while. Thread-safe.
class MemoryTrust {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds calm{5};
  static constexpr std::chrono::seconds pressed{1};
  /// What was sent within this and is not in memory any more was dropped for want of room; and so
  /// long it is expected to happen again.
  static constexpr std::chrono::seconds lately{60};

  Clock::duration lifetime(Clock::time_point now) const {
    const Clock::time_point dropped{Clock::duration{dropped_.load(std::memory_order_relaxed)}};
    return now - dropped < lately ? pressed : calm;
  }
  /// What was sent at most `lately` ago was looked for, and is gone.
  void note_dropped(Clock::time_point now) {
    dropped_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  }

 private:
  std::atomic<Clock::rep> dropped_ = Clock::time_point::min().time_since_epoch().count() / 2;
};

}  // namespace tonearm::cache
