#pragma once

#include "tonearm/io/deadline.h"

#include <cstdint>
#include <optional>

namespace tonearm::io {

/// Whether something moves, however slowly, that tells nobody when it does: where it stands is
/// looked at eight times in a timeout, so that what stands still is given up after the timeout and
/// at most an eighth of it. What moves within an eighth is never looked at. Pure.
class ProgressWatch {
 public:
  using Time = Clock::time_point;

  /// It has moved at `now`. When to look.
  Time begin(Time now, Clock::duration timeout);
  /// Where it stands at `now`, as any number. When to look again; nothing: it stood still for the
  /// timeout.
  std::optional<Time> look(Time now, std::uint64_t place);

 private:
  Clock::duration timeout_{0};
  Time moved_at_;  ///< The look that saw it moved last.
  std::optional<std::uint64_t> place_;
};

}  // namespace tonearm::io
