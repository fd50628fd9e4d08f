#pragma once

#include "tonearm/io/task.h"

#include <boost/asio/steady_timer.hpp>

namespace tonearm::io {

/// A wake-up for one waiting coroutine of the same loop. notify() never runs the waiter inline: it
/// is posted, so that who notifies may be in the midst of something.
class Event {
 public:
  explicit Event(Executor executor);

  /// Returns after the next notify(), at once if one came since the last wait(). Cancelled like any
  /// other operation.
  Task<void> wait();
  void notify();

 private:
  asio::steady_timer::rebind_executor<Executor>::other timer_;
  bool notified_ = false;
  bool waiting_ = false;
};

}  // namespace tonearm::io
