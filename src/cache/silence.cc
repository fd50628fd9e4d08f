#include "cache/silence.h"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace tonearm::cache {

Silence::Clock::duration Silence::Question::patience(Clock::time_point now) const {
  const Clock::time_point answered_at{Clock::duration{silence_.answered_at_.load()}};
  const Limits& limits = silence_.limits_;
  const Clock::time_point until =
      std::min(std::max(asked_at_, answered_at) + limits.silence, asked_at_ + limits.answer);
  return std::max(until - now, Clock::duration::zero());
}

void Silence::Question::give_up() {
  const std::lock_guard lock(silence_.mutex_);
  if (answered_ || overdue_) return;
  overdue_ = true;
  if (silence_.overdue_++ > 0) return;
  spdlog::warn("cache.path {} does not answer; serving without the cache", silence_.path_);
}

void Silence::Question::answer(Clock::time_point now) {
  silence_.answered_at_ = now.time_since_epoch().count();
  const std::lock_guard lock(silence_.mutex_);
  answered_ = true;
  if (!overdue_ || --silence_.overdue_ > 0) return;
  spdlog::info("cache.path {} answers again", silence_.path_);
}

}  // namespace tonearm::cache
