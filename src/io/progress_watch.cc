#include "tonearm/io/progress_watch.h"

#include <algorithm>

namespace tonearm::io {
namespace {

constexpr int looks = 8;  // in a timeout

}  // namespace

ProgressWatch::Time ProgressWatch::begin(Time now, Clock::duration timeout) {
  timeout_ = timeout;
  moved_at_ = now;
  place_.reset();  // to look costs a system call, and most move long before the first look
  return now + timeout_ / looks;
}

std::optional<ProgressWatch::Time> ProgressWatch::look(Time now, std::uint64_t place) {
  if (place_ != place) moved_at_ = now;
  place_ = place;
  const Time due = moved_at_ + timeout_;
  if (now >= due) return std::nullopt;
  return std::min(now + timeout_ / looks, due);
}

}  // namespace tonearm::io
