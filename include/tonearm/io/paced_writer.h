#pragma once

#include "tonearm/io/byte_stream.h"
#include "tonearm/io/deadline.h"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>

namespace tonearm::io {

/// How fast one stream may go. The clock is passed in.
class Pace {
 public:
  /// `rate` in bytes per second, not 0; the first `unpaced` bytes are free.
  Pace(std::uint64_t rate, std::uint64_t unpaced, Clock::time_point now);

  /// How many of `wanted` bytes may go now: 0, or as many as make a wake-up worth it.
  std::uint64_t take(std::uint64_t wanted, Clock::time_point now);
  /// After a take() of 0: when that many may go.
  Clock::time_point when(std::uint64_t wanted) const;

 private:
  std::uint64_t least(std::uint64_t wanted) const;

  const double rate_;
  const std::uint64_t portion_;  ///< What makes a wake-up worth it.
  const double most_credit_;     ///< What a pause saves up.
  std::uint64_t unpaced_;
  double credit_ = 0;
  Clock::time_point counted_;  ///< When credit_ was true.
};

/// Hands bytes on at a given pace, in pieces of the chunks that it gets; whoever feeds it is held
/// back by the same. It neither copies nor allocates for a chunk. One loop.
class PacedWriter final : public ByteWriter {
 public:
  PacedWriter(Executor executor, ByteWriter& to, Pace pace)
      : timer_(executor), to_(to), pace_(pace) {}

  Task<Result<void>> write(Chunk chunk) override;

 private:
  asio::steady_timer::rebind_executor<Executor>::other timer_;
  ByteWriter& to_;
  Pace pace_;
};

}  // namespace tonearm::io
