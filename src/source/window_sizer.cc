#include "source/window_sizer.h"

#include <algorithm>

namespace tonearm::source {
namespace {

using namespace std::chrono_literals;

// A window should hold about a second of what the client takes: then a pause rarely finds a
// connection held, and a fast client asks only a few times per second.
constexpr auto fast = 1s;
constexpr auto slow = 2s;

}  // namespace

http::ByteRange WindowSizer::next(std::uint64_t position, std::uint64_t end,
                                  bool closed_range) const {
  const std::uint64_t left = end - position;
  std::uint64_t size = size_of(closed_range);
  if (closed_range && left <= closed_at_once) size = left;
  if (bound_ != 0) size = std::min(size, bound_);
  return {position, position + std::min(size, left)};
}

std::uint64_t WindowSizer::size_of(bool closed_range) const {
  if (closed_range) return std::max(size_, first_closed_size);
  const bool last_of_queues = taken_ >= queues - in_steps && taken_ < queues;
  return last_of_queues ? std::min(size_, step) : size_;
}

void WindowSizer::taken(std::uint64_t size, std::chrono::steady_clock::duration elapsed,
                        bool closed_range) {
  taken_ += size;
  // The first ones may only have filled the kernel's queues: they say nothing of the client, and
  // a larger window would lie in the buffer of everyone who plays slowly.
  const bool drains = elapsed <= fast && taken_ >= queues;
  if (drains) size_ = std::min(most, size_of(closed_range) * (closed_range ? 4 : 2));
  if (elapsed > slow) size_ = std::max(first_size, size_ / 2);
}

}  // namespace tonearm::source
