#include "cache/disk_health.h"

namespace tonearm::cache {

bool DiskHealth::fail(Clock::time_point now) {
  failing_.begin(now, pause_after_failure);
  unreliable_.begin(now, lasting_success);
  return warn();
}

bool DiskHealth::succeed(Clock::time_point now) {
  if (!warned_ || !unreliable_.is_over(now)) return false;
  return warned_.exchange(false);
}

}  // namespace tonearm::cache
