#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace tonearm::cache {

/// Which blocks of a piece were in the page cache a moment ago and have been sent since: the kernel
/// drops those last, and asking it about them again would be a tenth of an answer's cost. How long
/// a moment is, the caller says (MemoryTrust). A value; blocks are numbered within the piece.
class WarmBlocks {
 public:
  using Clock = std::chrono::steady_clock;

  bool cover(std::uint64_t first, std::uint64_t end, Clock::time_point now,
             Clock::duration lifetime) const;
  void add(std::uint64_t first, std::uint64_t end, Clock::time_point now, Clock::duration lifetime);

 private:
  std::vector<bool> blocks_;
  Clock::time_point since_{};  ///< Of the oldest of them.
};

}  // namespace tonearm::cache
