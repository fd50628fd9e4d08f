#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace tonearm::cache {

/// A time for which something is not tried again. Thread-safe.
class Pause {
 public:
  using Clock = std::chrono::steady_clock;

  void begin(Clock::time_point now, std::chrono::seconds length) {
    until_ = (now + length).time_since_epoch().count();
  }
  void end() { until_ = 0; }
  bool is_over(Clock::time_point now) const { return now.time_since_epoch().count() >= until_; }

 private:
  std::atomic<Clock::rep> until_{0};
};

/// Whether a disk is to be written, as its failures tell, and when they are worth a line in the
/// log: once until it has proven well. Thread-safe.
class DiskHealth {
 public:
  using Clock = Pause::Clock;

  /// After a failure nothing is written for so long.
  static constexpr std::chrono::seconds pause_after_failure{10};
  /// Without a failure for so long it is well again.
  static constexpr std::chrono::seconds lasting_success{60};

  bool may_write(Clock::time_point now) const { return failing_.is_over(now); }
  /// True: nobody was warned yet.
  bool fail(Clock::time_point now);
  /// True: who was warned is to hear that it is well again.
  bool succeed(Clock::time_point now);
  /// What it failed of is done away with.
  void mend() { failing_.end(); }

  /// It cannot be used at all. True: nobody was warned yet.
  bool warn() { return !warned_.exchange(true); }
  void begin_anew() { warned_ = false; }

 private:
  Pause failing_;
  Pause unreliable_;
  std::atomic<bool> warned_ = false;
};

}  // namespace tonearm::cache
