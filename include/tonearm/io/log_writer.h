#pragma once

#include "tonearm/io/owned_descriptor.h"

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace tonearm::io {

/// Writes lines to a descriptor from a thread of its own. What cannot be written in time is dropped
/// by whole lines: what a regular file has of one is taken back, unless somebody else has written
/// behind it, and ends in a newline elsewhere. Thread-safe.
class LogWriter {
 public:
  struct Options {
    std::size_t capacity;  ///< Bytes that may wait.
    std::chrono::milliseconds flush_timeout;
    /// Told how many lines were lost; from any thread.
    std::function<void(std::uint64_t)> on_drop;
    /// Told why nothing can be written, once until a line can; from the writer's thread.
    std::function<void(const std::string&)> on_failure;
  };

  LogWriter(OwnedDescriptor output, Options options);
  /// Writes out what waits, for at most flush_timeout.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// `line` ends with a newline. Only copies; false when it was dropped.
  bool append(std::string_view line);
  /// Whether all that was appended is written or lost.
  bool is_idle();
  /// What is not yet written goes to `output`, also when the one before is stuck. A line that it
  /// has in part is written anew, as a whole.
  void change_output(OwnedDescriptor output);

 private:
  void run();
  /// Waits for lines or another output and takes all lines; false when there are none and never
  /// will be.
  bool take_batch(std::string& batch);
  void write_batch(std::string_view batch);
  /// Waits until the output takes some bytes; false when stopping and the time is up.
  bool wait_writable();
  /// Takes up what wake_up_ stands for.
  void look_at_changes();
  /// A regular file ends with its last whole line again.
  void take_back_part();
  void use(OwnedDescriptor output);
  void give_up(std::string_view rest, int error);

  const Options options_;
  OwnedDescriptor wake_up_;  ///< An eventfd: the destructor or change_output() was called.

  // The thread's.
  OwnedDescriptor output_;
  std::size_t begun_ = 0;     ///< How much of the line that is being written the output has.
  off_t part_end_ = -1;       ///< Where that ends, in a file.
  bool inside_line_ = false;  ///< The output ends in a part of another line.
  bool failing_ = false;      ///< The failure has been reported.
  std::optional<std::chrono::steady_clock::time_point> deadline_;  ///< Set by the stop.

  std::mutex mutex_;  ///< Guards what follows.
  std::condition_variable changed_;
  std::string waiting_;
  OwnedDescriptor next_output_;
  bool writing_ = false;  ///< The thread has a batch.
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace tonearm::io
