#include "source/file_reader.h"

#include <algorithm>

namespace tonearm::source {

io::Task<Result<io::Chunk>> FileReader::read() {
  if (rest_.size() == 0) co_return io::Chunk();
  const Result<io::Chunk> chunk = co_await version_.load(rest_.first, rest_.size());
  if (!chunk) co_return chunk;
  rest_.first += chunk->size();
  use_.bytes += chunk->size();
  co_return chunk;
}

GrowingReader::GrowingReader(FileVersion& version, const FileResource::Place& place,
                             std::uint64_t first, std::optional<std::uint64_t> end, OriginUse& use)
    : version_(version),
      place_(place),
      at_(first),
      end_(end),
      use_(use),
      changed_(place.executor),
      patience_(place.executor, [this] { changed_.notify(); }),
      subscription_(place.watches.subscribe(version.descriptor(), place.executor, changed_)) {}

/// A time of change that lies in the future would never be long ago: then our own watch counts.
bool GrowingReader::ended(const io::FileStamp& stamp) const {
  const auto now = std::chrono::system_clock::now();
  const auto timeout = place_.options->growth_timeout;
  if (stamp.modified > now) return io::Clock::now() - version_.grew() >= timeout;
  return has_ended(stamp, now, timeout);
}

io::Task<void> GrowingReader::wait_for_growth(const io::FileStamp& stamp) {
  const auto timeout = place_.options->growth_timeout;
  const auto idle = std::max<std::chrono::nanoseconds>(
      std::chrono::system_clock::now() - stamp.modified, std::chrono::nanoseconds(0));
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(timeout - idle);
  patience_.expire_after(std::max(left, std::chrono::milliseconds(1)));
  co_await changed_.wait();
}

io::Task<Result<io::Chunk>> GrowingReader::read() {
  for (;;) {
    const Result<io::FileStamp> now = co_await version_.look();
    if (!now) co_return now.error();
    const std::uint64_t end = std::min(now->size, end_.value_or(now->size));
    if (at_ < end) {
      const Result<io::Chunk> chunk = co_await version_.load(at_, end - at_);
      if (!chunk) co_return chunk;
      at_ += chunk->size();
      use_.bytes += chunk->size();
      co_return chunk;
    }
    if ((end_ && at_ >= *end_) || ended(*now)) co_return io::Chunk();
    co_await wait_for_growth(*now);
  }
}

}  // namespace tonearm::source
