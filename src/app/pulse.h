#pragma once

#include "tonearm/io/task.h"

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <functional>

namespace tonearm::app {

/// A loop's sign of life: a timer that tells how late it fired, which is how long whatever the loop
/// did in between has kept everything else waiting.
class Pulse {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds period{500};

  /// `on_beat` runs on the loop.
  Pulse(io::Executor executor, std::function<void(std::chrono::nanoseconds late)> on_beat);

  /// On the loop, or before it runs. Beats until the loop has stopped.
  void start();
  /// Since the last beat, or since start(). From any thread.
  std::chrono::nanoseconds silence() const;

 private:
  void wait();

  io::asio::steady_timer::rebind_executor<io::Executor>::other timer_;
  const std::function<void(std::chrono::nanoseconds)> on_beat_;
  std::atomic<Clock::rep> last_;
};

}  // namespace tonearm::app
