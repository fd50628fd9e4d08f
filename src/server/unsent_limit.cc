#include "server/unsent_limit.h"

#include <algorithm>
#include <bit>

namespace tonearm::server {
namespace {

constexpr std::chrono::duration<double> ahead = std::chrono::milliseconds(10);

/// A power of two, so that the limit stays for as long as the speed is about the same.
int taken_in_time(std::uint64_t sent, std::chrono::duration<double> time) {
  if (time >= ahead * static_cast<double>(sent) / UnsentLimit::least) return UnsentLimit::least;
  const double taken = static_cast<double>(sent) * (ahead / time);
  const auto bounded = static_cast<unsigned>(std::min<double>(taken, UnsentLimit::most));
  return static_cast<int>(std::bit_floor(bounded));
}

}  // namespace

void UnsentLimit::on_full(io::Clock::time_point now) {
  const bool first = full_at_ == io::Clock::time_point{};
  const int wanted = first ? least : taken_in_time(sent_, now - full_at_);
  bytes_ = std::min(wanted, 2 * bytes_);
  full_at_ = now;
  sent_ = 0;
}

}  // namespace tonearm::server
