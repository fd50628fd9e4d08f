#pragma once

#include "tonearm/io/task.h"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace tonearm::io {

using Clock = std::chrono::steady_clock;

/// A deadline that moves far more often than it expires. Moving it later is a store: the timer
/// underneath fires early, looks, and goes back to sleep. One loop; not thread-safe.
class Deadline {
 public:
  using Action = std::function<void()>;

  /// What it does when the loop comes to it late, since it stood still: the process was stopped,
  /// its machine paused.
  enum class Late : std::uint8_t {
    waits,    ///< A second, once: what it ends may have got what it waits for, unseen yet.
    expires,  ///< It ends nothing.
  };

  /// `on_expiry` runs on the loop, at most once for each time that was set; it may destroy the
  /// Deadline.
  Deadline(Executor executor, Action on_expiry, Late late = Late::waits);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void expire_at(Clock::time_point when);
  void expire_after(Clock::duration delay) { expire_at(Clock::now() + delay); }
  void clear();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tonearm::io
