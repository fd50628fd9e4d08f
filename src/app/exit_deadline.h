#pragma once

#include <chrono>
#include <thread>

namespace tonearm::app {

/// Ends the process with status 1 unless it is destroyed within the limit: nothing wakes a thread
/// that waits for a disk which does not answer, and whoever joins it would wait as long.
class ExitDeadline {
 public:
  /// Throws std::system_error when the system gives no thread.
  explicit ExitDeadline(std::chrono::milliseconds limit);

 private:
  std::jthread thread_;
};

}  // namespace tonearm::app
