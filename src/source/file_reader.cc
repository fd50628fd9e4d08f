#include "source/file_reader.h"

#include "tonearm/io/page_cache.h"

#include <algorithm>
#include <utility>

namespace tonearm::source {
namespace {

/// What is handed on at once: the file is looked at before each.
constexpr std::uint64_t region_size = 256 * 1024;

Error changed(std::string_view how) {
  return Error{ErrorKind::representation_changed, "the file was " + std::string(how), {}};
}

}  // namespace

io::Task<io::Chunk> load_region(const OpenFile& file, io::BlockingPool& pool, std::uint64_t offset,
                                std::uint64_t size) {
  const std::uint64_t count = std::min(size, region_size);
  if (!io::is_in_page_cache(file.descriptor(), offset, count)) {
    const auto load = [&file, offset, count] {
      io::load_into_page_cache(file.descriptor(), offset, count);
      return true;
    };
    co_await pool.run(load);
  }
  co_return io::Chunk(io::FileRegion{file.descriptor(), offset, count});
}

FileReader::FileReader(std::shared_ptr<const OpenFile> file, FileStamp described,
                       io::BlockingPool& pool, http::ByteRange range, bool may_grow, OriginUse& use)
    : file_(std::move(file)),
      described_(described),
      pool_(pool),
      rest_(range),
      may_grow_(may_grow),
      use_(use) {}

io::Task<Result<io::Chunk>> FileReader::read() {
  // After the last region too: what was sent of it is good only if the file still is the same.
  const Result<FileStamp> now = file_->stamp();
  if (!now) co_return now.error();
  if (may_grow_ ? now->size < described_.size : !is_same_version(described_, *now)) {
    co_return changed("changed or truncated while it was read");
  }
  if (rest_.size() == 0) co_return io::Chunk();
  const io::Chunk chunk = co_await load_region(*file_, pool_, rest_.first, rest_.size());
  rest_.first += chunk.size();
  use_.bytes += chunk.size();
  co_return chunk;
}

GrowingReader::GrowingReader(std::shared_ptr<const OpenFile> file, FileStamp described,
                             const FileResource::Place& place, std::uint64_t first,
                             std::optional<std::uint64_t> end, OriginUse& use)
    : file_(std::move(file)),
      place_(place),
      at_(first),
      end_(end),
      use_(use),
      seen_(described.size),
      changed_(place.executor),
      patience_(place.executor, [this] { changed_.notify(); }),
      subscription_(place.watches.subscribe(file_->descriptor(), place.executor, changed_)) {}

Result<FileStamp> GrowingReader::look() {
  Result<FileStamp> now = file_->stamp();
  if (!now) return now;
  if (now->size < seen_) return changed("truncated while it was followed");
  if (now->size > seen_) grew_ = io::Clock::now();
  seen_ = now->size;
  return now;
}

/// A time of change that lies in the future would never be long ago: then our own watch counts.
bool GrowingReader::ended(const FileStamp& stamp) const {
  const auto now = std::chrono::system_clock::now();
  const auto timeout = place_.options->growth_timeout;
  if (stamp.modified > now) return io::Clock::now() - grew_ >= timeout;
  return has_ended(stamp, now, timeout);
}

io::Task<void> GrowingReader::wait_for_growth(const FileStamp& stamp) {
  const auto timeout = place_.options->growth_timeout;
  const auto idle = std::max<std::chrono::nanoseconds>(
      std::chrono::system_clock::now() - stamp.modified, std::chrono::nanoseconds(0));
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(timeout - idle);
  patience_.expire_after(std::max(left, std::chrono::milliseconds(1)));
  co_await changed_.wait();
}

io::Task<Result<io::Chunk>> GrowingReader::read() {
  for (;;) {
    const Result<FileStamp> now = look();
    if (!now) co_return now.error();
    const std::uint64_t end = std::min(now->size, end_.value_or(now->size));
    if (at_ < end) {
      const io::Chunk chunk = co_await load_region(*file_, place_.pool, at_, end - at_);
      at_ += chunk.size();
      use_.bytes += chunk.size();
      co_return chunk;
    }
    if ((end_ && at_ >= *end_) || ended(*now)) co_return io::Chunk();
    co_await wait_for_growth(*now);
  }
}

}  // namespace tonearm::source
