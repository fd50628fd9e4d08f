#pragma once

#include "tonearm/http/range.h"

#include <chrono>
#include <cstdint>

namespace tonearm::source {

/// How much of a read is asked of the origin at a time. Small at first, so that a seek wastes
/// little and a slow listener's window fits the buffer and frees its connection; doubling while the
/// client keeps draining, and growing faster where it has said that it wants all of it. Where many
/// do, each window's round trip would be waited for by all of them. Pure: time comes in as the
/// duration of the last window.
class WindowSizer {
 public:
  static constexpr std::uint64_t first_size = 128 * 1024;
  static constexpr std::uint64_t first_closed_size = 256 * 1024;
  static constexpr std::uint64_t most = 4 * 1024 * 1024;
  /// A closed range up to this is one request: it was asked for as a whole.
  static constexpr std::uint64_t closed_at_once = 1024 * 1024;
  /// What the kernel's queues, ours and the client's, may take though the client has read little.
  static constexpr std::uint64_t queues = 384 * 1024;
  /// The last of it is asked for in steps: who seeks leaves behind what the queues have taken, and
  /// a window that was begun.
  static constexpr std::uint64_t in_steps = 128 * 1024;
  static constexpr std::uint64_t step = 64 * 1024;

  /// `bound` is upstream.window, bytes; 0: none.
  explicit WindowSizer(std::uint64_t bound) : bound_(bound) {}

  /// The next window of a read that stands at `position` and ends at `end`. `closed_range`: the
  /// client itself named the end.
  http::ByteRange next(std::uint64_t position, std::uint64_t end, bool closed_range) const;

  /// The client has taken a whole window of `size` bytes, `elapsed` after it was asked for.
  void taken(std::uint64_t size, std::chrono::steady_clock::duration elapsed, bool closed_range);
  /// Many wait for what is read: from here on as if the client had drained all before.
  void expect_many_readers() { size_ = most; }

 private:
  std::uint64_t size_of(bool closed_range) const;

  std::uint64_t bound_;
  std::uint64_t size_ = first_size;
  std::uint64_t taken_ = 0;  ///< Bytes of all windows.
};

}  // namespace tonearm::source
