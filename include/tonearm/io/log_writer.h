#pragma once

#include "tonearm/io/owned_descriptor.h"

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
/// by whole lines. Thread-safe.
class LogWriter {
 public:
  struct Options {
    std::size_t capacity;  ///< Bytes that may wait.
    std::chrono::milliseconds flush_timeout;
    /// Told how many lines were lost; from any thread.
    std::function<void(std::uint64_t)> on_drop;
    /// Told why nothing can be written, once until something can; from the writer's thread.
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
  /// What is not yet written goes to `output`.
  void change_output(OwnedDescriptor output);

 private:
  void run();
  /// Waits for lines and takes all; false when there are none and never will be.
  bool take_batch(std::string& batch);
  void write_batch(std::string_view batch);
  /// Waits until the output takes some bytes; false when stopping and the time is up.
  bool wait_writable();
  /// `line_begun`: the first line of `rest` is written in part.
  void give_up(std::string_view rest, bool line_begun, int error);

  const Options options_;
  OwnedDescriptor stop_signal_;  ///< An eventfd, readable from the destructor's start.
  OwnedDescriptor output_;       ///< The thread's.
  bool inside_line_ = false;     ///< The thread's: the output ends in a part of a lost line.
  bool failing_ = false;         ///< The thread's: the failure has been reported.
  std::optional<std::chrono::steady_clock::time_point>
      deadline_;  ///< The thread's: set by the stop.

  std::mutex mutex_;  ///< Guards what follows.
  std::condition_variable changed_;
  std::string waiting_;
  OwnedDescriptor next_output_;
  bool writing_ = false;  ///< The thread has a batch.
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace tonearm::io
