#pragma once

#include <chrono>
#include <cstdint>

namespace tonearm::cache {

/// How fast an origin sends what a fill asks it for, over the last seconds.
/// Positions are bytes of the song. A value; not thread-safe.
class Pace {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  Pace(std::uint64_t position, Time now) : first_(position), since_(now), heard_at_(now) {}

  /// From now on the origin is let send, or has answered.
  void begin(std::uint64_t position, Time now);
  /// Something has come, up to `position`.
  void came(std::uint64_t position, Time now);

  /// Whether something was heard of it within `lively`.
  bool flows(Time now, Duration lively) const { return now - heard_at_ < lively; }
  /// Whether it takes longer than `patience`, as far as that can be told by now, to come from
  /// `position`, up to which it has sent, to `to`.
  bool is_slow(std::uint64_t position, std::uint64_t to, Time now, Duration patience) const;

 private:
  std::uint64_t first_;
  Time since_;
  Time heard_at_;
};

}  // namespace tonearm::cache
