#include "cache/pace.h"

namespace tonearm::cache {
namespace {

/// Many let a burst pass and then slow down.
constexpr std::chrono::seconds longest_run{8};

}  // namespace

void Pace::came(std::uint64_t position, Time now) {
  heard_at_ = now;
  if (now - since_ >= longest_run) begin(position, now);
}

void Pace::begin(std::uint64_t position, Time now) {
  first_ = position;
  since_ = heard_at_ = now;
}

/// What came first may have waited in the sockets' buffers: a shorter run tells nothing.
bool Pace::is_slow(std::uint64_t position, std::uint64_t to, Time now, Duration patience) const {
  if (!flows(now, patience)) return true;
  const Duration run = now - since_;
  if (run < patience) return false;
  const auto came = static_cast<double>(position - first_);
  const auto lacks = static_cast<double>(to - position);
  return lacks * static_cast<double>(run.count()) > came * static_cast<double>(patience.count());
}

}  // namespace tonearm::cache
