#include "tonearm/io/paced_writer.h"

#include "tonearm/io/chunk_bytes.h"

#include <algorithm>

namespace tonearm::io {
namespace {

/// Ten wake-ups a second at the most, but none for more than this.
constexpr std::uint64_t most_portion = 1024 * 1024;

}  // namespace

Pace::Pace(std::uint64_t rate, std::uint64_t unpaced, Clock::time_point now)
    : rate_(static_cast<double>(rate)),
      portion_(std::clamp<std::uint64_t>(rate / 10, 1, most_portion)),
      most_credit_(std::max(rate_ / 5, 1.0)),
      unpaced_(unpaced),
      counted_(now) {}

std::uint64_t Pace::take(std::uint64_t wanted, Clock::time_point now) {
  if (unpaced_ > 0) {
    const std::uint64_t free = std::min(wanted, unpaced_);
    unpaced_ -= free;
    counted_ = now;
    return free;
  }
  const std::chrono::duration<double> passed = now - counted_;
  credit_ = std::min(most_credit_, credit_ + passed.count() * rate_);
  counted_ = now;
  if (credit_ < static_cast<double>(least(wanted))) return 0;
  const std::uint64_t taken = std::min(wanted, static_cast<std::uint64_t>(credit_));
  credit_ -= static_cast<double>(taken);
  return taken;
}

Clock::time_point Pace::when(std::uint64_t wanted) const {
  const std::chrono::duration<double> wait(
      std::max(0.0, static_cast<double>(least(wanted)) - credit_) / rate_);
  return counted_ + std::chrono::ceil<Clock::duration>(wait);
}

std::uint64_t Pace::least(std::uint64_t wanted) const { return std::min(wanted, portion_); }

Task<Result<void>> PacedWriter::write(Chunk chunk) {
  const std::uint64_t size = chunk.size();
  for (std::uint64_t done = 0; done < size;) {
    const std::uint64_t count = pace_.take(size - done, Clock::now());
    if (count == 0) {
      timer_.expires_at(pace_.when(size - done));
      co_await timer_.async_wait(use_task);
      continue;
    }
    const Chunk piece = piece_of(chunk, done, count);
    Result<void> written = co_await to_.write(piece);
    if (!written) co_return written;
    done += count;
  }
  co_return Result<void>{};
}

}  // namespace tonearm::io
