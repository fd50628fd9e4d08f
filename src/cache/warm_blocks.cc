#include "cache/warm_blocks.h"

#include <algorithm>

namespace tonearm::cache {
namespace {

using Offset = std::vector<bool>::difference_type;

}  // namespace

bool WarmBlocks::cover(std::uint64_t first, std::uint64_t end, Clock::time_point now,
                       Clock::duration lifetime) const {
  if (end > blocks_.size() || now - since_ >= lifetime) return false;
  const auto begin = blocks_.begin();
  const auto stop = begin + static_cast<Offset>(end);
  return std::find(begin + static_cast<Offset>(first), stop, false) == stop;
}

void WarmBlocks::add(std::uint64_t first, std::uint64_t end, Clock::time_point now,
                     Clock::duration lifetime) {
  if (now - since_ >= lifetime) {
    blocks_.clear();
    since_ = now;
  }
  if (end > blocks_.size()) blocks_.resize(end);
  for (std::uint64_t block = first; block < end; ++block) blocks_[block] = true;
}

}  // namespace tonearm::cache
