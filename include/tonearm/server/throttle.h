#pragma once

#include <atomic>
#include <chrono>

namespace tonearm::server {

/// Lets one of many through in each interval: for warnings of what comes by the thousand when it
/// comes. Thread-safe.
class Throttle {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Throttle(Clock::duration interval) : interval_(interval) {}

  bool pass(Clock::time_point now) {
    Clock::time_point next = next_.load(std::memory_order_relaxed);
    return now >= next &&
           next_.compare_exchange_strong(next, now + interval_, std::memory_order_relaxed);
  }

 private:
  const Clock::duration interval_;
  std::atomic<Clock::time_point> next_{Clock::time_point::min()};
};

}  // namespace tonearm::server
