#include "tonearm/server/throttle.h"

namespace tonearm::server {

bool SongThrottle::pass(std::string_view song, Clock::time_point now) {
  constexpr std::size_t most_songs = 1000;
  const std::lock_guard lock(mutex_);
  if (const auto known = next_.find(song); known != next_.end()) {
    if (now < known->second) return false;
    known->second = now + interval_;
    return true;
  }
  if (next_.size() >= most_songs) {
    std::erase_if(next_, [now](const auto& entry) { return now >= entry.second; });
  }
  if (next_.size() >= most_songs) return false;
  next_.emplace(song, now + interval_);
  return true;
}

}  // namespace tonearm::server
