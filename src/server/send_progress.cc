#include "server/send_progress.h"

#include <algorithm>
#include <limits>

namespace tonearm::server {
namespace {

constexpr int looks = 8;  // in a timeout

}  // namespace

SendProgress::Time SendProgress::begin(Time now, io::Clock::duration timeout) {
  timeout_ = timeout;
  taken_at_ = now;
  // Of most clients the queue is never looked at: they take more long before the first look.
  queued_ = std::numeric_limits<std::size_t>::max();
  return now + timeout_ / looks;
}

std::optional<SendProgress::Time> SendProgress::look(Time now, std::size_t queued) {
  if (queued < queued_) taken_at_ = now;
  queued_ = queued;
  const Time due = taken_at_ + timeout_;
  if (now >= due) return std::nullopt;
  return std::min(now + timeout_ / looks, due);
}

}  // namespace tonearm::server
