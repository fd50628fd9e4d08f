#include "app/pulse.h"

#include <utility>

namespace tonearm::app {

Pulse::Pulse(io::Executor executor, std::function<void(std::chrono::nanoseconds)> on_beat)
    : timer_(executor),
      on_beat_(std::move(on_beat)),
      last_(Clock::now().time_since_epoch().count()) {}

void Pulse::start() {
  last_ = Clock::now().time_since_epoch().count();
  timer_.expires_after(period);
  wait();
}

void Pulse::wait() {
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    const auto now = Clock::now();
    last_ = now.time_since_epoch().count();
    on_beat_(now - timer_.expiry());
    // Not from expiry(): after a long standstill there is nothing to catch up on.
    timer_.expires_after(period);
    wait();
  });
}

std::chrono::nanoseconds Pulse::silence() const {
  return Clock::now().time_since_epoch() - Clock::duration(last_.load());
}

}  // namespace tonearm::app
