#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

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

/// The same for each song, of which it knows a thousand at a time: more are not let through.
/// Thread-safe.
class SongThrottle {
 public:
  using Clock = std::chrono::steady_clock;

  explicit SongThrottle(Clock::duration interval) : interval_(interval) {}

  bool pass(std::string_view song, Clock::time_point now);

 private:
  const Clock::duration interval_;
  std::mutex mutex_;
  std::map<std::string, Clock::time_point, std::less<>> next_;
};

}  // namespace tonearm::server
